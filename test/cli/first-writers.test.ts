import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { bundle } from '../../scripts/bundle.mjs';
import { commandLine } from '../support/command-line.js';
import { projectRoot } from '../support/project-root.js';
import { tempDir } from '../support/temp-dir.js';

/* Several processes are the first to write to a store that is not there yet: all of them come to it, and one makes it. */

const folder = mkdtempSync(path.join(tmpdir(), 'statelog-first-'));
const starter = path.join(folder, 'start.cjs');
const WRITERS = 8;
const ROUNDS = 3;

test.before(async () => {
  await bundle('src/cli/program/start.ts', path.join(folder, 'program.cjs'));
  symlinkSync(path.join(projectRoot, 'node_modules'), path.join(folder, 'node_modules'));
  writeFileSync(starter, `require('./program.cjs').start(__dirname)`);
});
test.after.always(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Exit codes, and what each said, of commands that run at the same time. */
async function allAtOnce(command: (number: number) => readonly string[]): Promise<[number, string][]> {
  return Promise.all(
    Array.from({ length: WRITERS }, async (_, number): Promise<[number, string]> => {
      const child = spawn(process.execPath, [starter, ...command(number)], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      const [exitCode] = (await once(child, 'close')) as [number];
      return [exitCode, said];
    }),
  );
}

for (const name of ['log.snap', 'orders']) {
  test.serial(`eight first writers of ${name} all write, and wait for one another`, async (t) => {
    for (let round = 0; round < ROUNDS; round++) {
      const home = tempDir(t);
      const store = path.join(home, name);
      const outcomes = await allAtOnce((number) => ['put', store, `k${number}`, 'v', '--wait', '60']);
      t.deepEqual(outcomes, Array(WRITERS).fill([0, '']));
      t.is((await commandLine(['scan', store, '--count'])).stdout, `${WRITERS}\n`);
      t.deepEqual(readdirSync(home), [name]);
    }
  });

  test.serial(
    `of eight that create ${name} at once one does, and the others are told that it is there`,
    async (t) => {
      for (let round = 0; round < ROUNDS; round++) {
        const home = tempDir(t);
        const store = path.join(home, name);
        const outcomes = await allAtOnce(() => ['create', store]);
        const codes = outcomes.map(([exitCode]) => exitCode).sort();
        t.deepEqual(codes, [0, ...Array<number>(WRITERS - 1).fill(8)], outcomes.join('\n'));
        t.deepEqual(readdirSync(home), [name]);
      }
    },
  );
}
