import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { projectRoot } from '../support/project-root.js';
import { exampleShell, promisedBy } from '../support/shell-examples.js';
import { tempDir } from '../support/temp-dir.js';

const folder = path.join(projectRoot, 'examples');
const names = readdirSync(folder).filter((name) => /\.(sh|mjs)$/.test(name));

for (const name of names) {
  test(`examples/${name} prints what it says`, (t) => {
    const file = path.join(folder, name);
    const promised = promisedBy(readFileSync(file, 'utf8'));
    t.not(promised, '');
    if (name.endsWith('.sh')) {
      const { stdout, stderr } = exampleShell(tempDir(t))(`sh '${file}'`);
      t.is(stdout, promised, stderr);
    } else {
      const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 60_000 });
      t.is(stdout, promised, stderr);
    }
  });
}

test('examples/README.md names every example', (t) => {
  const page = readFileSync(path.join(folder, 'README.md'), 'utf8');
  t.true(names.length >= 5);
  for (const name of names) t.true(page.includes(`(${name})`), name);
});
