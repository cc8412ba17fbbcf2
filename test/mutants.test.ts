import { spawnSync } from 'node:child_process';
import test from 'ava';
import path from 'node:path';
import { projectRoot } from './support/project-root.js';

test('every sabotage still finds the text that it replaces, and the tests that are to notice it', (t) => {
  const script = path.join(projectRoot, 'scripts', 'mutants.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  t.is(status, 0, stderr);
  t.regex(stdout, /^\d+ fit$/m);
});
