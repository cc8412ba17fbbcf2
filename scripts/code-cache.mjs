import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROGRAM_FILE, REST_FILE } from './bundle-program.mjs';
import { root } from './run-step.mjs';

/**
 * Commands that scripts run over and over, as they are run most. STORE has a checkpoint, and changes since. LOG is a fold
 * log: what is kept for it is kept of the second file alone, since the first is kept already.
 */
const COMMANDS = [
  ['get', 'STORE', 'key'],
  ['put', 'STORE', 'key', 'value'],
  ['delete', 'STORE', 'other'],
  ['scan', 'STORE'],
  ['stat', 'STORE'],
  ['verify', 'STORE'],
  ['wal-replay', 'STORE'],
  ['get', 'LOG', 'key'],
  ['put', 'LOG', 'key', 'value'],
  ['delete', 'LOG', 'other'],
  ['scan', 'LOG'],
];
const PREPARATION = [
  ['put', 'STORE', 'key', 'value'],
  ['put', 'STORE', 'other', 'value'],
  ['checkpoint', 'STORE'],
  ['put', 'STORE', 'key', 'again'],
  ['put', 'LOG', 'key', 'value'],
  ['put', 'LOG', 'other', 'value'],
];

/**
 * Keeps what V8 makes of the program for each command, beside it: starting takes half as long. It is good for the
 * version of Node that builds it; any other compiles the program as usual.
 * @param {string} dist the folder that the program is in
 */
export function makeCodeCaches(dist) {
  // Read as one byte a character, which is quicker: esbuild writes nothing else.
  for (const name of [PROGRAM_FILE, REST_FILE]) {
    if (readFileSync(path.join(dist, name)).some((byte) => byte > 0x7f))
      throw new Error(`${name} is not ASCII`);
  }
  const scratch = mkdtempSync(path.join(tmpdir(), 'statelog-build-'));
  try {
    for (const command of PREPARATION) run(['-e', start(dist)], command, scratch);
    for (const command of COMMANDS) run([path.join(root, 'scripts', 'warm-up.cjs'), dist], command, scratch);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** A script that runs the program. */
function start(dist) {
  const program = JSON.stringify(path.join(dist, PROGRAM_FILE));
  return `process.argv.splice(1, 0, ''); require(${program}).start(${JSON.stringify(root)})`;
}

function run(program, command, scratch) {
  const places = { STORE: path.join(scratch, 'store'), LOG: path.join(scratch, 'log.snap') };
  const commandLine = command.map((word) => places[word] ?? word);
  const { status, stderr } = spawnSync(process.execPath, [...program, ...commandLine], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`statelog ${command.join(' ')} ended with ${status}: ${stderr}`);
}
