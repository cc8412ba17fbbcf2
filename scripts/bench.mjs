// `npm run bench`: measures the engine beside its originals and its peers, and says which goals it meets.
// `npm run bench -- --help` says with which arguments.
import { spawnSync } from 'node:child_process';
import { bundledProgram } from './bundled-program.mjs';
import { programPath, runStep } from './run-step.mjs';

const programArguments = process.argv.slice(2);
// The tiny scale is for tests, which share what is built.
const fresh = !programArguments.includes('tiny');
const program = await bundledProgram('bench/main.ts', 'bench.cjs', { fresh });
// In the caller's folder, from which the paths in its arguments start.
const { status } = spawnSync(process.execPath, [program, ...programArguments], { stdio: 'inherit' });
process.exitCode = status ?? 1;
if (status === 0 && programArguments.includes('--docs'))
  runStep('prettier', process.execPath, [programPath('prettier'), '--write', 'docs/performance.md']);
