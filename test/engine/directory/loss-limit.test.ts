import {
  appendFileSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

/*
 * What a recovery may cut by itself is bounded: an unfinished group, and no good part of a log. Nothing that good records
 * follow is cut by a writer at all, unless its last writer died and nothing says that they were acknowledged.
 */

const MIB = 1024 * 1024;
const FOREIGN = Buffer.from('nothing that a log would hold, '.repeat((2 * MIB) / 32));

async function deadStore(
  folder: string,
  cores = 1,
): Promise<{ root: string; segment: (core: number) => string }> {
  const root = path.join(folder, 'orders');
  StateDirectory.create(root, { cores });
  const store = await StateDirectory.open(root);
  for (let put = 0; put < 50; put++) store.put(Buffer.from(`key ${put}`), Buffer.from(`value ${put}`));
  await store.sync();
  store.close();
  rmSync(path.join(root, 'CLOSED'));
  writeFileSync(path.join(root, 'LOCK'), '{"pid":999999999,"host":"gone"}\n');
  return { root, segment: (core) => path.join(root, 'wal', '1', `wal-${core}.log`) };
}

const WRITERS = [
  ['put', 'k', 'v'],
  ['delete', 'key 1'],
  ['checkpoint'],
  ['compact'],
  ['repair'],
  ['repair', '--dry-run'],
] as const;

test('no command cuts more than a MiB from a log by itself; --max-loss lets it', async (t) => {
  const { root, segment } = await deadStore(tempDir(t));
  appendFileSync(segment(0), FOREIGN);
  const before = readFileSync(segment(0));
  for (const [command, ...rest] of WRITERS) {
    const { exitCode, stderr } = await commandLine([command, root, ...rest]);
    t.is(exitCode, 8, `${command}: ${stderr}`);
    t.regex(stderr, new RegExp(`cut ${FOREIGN.length} bytes.*--max-loss ${FOREIGN.length}`));
    t.true(readFileSync(segment(0)).equals(before), command);
    t.false(existsSync(path.join(root, 'broken')));
  }
  t.is((await commandLine(['put', root, 'k', 'v', '--max-loss', String(FOREIGN.length)])).exitCode, 0);
  t.is(
    statSync(path.join(root, 'broken', `1-wal-0.log.at-${before.length - FOREIGN.length}`)).size,
    FOREIGN.length,
  );
  t.is((await commandLine(['verify', root, '-q'])).exitCode, 0);
});

test('the bytes of all cores count together, and nothing is cut of one where another has too many', async (t) => {
  const { root, segment } = await deadStore(tempDir(t), 2);
  for (const core of [0, 1]) appendFileSync(segment(core), FOREIGN.subarray(0, 600 * 1024));
  const before = [0, 1].map((core) => readFileSync(segment(core)));
  t.is((await commandLine(['put', root, 'k', 'v'])).exitCode, 8);
  for (const core of [0, 1]) t.true(readFileSync(segment(core)).equals(before[core]!));
  t.is((await commandLine(['put', root, 'k', 'v', '--max-loss', '2MiB'])).exitCode, 0);
});

test('nothing is cut of one core where another is damaged', async (t) => {
  const { root, segment } = await deadStore(tempDir(t), 2);
  appendFileSync(segment(0), FOREIGN.subarray(0, 30));
  const bytes = readFileSync(segment(1));
  // A whole record, where it was before.
  writeFileSync(segment(1), Buffer.concat([bytes, bytes.subarray(0, 8 + bytes.readUInt32LE(0))]));
  const before = readFileSync(segment(0));
  t.is((await commandLine(['put', root, 'k', 'v'])).exitCode, 3);
  t.true(readFileSync(segment(0)).equals(before));
  t.false(existsSync(path.join(root, 'broken')));
});

test('a single record that was being written is cut however long it is, unless a limit is given', async (t) => {
  const { root, segment } = await deadStore(tempDir(t));
  const store = await StateDirectory.open(root);
  store.put(Buffer.from('large'), new Uint8Array(4 * MIB).fill(7));
  await store.sync();
  store.close();
  rmSync(path.join(root, 'CLOSED'));
  truncateSync(segment(0), statSync(segment(0)).size - MIB);
  t.is((await commandLine(['put', root, 'k', 'v', '--max-loss', '1MiB'])).exitCode, 8);
  t.is((await commandLine(['put', root, 'k', 'v'])).exitCode, 0);
  t.is((await commandLine(['get', root, 'large'])).exitCode, 1);
});

test('zeros behind a log are no loss', async (t) => {
  const { root, segment } = await deadStore(tempDir(t));
  truncateSync(segment(0), statSync(segment(0)).size + 3 * MIB);
  t.is((await commandLine(['put', root, 'k', 'v', '--max-loss', '0'])).exitCode, 0);
});

test('a fold log is held to the same limit', async (t) => {
  const log = path.join(tempDir(t), 'fold.snap');
  for (const key of ['a', 'b']) await commandLine(['put', log, key, 'v']);
  appendFileSync(log, Buffer.alloc(2 * MIB, 0xee));
  const before = readFileSync(log);
  for (const [command, ...rest] of WRITERS) {
    if (command === 'checkpoint') continue;
    const { exitCode, stderr } = await commandLine([command, log, ...rest]);
    t.is(exitCode, 8, `${command}: ${stderr}`);
    t.true(readFileSync(log).equals(before), command);
  }
  t.is((await commandLine(['repair', log, '--max-loss', '3MiB'])).exitCode, 0);
  t.is((await commandLine(['verify', log, '-q'])).exitCode, 0);
});

test('verify and writers say how many good records follow the damage', async (t) => {
  const { root, segment } = await deadStore(tempDir(t));
  writeFileSync(path.join(root, 'LOCK'), '');
  const bytes = readFileSync(segment(0));
  bytes[900]! ^= 1;
  writeFileSync(segment(0), bytes);
  const recordBytes = bytes.length / 50;
  const before = Math.floor(900 / recordBytes);
  const verified = await commandLine(['verify', root]);
  t.regex(verified.stdout, new RegExp(`1 damaged place, ${49 - before} good records behind\n`));
  const put = await commandLine(['put', root, 'k', 'v']);
  t.is(put.exitCode, 3);
  t.regex(put.stderr, new RegExp(`the ${before} good records before it and the ${49 - before} behind it`));
});

test('of a torn group, verify says how many whole records are in it', async (t) => {
  const { root, segment } = await deadStore(tempDir(t));
  const bytes = readFileSync(segment(0));
  bytes[900]! ^= 1;
  writeFileSync(segment(0), bytes);
  const { exitCode, stdout } = await commandLine(['verify', root]);
  t.is(exitCode, 4);
  t.regex(stdout, /with \d+ whole records among them/);
});
