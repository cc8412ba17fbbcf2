import path from 'node:path';
import { start } from '../../../src/cli/program/start.js';

export { COMMAND_CLASSES } from '../../../src/cli/program/start.js';

// The real program with one command, `probe`; bundled by `process.test.ts`.
start(path.dirname(process.argv[1]!), { probe: () => import('./probe.js') });
