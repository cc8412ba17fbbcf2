// Builds dist/: the command line as two CommonJS files, and the library as modules with types.
//   --no-check    leaves it to others to check types
import { rmSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled } from './ensure-installed.mjs';
import { programPath, root, runStep } from './run-step.mjs';

ensureInstalled();
rmSync(path.join(root, 'dist'), { recursive: true, force: true });

const { bundleProgram } = await import('./bundle-program.mjs');
const { bundleClient } = await import('./bundle.mjs');
const { writeNotices } = await import('./notices.mjs');
const { writeManualPage } = await import('./manual-page.mjs');
const { makeCodeCaches } = await import('./code-cache.mjs');
const dist = path.join(root, 'dist');
const inputs = [...(await bundleProgram(dist)), ...(await bundleClient(dist))];
writeNotices(inputs, path.join(dist, 'NOTICES.txt'));
await writeManualPage(path.join(dist, 'statelog.1'));
makeCodeCaches(dist);
const check = process.argv.includes('--no-check') ? ['--noCheck'] : [];
runStep('tsc', process.execPath, [programPath('typescript', 'tsc'), '-p', 'tsconfig.build.json', ...check]);
