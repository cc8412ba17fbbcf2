import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import test from 'ava';
import { needing } from '../support/needing.js';
import { projectRoot } from '../support/project-root.js';
import { exampleShell, promisedBy } from '../support/shell-examples.js';
import { tempDir } from '../support/temp-dir.js';

/* The scripts of docs/cookbook.md: each prints what it says, with as many processes as the page says. */

const folder = path.join(projectRoot, 'examples', 'cookbook');
const page = readFileSync(path.join(projectRoot, 'docs', 'cookbook.md'), 'utf8');
const names = readdirSync(folder);
const isLinted = spawnSync('shellcheck', ['--version']).status === 0;

for (const name of names) {
  test(`examples/cookbook/${name} prints what it says, with as many processes as the page says`, (t) => {
    const file = path.join(folder, name);
    const promised = promisedBy(readFileSync(file, 'utf8'));
    t.not(promised, '');
    const place = tempDir(t);
    const shell = exampleShell(place);
    const program = path.join(place, 'bin', 'statelog');
    const calls = path.join(place, 'calls');
    writeFileSync(program, readFileSync(program, 'utf8').replace('\n', `\necho call >> '${calls}'\n`));
    const { stdout, stderr } = shell(`bash '${file}'`);
    t.is(stdout, promised, stderr);
    const [, processes] =
      new RegExp(`\\(../examples/cookbook/${name}\\)[^|]*\\|[^|]*\\|\\s*(\\d+)`).exec(page) ?? [];
    t.is(readFileSync(calls, 'utf8').split('\n').length - 1, Number(processes));
  });
}

needing(
  test,
  'shellcheck',
  isLinted,
)('shellcheck has nothing to say of the scripts', (t) => {
  t.true(names.length >= 20);
  const { stdout } = spawnSync('shellcheck', names, { cwd: folder, encoding: 'utf8' });
  t.is(stdout, '');
});
