import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { projectRoot } from '../support/project-root.js';

/** "What a finding says is to be done is being done": a sentence that begins so has to be read twice. */
const HARD_START = /\/\*\*\s*(?:\*\s*)?(What|Whatever|Where|Who|Whoever|Whom|Whose|Of|The same)\s[^\n]*/g;

test('no docstring begins with a relative clause, or refers to another one as "the same"', (t) => {
  const sources = readdirSync(path.join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join('src', name));
  t.true(sources.length > 300);
  const hard = sources.flatMap((name) =>
    [...readFileSync(path.join(projectRoot, name), 'utf8').matchAll(HARD_START)].map(
      ([text]) => `${name}: ${text}`,
    ),
  );
  t.deepEqual(hard, []);
});
