// `npm test` on a clean clone: installs, builds, lints, checks types, runs a part of the torture and all tests.
// The last line is `N passed, N failed`.
import { ensureInstalled } from './ensure-installed.mjs';
import { programPath, runStep } from './run-step.mjs';
import { runTests } from './run-tests.mjs';

const node = process.execPath;

ensureInstalled();
runStep('build', node, ['scripts/build.mjs']);
runStep('eslint', node, [programPath('eslint'), '.']);
runStep('prettier', node, [programPath('prettier'), '--check', '--log-level', 'warn', '.']);
runStep('dependency-cruiser', node, [programPath('dependency-cruiser', 'depcruise'), 'src', 'test', 'bench']);
runStep('tsc', node, [programPath('typescript', 'tsc'), '-p', '.']);
runStep('torture', node, ['scripts/torture.mjs', '--part']);
await runTests(process.argv.slice(2));
