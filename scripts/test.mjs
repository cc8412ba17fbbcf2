// `npm test` on a clean clone: installs, builds, checks types, runs the tests.
//   --quick        only types, and the tests with fixed inputs that start no processes: nothing is built
// The last line is `N passed, N failed`. What takes longer is `npm run torture`; the form of the sources is `npm run lint`.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled } from './ensure-installed.mjs';
import { programPath, root, runStepsSideBySide } from './run-step.mjs';
import { StepTimes } from './step-times.mjs';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const times = new StepTimes();
ensureInstalled();
times.note('install');

const build = ['build', 'scripts/build.mjs', '--no-check'];
// What did not change since the run before is not checked again.
const known = path.join(root, 'node_modules', '.cache', 'statelog', 'types.tsbuildinfo');
const types = [
  'tsc',
  programPath('typescript', 'tsc'),
  '-p',
  '.',
  '--incremental',
  '--tsBuildInfoFile',
  known,
];

// What is not installed yet cannot be imported at the top.
const { testFiles } = await import('./tests/test-files.mjs');
const { runTests } = await import('./tests/run-tests.mjs');
const run = async () =>
  runTests(await testFiles(values.quick ? 'quick' : 'usual'), { outdir: '.tmp/tests', inMemory: true });
let counts;
if (values.quick) {
  [counts] = await Promise.all([run(), runStepsSideBySide([types])]);
  times.note('types and tests');
} else {
  await runStepsSideBySide([build], [types]);
  times.note('build and types');
  // So that tests which start the program (test/support/program.ts) take what was just built.
  process.env.STATELOG_TEST_BUILT = '1';
  counts = await run();
  times.note('tests');
}
const { passed, failed, skipped } = counts;
console.log(`\n${times}${skipped === 0 ? '' : `\n${skipped} skipped`}\n\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
