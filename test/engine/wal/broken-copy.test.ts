import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { copyBrokenTail, isBrokenSegmentCopy } from '../../../src/engine/wal/recover/broken-copy.js';
import { tempDir } from '../../support/temp-dir.js';

const fileSystem = realFileSystem();

test('the same bytes of the same place are copied once, others beside them', (t) => {
  const root = tempDir(t);
  const segment = path.join(root, 'wal-0.log');
  const folder = path.join(root, 'broken');
  const copyOf = (bytes: string): string => {
    writeFileSync(segment, `good${bytes}`);
    const descriptor = fileSystem.openRead(segment);
    const range = { descriptor, offset: 4, end: 4 + bytes.length };
    const copy = copyBrokenTail(fileSystem, segment, range, folder);
    fileSystem.close(descriptor);
    t.is(readFileSync(copy, 'utf8'), bytes);
    return path.basename(copy);
  };
  t.is(copyOf('torn'), 'wal-0.log.at-4');
  t.is(copyOf('torn'), 'wal-0.log.at-4');
  t.is(copyOf('torn off'), 'wal-0.log.at-4.2');
  t.is(copyOf('tor'), 'wal-0.log.at-4.3');
  t.is(copyOf('torn off'), 'wal-0.log.at-4.2');
  t.is(copyOf('torn'), 'wal-0.log.at-4');
  t.is(readdirSync(folder).length, 3);
  t.true(readdirSync(folder).every(isBrokenSegmentCopy));
  t.true(isBrokenSegmentCopy('8-wal-0.log.at-9136.2'));
  t.false(isBrokenSegmentCopy('wal-0.log'));
});
