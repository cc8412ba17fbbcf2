import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { headerBytes } from '../../../src/engine/fold/format/header.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

const header = headerBytes();

for (const length of [0, 1, 3, 5]) {
  for (const [what, bytes] of [
    ['the header', header.subarray(0, length)],
    ['zeros', new Uint8Array(length)],
  ] as const) {
    test(`a fold log that was cut while it was made is torn, and the next writer writes it anew: ${length} bytes of ${what}`, async (t) => {
      const log = path.join(tempDir(t), 'orders.snap');
      writeFileSync(log, bytes);
      t.is((await commandLine(['verify', log])).exitCode, 4);
      t.is((await commandLine(['wal-replay', log])).exitCode, 4);
      t.is((await commandLine(['repair', log, '--dry-run'])).exitCode, 4);
      t.is((await commandLine(['stat', log])).exitCode, 0);
      const scanned = await commandLine(['scan', log]);
      t.deepEqual([scanned.exitCode, scanned.stdout], [0, '']);
      t.regex(scanned.stderr, /header of the log is not finished.*the next writer writes it anew/);
      t.deepEqual(readFileSync(log), Buffer.from(bytes));
      const mended = `${log}-mended.snap`;
      t.is((await commandLine(['repair', log, '--into', mended])).exitCode, 0);
      t.deepEqual(readFileSync(mended), Buffer.from(header));
      t.is((await commandLine(['put', log, 'k', 'v'])).exitCode, 0);
      t.is((await commandLine(['get', log, 'k'])).stdout, 'v');
      t.is((await commandLine(['verify', log])).exitCode, 0);
    });
  }
}

test('a few bytes of something else, and an empty file of another name, are no fold log', async (t) => {
  const folder = tempDir(t);
  writeFileSync(path.join(folder, 'note.snap'), 'abc');
  writeFileSync(path.join(folder, 'empty'), '');
  for (const name of ['note.snap', 'empty']) {
    t.is((await commandLine(['verify', path.join(folder, name)])).exitCode, 7, name);
    t.is((await commandLine(['put', path.join(folder, name), 'k', 'v'])).exitCode, 7, name);
  }
});
