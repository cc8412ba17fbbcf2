import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import {
  addedCarriageReturns,
  hasAddedCarriageReturns,
} from '../../../src/engine/storage-io/paged/line-ends.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { tempDir } from '../../support/temp-dir.js';

const MEBIBYTE = 1024 * 1024;
const disk = realFileSystem();

test('changed line ends are told across the blocks that are read, and not where one line feed stands alone', (t) => {
  const file = path.join(tempDir(t), 'log');
  // The second pair is on both sides of the end of the first block.
  const bytes = Buffer.alloc(MEBIBYTE + 4, 'x');
  for (const at of [1, MEBIBYTE - 1]) bytes.write('\r\n', at);
  writeFileSync(file, bytes);
  t.deepEqual(addedCarriageReturns(disk, file), [1, MEBIBYTE - 1]);
  t.true(hasAddedCarriageReturns(disk, file, 2));
  t.false(hasAddedCarriageReturns(disk, file, 3));
  bytes.write('\n', MEBIBYTE + 2);
  writeFileSync(file, bytes);
  t.deepEqual(addedCarriageReturns(disk, file), []);
  t.false(hasAddedCarriageReturns(disk, file, 1));
});
