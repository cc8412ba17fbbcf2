import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { projectRoot } from '../support/project-root.js';

const page = readFileSync(path.join(projectRoot, 'test', 'cases', 'README.md'), 'utf8');

test('each line of the table of shells and terminals names a test that is there', (t) => {
  const rows = [...page.matchAll(/^\| .* \| `([\w/-]+\.test\.ts)` +\| (.*?) +\|$/gm)];
  t.true(rows.length > 30);
  for (const [, file, title] of rows) {
    const source = readFileSync(path.join(projectRoot, 'test', file!), 'utf8');
    const text = title!.replaceAll('\\|', '|');
    t.true(
      ["'", '"', '`'].some((quote) => source.includes(`${quote}${text}${quote}`)),
      `${file!}: ${text}`,
    );
  }
});
