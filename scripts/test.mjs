// `npm test` on a clean clone: installs, builds, lints, checks types, runs all tests.
// The last line is `N passed, N failed`.
import { spawn } from 'node:child_process';
import { ensureInstalled } from './ensure-installed.mjs';
import { programPath, root, runStep } from './run-step.mjs';

const node = process.execPath;

ensureInstalled();
runStep('build', node, ['scripts/build.mjs']);
runStep('eslint', node, [programPath('eslint'), '.']);
runStep('prettier', node, [programPath('prettier'), '--check', '--log-level', 'warn', '.']);
runStep('dependency-cruiser', node, [programPath('dependency-cruiser', 'depcruise'), 'src', 'test', 'bench']);
runStep('tsc', node, [programPath('typescript', 'tsc'), '-p', '.']);

const tests = spawn(node, [programPath('ava'), ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
});
let passed = 0;
let failed = 0;
let partOfLine = '';
tests.stdout.setEncoding('utf8').on('data', (text) => {
  process.stdout.write(text);
  const lines = (partOfLine + text).split('\n');
  partOfLine = lines.pop();
  // ava closes with "12 tests passed", "1 test failed", "2 uncaught exceptions" and the like.
  for (const line of lines) {
    const [, count, what] =
      /^\s+(\d+) (tests? passed|tests? failed|tests? remained pending|hooks? failed|unhandled rejections?|uncaught exceptions?|test files? .*|timeouts?)/.exec(
        line,
      ) ?? [];
    if (what === undefined) continue;
    if (what.endsWith('passed')) passed += Number(count);
    else failed += Number(count);
  }
});
tests.on('close', (code) => {
  const good = code === 0 && failed === 0 && passed > 0;
  console.log(`${passed} passed, ${good ? 0 : Math.max(failed, 1)} failed`);
  process.exitCode = good ? 0 : 1;
});
