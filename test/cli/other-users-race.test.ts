import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { commandLine } from '../support/command-line.js';
import { everythingIn } from '../support/everything-in.js';
import { tempDir } from '../support/temp-dir.js';

/*
 * The owner of a store swaps its folders for links as fast as he can, while root works in it. Without root there is nobody whom
 * he could lead to what he may not touch; the folder is then one that everybody may write in, and the links lead nobody either.
 */

const isRoot = process.geteuid?.() === 0;
const OTHER = 65_534;
const ROUNDS = 40;

const SWAP = `
const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
const [folder, target] = process.argv.slice(1);
process.stdout.write('ready');
for (;;) {
  try {
    renameSync(folder, folder + '-aside');
    symlinkSync(target, folder);
    unlinkSync(folder);
    renameSync(folder + '-aside', folder);
  } catch {}
}`;

for (const name of ['wal', 'wal/2', 'checkpoints', 'broken']) {
  test.serial(`a link that comes and goes in the place of ${name} leads root nowhere`, async (t) => {
    const folder = tempDir(t);
    const store = path.join(folder, 'orders');
    for (const argv of [
      ['put', store, 'a', '1'],
      ['checkpoint', store],
      ['put', store, 'b', '2'],
    ]) {
      t.is((await commandLine(argv)).exitCode, 0);
    }
    cpSync(path.join(store, 'wal', '2'), path.join(store, 'broken'), { recursive: true });
    const target = path.join(folder, 'of-root');
    cpSync(path.join(store, name), target, { recursive: true });
    const before = everythingIn(target);
    for (const one of ['.', ...readdirSync(store, { recursive: true, encoding: 'utf8' })]) {
      const place = path.join(store, one);
      if (isRoot) chownSync(place, OTHER, OTHER);
      else if (lstatSync(place).isDirectory()) chmodSync(place, 0o777);
    }
    chmodSync(folder, 0o755);

    const owner = isRoot ? { uid: OTHER, gid: OTHER } : {};
    const swapper = spawn(process.execPath, ['-e', SWAP, path.join(store, name), target], {
      ...owner,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(swapper.stdout, 'data');
    const outcomes = new Set<number>();
    for (let round = 0; round < ROUNDS; round++) {
      outcomes.add((await commandLine(['put', store, `k${round}`, 'v'])).exitCode);
      outcomes.add((await commandLine(['checkpoint', store, '--keep', '1'])).exitCode);
    }
    swapper.kill('SIGKILL');
    await once(swapper, 'exit');
    t.deepEqual(everythingIn(target), before);
    // Each run ends with what it says of a store that somebody else changes, and none by a defect.
    for (const outcome of outcomes) t.true([0, 3, 4, 5, 6, 7, 8].includes(outcome), String(outcome));
  });
}
