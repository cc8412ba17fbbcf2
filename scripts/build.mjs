// Builds dist/: the command line as one CommonJS file, and the library as modules with types.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled } from './ensure-installed.mjs';
import { programPath, root, runStep } from './run-step.mjs';

ensureInstalled();
rmSync(path.join(root, 'dist'), { recursive: true, force: true });

const { bundle } = await import('./bundle.mjs');
const { writeNotices } = await import('./notices.mjs');
const { writeManualPage } = await import('./manual-page.mjs');
const { makeCodeCaches } = await import('./code-cache.mjs');
const program = path.join(root, 'dist', 'cli.cjs');
writeNotices(await bundle('src/cli/program/start.ts', program), path.join(root, 'dist', 'NOTICES.txt'));
await writeManualPage(path.join(root, 'dist', 'statelog.1'));
makeCodeCaches(program);
runStep('tsc', process.execPath, [programPath('typescript', 'tsc'), '-p', 'tsconfig.build.json']);
