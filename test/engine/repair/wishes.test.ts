import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import type { Clock } from '../../../src/engine/storage-io/interface/clock.js';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { linesOf } from '../../cli/commands/fixture-lines.js';
import { tempDir } from '../../support/temp-dir.js';

/** A store of two cores: 20 lines of a source in a checkpoint, 20 in a closed log behind it, 20 in the live one. */
async function storeOf(root: string): Promise<void> {
  StateDirectory.create(root, { cores: 2, keep: 3 });
  const store = await StateDirectory.open(root);
  for (let epoch = 1; epoch <= 3; epoch++) {
    for (let line = 0; line < 20; line++) store.put(toUtf8(`key ${line}`), toUtf8(`${epoch} ${line}`));
    await store.commit(new Map([['orders', BigInt(20 * epoch)]]), BigInt(epoch));
    if (epoch < 3) await store.checkpoint();
  }
  store.close();
}

async function repaired(
  root: string,
  ...flags: string[]
): Promise<{ stdout: string; exitCode: number; into: string }> {
  const into = `${root}-into-${flags.length}`;
  const { stdout, exitCode } = await commandLine(['repair', root, '--into', into, ...flags]);
  return { stdout, exitCode, into };
}

function positionIn(root: string): bigint | undefined {
  const store = StateDirectory.openReadOnly(root);
  const position = store.progress.sources.get('orders');
  store.close();
  return position;
}

test('a source is set to where nothing of it is missing, unless it is to be kept or is said', async (t) => {
  const root = path.join(tempDir(t), 'store');
  await storeOf(root);
  rmSync(path.join(root, 'wal/3/wal-1.log'));
  const plain = await repaired(root);
  t.is(plain.exitCode, 3);
  t.regex(plain.stdout, /^source: orders: nothing is missing of its first 40 lines; 60 were said/m);
  t.is(positionIn(plain.into), 40n);
  const kept = await repaired(root, '--keep-sources');
  t.is(positionIn(kept.into), 60n);
  const set = await repaired(root, '--set-source', 'orders=7', '--json');
  t.is(positionIn(set.into), 7n);
  t.is((await commandLine(['verify', set.into])).exitCode, 0);
  // What the next writer commits counts from then on.
  const store = await StateDirectory.open(plain.into);
  await store.commit(new Map([['orders', 90n]]));
  store.close();
  t.is(positionIn(plain.into), 90n);
});

/** A clock that stands still, as it does for all that is written within one millisecond. */
const STANDING_CLOCK: Clock = {
  read: (into) => {
    [into[0], into[1]] = [0, 1];
  },
  nowNs: () => 1n << 32n,
};

const GROUPS = 3;
const LINES = 4;
const lineOf = (line: number): Uint8Array => toUtf8(`line ${line}`);

/** A store of two cores that took lines in groups, all of them at one time. */
async function storeOfOneTime(root: string): Promise<void> {
  StateDirectory.create(root, { cores: 2 });
  const store = await StateDirectory.open(root, { clock: STANDING_CLOCK });
  for (let line = 1; line <= GROUPS * LINES; line++) {
    store.put(lineOf(line), lineOf(line));
    if (line % LINES === 0) await store.commit(new Map([['orders', BigInt(line)]]));
  }
  store.close();
}

test("of records of one time none is taken for older than another core's: no line that is missing is counted", async (t) => {
  const root = path.join(tempDir(t), 'store');
  await storeOfOneTime(root);
  const whole = await commandLine(['wal-replay', root, '--commits']);
  t.regex(whole.stdout, /\tsource\torders\t12\t12$/m);
  const { stdout } = await commandLine(['wal-replay', root, '--op', 'put', '--json']);
  for (const { segment, offset } of linesOf(stdout)) {
    const copy = path.join(tempDir(t), 'copy');
    cpSync(root, copy, { recursive: true });
    const file = String(segment).replace(root, copy);
    const bytes = readFileSync(file);
    bytes[Number(offset) + 12]! ^= 1;
    writeFileSync(file, bytes);
    const { into } = await repaired(copy);
    const upTo = positionIn(into) ?? 0n;
    const replayed = await commandLine(['wal-replay', copy, '--commits']);
    t.regex(replayed.stdout, new RegExp(`\\tsource\\torders\\t${upTo}\\t12$`, 'm'));
    const result = StateDirectory.openReadOnly(into);
    for (let line = 1; line <= upTo; line++) t.truthy(result.get(lineOf(line)), `line ${line} of ${upTo}`);
    result.close();
  }
});

test('a source of which nothing is missing stays where it is, and nothing is said of it', async (t) => {
  const root = path.join(tempDir(t), 'store');
  await storeOf(root);
  const { stdout, exitCode, into } = await repaired(root);
  t.is(exitCode, 0);
  t.notRegex(stdout, /source/);
  t.is(positionIn(into), 60n);
});

test('a result with a loss is never called whole', async (t) => {
  const root = path.join(tempDir(t), 'store');
  await storeOf(root);
  rmSync(path.join(root, 'wal/3/wal-1.log'));
  const { stderr } = await commandLine(['repair', root, '--into', `${root}-new`]);
  t.regex(stderr, /is sound, but for what was lost/);
  t.notRegex(stderr, /is whole/);
});

test('the logs are laid over the checkpoint that is said, and newer ones are passed over', async (t) => {
  const root = path.join(tempDir(t), 'store');
  await storeOf(root);
  const into = `${root}-new`;
  const { exitCode, stdout: told } = await commandLine([
    'repair',
    root,
    '--into',
    into,
    '--base-checkpoint',
    '1',
  ]);

  t.is(exitCode, 3);
  t.regex(told, /missing-file: .*checkpoints\/2\/state-0/);
  const { stdout } = await commandLine(['get', into, 'key 3']);
  t.is(stdout.trim(), '3 3');
  t.is((await commandLine(['repair', root, '--into', `${root}-x`, '--base-checkpoint', '9'])).exitCode, 6);
});

test('a file is passed over, and one that is not there is told', async (t) => {
  const root = path.join(tempDir(t), 'store');
  await storeOf(root);
  const into = `${root}-new`;
  const without = path.join(root, 'wal/3/wal-0.log');
  const { stdout, exitCode } = await commandLine(['repair', root, '--into', into, '--without', without]);
  t.is(exitCode, 3);
  t.regex(stdout, /missing-segment: .*wal\/3\/wal-0\.log/);
  t.is((await commandLine(['repair', root, '--into', `${root}-x`, '--without', 'no-such'])).exitCode, 6);
});

test('of a segment the records of the core and epoch that are said are kept', async (t) => {
  const folder = tempDir(t);
  const segments = [0, 1].map((core) => readFileSync(fixturePath(`wal-cores/wal-${core}.log`)));
  const joined = path.join(folder, 'joined.log');
  writeFileSync(joined, Buffer.concat(segments));
  const into = path.join(folder, 'one.log');
  const { exitCode } = await commandLine(['repair', joined, '--into', into, '--as-core', '1']);
  t.is(exitCode, 3);
  t.deepEqual(readFileSync(into), segments[1]);
  const none = await commandLine(['repair', joined, '--into', `${into}-x`, '--as-core', '9']);
  t.is(none.exitCode, 2);
  t.regex(none.stderr, /holds no record of core 9/);
  const other = await commandLine(['repair', joined, '--into', `${into}-x`, '--base-checkpoint', '1']);
  t.is(other.exitCode, 2);
});
