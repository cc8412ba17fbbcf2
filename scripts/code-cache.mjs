import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from './run-step.mjs';

/** Commands that scripts run over and over, as they are run most. STORE has a checkpoint, and changes since. */
const COMMANDS = [
  ['get', 'STORE', 'key'],
  ['put', 'STORE', 'key', 'value'],
  ['delete', 'STORE', 'other'],
  ['scan', 'STORE'],
  ['stat', 'STORE'],
  ['verify', 'STORE'],
  ['wal-replay', 'STORE'],
];
const PREPARATION = [
  ['put', 'STORE', 'key', 'value'],
  ['put', 'STORE', 'other', 'value'],
  ['checkpoint', 'STORE'],
  ['put', 'STORE', 'key', 'again'],
];

/**
 * Keeps what V8 makes of the program for each command, beside it: starting takes half as long. It is good for the
 * version of Node that builds it; any other compiles the program as usual.
 * @param {string} program path of the bundle
 */
export function makeCodeCaches(program) {
  // Read as one byte a character, which is quicker: esbuild writes nothing else.
  if (readFileSync(program).some((byte) => byte > 0x7f)) throw new Error(`${program} is not ASCII`);
  const folder = path.join(path.dirname(program), 'code-cache');
  mkdirSync(folder);
  const scratch = mkdtempSync(path.join(tmpdir(), 'statelog-build-'));
  try {
    const store = path.join(scratch, 'store');
    for (const command of PREPARATION) run(program, path.join(scratch, 'unused'), command, store);
    for (const command of COMMANDS) run(program, path.join(folder, command[0]), command, store);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function run(program, cache, command, store) {
  const commandLine = command.map((word) => (word === 'STORE' ? store : word));
  const warmUp = path.join(root, 'scripts', 'warm-up.cjs');
  const { status, stderr } = spawnSync(process.execPath, [warmUp, program, cache, ...commandLine], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`statelog ${command.join(' ')} ended with ${status}: ${stderr}`);
}
