// `npm run test:servers`: the tests that start real servers, one after the other. What is not there
// (scripts/servers.mjs brings it) is skipped by name, or fails with CI_FULL=1.
//   npm run test:servers -- TEXT…    the files whose path holds one of these
//   npm run test:servers -- --long   at full size: 20,000 keys and more, for a quarter of an hour
// The last line is `N passed, N failed`.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled } from '../ensure-installed.mjs';
import { root, runStep } from '../run-step.mjs';

ensureInstalled();
if (!existsSync(path.join(root, 'dist', 'cli.cjs')))
  runStep('build', process.execPath, ['scripts/build.mjs']);

const { testFiles } = await import('./test-files.mjs');
const { runTests } = await import('./run-tests.mjs');
const { values, positionals: texts } = parseArgs({
  options: { long: { type: 'boolean', default: false } },
  allowPositionals: true,
});
if (values.long) process.env.STATELOG_SERVERS_LONG = '1';
const files = (await testFiles('servers')).filter(
  (file) => texts.length === 0 || texts.some((text) => file.includes(text)),
);
const { passed, failed, skipped } = await runTests(files, {
  outdir: '.tmp/servers',
  processes: 1,
  mayAllBeSkipped: true,
});
console.log(`${skipped === 0 ? '' : `\n${skipped} skipped`}\n\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
