import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { projectRoot } from './support/project-root.js';

test('every sabotage still finds the text that it replaces, and the tests that are to notice it', (t) => {
  const script = path.join(projectRoot, 'scripts', 'mutants.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  t.is(status, 0, stderr);
  t.regex(stdout, /^\d+ fit$/m);
});

test('what stands in for ava where sabotages are tried has each assertion that tests make', async (t) => {
  const script = path.join(projectRoot, 'scripts', 'mutants', 'test-context.mjs');
  const { TestContext } = (await import(pathToFileURL(script).href)) as { TestContext: new () => object };
  const tests = path.join(projectRoot, 'test');
  const files = readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const made = new Set(
    files.flatMap((name) =>
      Array.from(
        readFileSync(path.join(tests, name), 'utf8').matchAll(/\bt\.(\w+)\(/g),
        ([, method]) => method!,
      ),
    ),
  );
  const context = new TestContext();
  t.true(made.size > 10);
  t.deepEqual(
    [...made].filter((method) => !(method in context)),
    [],
  );
});
