// `npm run demo` on a clean clone: installs, builds, and shows the three uses of statelog on 10,000 orders.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './ensure-installed.mjs';
import { runStep } from './run-step.mjs';

const ORDERS = 10_000;
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

ensureInstalled();
runStep('build', process.execPath, ['scripts/build.mjs']);

const folder = mkdtempSync(path.join(tmpdir(), 'statelog-demo-'));
const programs = path.join(folder, 'bin');
const work = path.join(folder, 'work');
mkdirSync(programs);
mkdirSync(work);
writeFileSync(
  path.join(programs, 'statelog'),
  `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(path.join(root, 'bin', 'run.js'))} "$@"\n`,
  { mode: 0o755 },
);
const environment = {
  ...process.env,
  PATH: `${programs}${path.delimiter}${process.env.PATH}`,
  FORCE_COLOR: '0',
};

try {
  writeOrders();
  useAsStore();
  inspectDamage();
  moveSnapshot();
  say('That was all of it. The README has an example for each use.');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function useAsStore() {
  say(`1. A store for scripts: ${ORDERS} orders go in, one JSON object a line`);
  shell('statelog put orders --batch orders.ndjson --source till-1 --ack | tail -n 1');
  shell('statelog get orders order:00042');
  shell('statelog scan orders --prefix order:0999 --limit 3');
  shell('statelog scan orders --count');
  shell('statelog delete orders order:00007; statelog get orders order:00007', 1);
  say('Running the same batch again goes on where it stopped: nothing is left to do');
  shell('statelog put orders --batch orders.ndjson --source till-1 --ack');
  shell('statelog checkpoint orders');
}

function inspectDamage() {
  say('2. A damaged log: one byte of a copy is changed');
  shell(
    'statelog put orders order:00007 "back again" && statelog put orders order:00008 changed && statelog put orders order:00009 too',
  );
  const epoch = JSON.parse(output('statelog stat orders --json')).epoch;
  cpSync(path.join(work, 'orders', 'wal', String(epoch)), path.join(work, 'copy-of-wal'), {
    recursive: true,
  });
  flipByte(path.join(work, 'copy-of-wal', 'wal-0.log'), 110);
  shell('statelog verify copy-of-wal', 3);
  shell('statelog wal-replay copy-of-wal', 3);
}

function moveSnapshot() {
  say('3. A snapshot, through a pipe into another directory');
  shell('statelog export orders - --report sent.json | statelog import - arrived');
  const sent = JSON.parse(readFileSync(path.join(work, 'sent.json'), 'utf8')).digest;
  const arrived = JSON.parse(output('statelog stat arrived --digest --json')).digest;
  print(`digest sent:    ${sent}`);
  print(`digest arrived: ${arrived}`);
  if (sent !== arrived) throw new Error('the digests differ');
}

function writeOrders() {
  const file = openSync(path.join(work, 'orders.ndjson'), 'w');
  for (let number = 0; number < ORDERS; number += 1) {
    const key = `order:${String(number).padStart(5, '0')}`;
    const value = JSON.stringify({ customer: `c${number % 97}`, total: (number * 37) % 1000 });
    writeSync(file, `${JSON.stringify({ key, value })}\n`);
  }
}

function flipByte(file, offset) {
  const descriptor = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(descriptor, byte, 0, 1, offset);
  byte[0] ^= 0x20;
  writeSync(descriptor, byte, 0, 1, offset);
}

/** Runs a line of shell in the demo's folder, shows it and what it prints, and checks its exit code. */
function shell(line, expected = 0) {
  print(`$ ${line}`);
  const result = spawnSync('sh', ['-c', line], { cwd: work, env: environment, encoding: 'utf8' });
  print(`${result.stdout}${result.stderr}`.trimEnd());
  if (result.status !== 0) print(`(exit code ${result.status})`);
  print('');
  if (result.status !== expected) throw new Error(`expected exit code ${expected}: ${line}`);
}

function output(line) {
  return spawnSync('sh', ['-c', line], { cwd: work, env: environment, encoding: 'utf8' }).stdout;
}

function say(text) {
  print(`\n== ${text}\n`);
}

function print(text) {
  process.stdout.write(`${text}\n`);
}
