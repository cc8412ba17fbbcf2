import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';

const SIZES = ['empty', 'one', 'small', 'medium', 'large'];

function pairOf(folder: string, name: string, values: string, index: string): string {
  mkdirSync(folder, { recursive: true });
  cpSync(fixturePath(`state-${values}.db`), path.join(folder, `${name}.db`));
  cpSync(fixturePath(`state-${index}.idx`), path.join(folder, `${name}.idx`));
  return path.join(folder, `${name}.db`);
}

async function contentOf(t: ExecutionContext, file: string): Promise<string> {
  const { exitCode, stdout } = await commandLine(['scan', file, '--encoding', 'hex']);
  t.is(exitCode, 0);
  return stdout;
}

for (const values of SIZES) {
  for (const index of SIZES) {
    const isOwn = values === index;
    test(`values of ${values} with the index of ${index} are ${isOwn ? 'what they were' : 'called damaged, and never whole'}`, async (t) => {
      const folder = tempDir(t);
      const file = pairOf(path.join(folder, 'pair'), 'state', values, index);
      const verified = await commandLine(['verify', file]);
      // An index of nothing over a file of nothing names nothing that was not there.
      t.is(verified.exitCode, isOwn ? 0 : 3, verified.stdout);
      const repaired = await commandLine(['repair', file, '--into', path.join(folder, 'new.db')]);
      t.is(repaired.exitCode, isOwn ? 0 : 3, repaired.stdout);
      t.is(repaired.stderr.includes('is whole'), isOwn);
    });
  }
}

test('who reads values behind which others were written is told', async (t) => {
  const file = pairOf(tempDir(t), 'state', 'medium', 'small');
  for (const command of [
    ['scan', file],
    ['get', file, 'k'],
    ['import', file, `${file}-store`],
  ]) {
    const { stderr } = await commandLine(command);
    t.regex(stderr, /values lie behind the last that the index knows/, command[0]);
  }
});

test('values that end in zeros, as a counter does, pass; zeros in the place of all values do not', async (t) => {
  const file = pairOf(tempDir(t), 'state', 'small', 'small');
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0, 32 + 330 - 8));
  t.is((await commandLine(['verify', file])).exitCode, 0);
  writeFileSync(file, bytes.fill(0, 32));
  t.is((await commandLine(['verify', file])).exitCode, 3);
});

test('of two state files whose indexes were exchanged nothing is lost', async (t) => {
  const folder = tempDir(t);
  const files = {
    medium: pairOf(path.join(folder, 'both'), 'one', 'medium', 'small'),
    small: pairOf(path.join(folder, 'both'), 'other', 'small', 'medium'),
  };
  for (const [name, file] of Object.entries(files)) {
    const into = path.join(folder, `${name}.db`);
    const repaired = await commandLine(['repair', file, '--into', into]);
    t.regex(repaired.stdout, /misplaced: .*ends where the values of/);
    t.is(await contentOf(t, into), await contentOf(t, fixturePath(`state-${name}.db`)));
  }
});
