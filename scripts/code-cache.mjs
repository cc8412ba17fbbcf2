import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROGRAM_FILE, REST_FILE } from './bundle-program.mjs';
import { root } from './run-step.mjs';

/**
 * What is kept of files of the program, where the commands load them, under a name, and the commands that it is made from.
 * @typedef {{ name: string, files: readonly string[], commands: readonly (readonly string[])[] }} WarmUp
 */

/** Commands that scripts run over and over, as they are run most: each has caches of its own, since small ones are read sooner. */
const OFTEN = [
  ['get', 'STORE', 'key'],
  ['put', 'STORE', 'key', 'value'],
  ['delete', 'STORE', 'other'],
  ['scan', 'STORE'],
  ['stat', 'STORE'],
  ['verify', 'STORE'],
  ['wal-replay', 'STORE'],
];
/** On a log they need the second file too. */
const OFTEN_ON_LOGS = [
  ['get', 'LOG', 'key'],
  ['put', 'LOG', 'key', 'value'],
  ['delete', 'LOG', 'other'],
  ['scan', 'LOG'],
];
/** What all others share, named as bin/run.js names it. */
const OTHERS = [
  ['delete', 'LOG', 'key'],
  ['session', 'STORE'],
  ['checkpoint', 'STORE'],
  ['create', 'CREATED'],
  ['diff', 'STORE', 'STORE'],
  ['import', 'EXPORTED', 'IMPORTED'],
  ['repair', 'STORE', '--into', 'REPAIRED'],
  ['compact', 'STORE'],
];
/** Snapshots, and then what changed since, of which there is little to do: reading code is much of it. */
const EXPORTS = [
  ...['STORE', 'LOG'].flatMap((store) => [
    ['export', store, `${store}_URL`],
    ['put', store, 'key', 'later'],
    ['export', store, `${store}_URL`, '--since', 'last'],
  ]),
  ['export', 'STORE', 'FOLDER'],
  ['export', 'STORE', 'LINES', '--since', '1', '--at', '2'],
];
const BOTH_FILES = [PROGRAM_FILE, REST_FILE];
/** @type {readonly WarmUp[]} */
const WARM_UPS = [
  ...OFTEN.map((command) => ({ name: command[0], files: BOTH_FILES, commands: [command] })),
  ...OFTEN_ON_LOGS.map((command) => ({ name: command[0], files: [REST_FILE], commands: [command] })),
  { name: 'export', files: BOTH_FILES, commands: EXPORTS },
  {
    name: 'others',
    files: BOTH_FILES,
    commands: [...OFTEN_ON_LOGS.filter(([name]) => name !== 'delete'), ...OTHERS],
  },
];
/** Words of the commands that stand for paths. */
const PLACES = {
  STORE: 'store',
  LOG: 'log.snap',
  CREATED: 'created',
  EXPORTED: 'exported',
  FOLDER: 'folder',
  LINES: 'lines.ndjson',
  IMPORTED: 'imported',
  REPAIRED: 'repaired',
};
/** The store has a checkpoint, and changes since. */
const PREPARATION = [
  ['put', 'STORE', 'key', 'value'],
  ['put', 'STORE', 'other', 'value'],
  ['checkpoint', 'STORE', '--keep', '2'],
  ['put', 'STORE', 'key', 'again'],
  ['checkpoint', 'STORE', '--keep', '2'],
  ['put', 'STORE', 'key', 'once more'],
  ['put', 'LOG', 'key', 'value'],
  ['put', 'LOG', 'other', 'value'],
  ['export', 'STORE', 'EXPORTED'],
];

/**
 * Keeps what V8 makes of the program beside it: starting takes half as long. It is good for the
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
    const placed = (command) => command.map((word) => place(scratch, word));
    for (const command of PREPARATION) run(['-e', start(dist)], placed(command));
    for (const { name, files, commands } of WARM_UPS) {
      const order = JSON.stringify({ name, files, commands: commands.map(placed) });
      run([path.join(root, 'scripts', 'warm-up.cjs'), dist], [order]);
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** The path, or the URL, that a word of a command stands for; any other word itself. */
function place(scratch, word) {
  if (word.endsWith('_URL')) return pathToFileURL(path.join(scratch, 'bucket', word)).href;
  return Object.hasOwn(PLACES, word) ? path.join(scratch, PLACES[word]) : word;
}

/** A script that runs the program. */
function start(dist) {
  const program = JSON.stringify(path.join(dist, PROGRAM_FILE));
  return `process.argv.splice(1, 0, ''); require(${program}).start(${JSON.stringify(root)})`;
}

function run(program, programArguments) {
  const { status, stderr } = spawnSync(process.execPath, [...program, ...programArguments], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`statelog ${programArguments.join(' ')} ended with ${status}: ${stderr}`);
}
