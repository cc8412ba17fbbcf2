import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { AppendLogSnapshot } from '../../../src/engine/artifact/backends/append-log-snapshot.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { tempDir } from '../../support/temp-dir.js';
import { FOLD, goodTar } from './hostile-tars.js';
import { REFUSALS } from './must-refuse.js';

test('a tar that is cut at any block, or within one, is refused', (t) => {
  const folder = tempDir(t);
  for (let length = 0; length < goodTar.length; length += length % 512 === 0 ? 100 : 412) {
    const file = path.join(folder, 'cut.tar');
    writeFileSync(file, goodTar.subarray(0, length));
    const error = t.throws(() => AppendLogSnapshot.import(file, path.join(folder, 'x.snap')));
    t.true(isStatelogError(error, 'UNFINISHED_STREAM'), `${length}`);
  }
  t.deepEqual(readdirSync(folder), ['cut.tar']);
});

test('a tar with any single bit flipped is refused, or the bit means nothing', (t) => {
  const folder = tempDir(t);
  const file = path.join(folder, 'flipped.tar');
  const destination = path.join(folder, 'x.snap');
  for (let bit = 0; bit < goodTar.length * 8; bit += 97) {
    const bytes = Uint8Array.from(goodTar);
    bytes[bit >>> 3]! ^= 1 << (bit & 7);
    writeFileSync(file, bytes);
    try {
      AppendLogSnapshot.import(file, destination).store.close();
      t.deepEqual(Uint8Array.from(readFileSync(destination)), FOLD);
      rmSync(destination);
    } catch (error) {
      t.true(isStatelogError(error) && REFUSALS.includes(error.code), `bit ${bit}: ${String(error)}`);
    }
  }
  t.false(existsSync(destination));
});
