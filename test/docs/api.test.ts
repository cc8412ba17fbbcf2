import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { apiPage } from '../../scripts/api-page.mjs';
import { projectRoot } from '../support/project-root.js';

const page = readFileSync(path.join(projectRoot, 'docs/api.md'), 'utf8');

test('docs/api.md says what the sources export (`node scripts/api-page.mjs` writes it)', async (t) => {
  t.is(await apiPage(), page);
});

test('every export of the library has a docstring', (t) => {
  const entries = page.split(/^### /m).slice(1);
  const bare = entries.filter((entry) => /^\w+\n\n```/.test(entry)).map((entry) => /^\w+/.exec(entry)![0]);
  t.true(entries.length > 100);
  t.deepEqual(bare, []);
});
