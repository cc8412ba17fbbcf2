import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';

const EPOCHS = 4;

/** A store of one core with three checkpoints of which two are kept; every key has its epoch for a value. */
async function storeOf(root: string): Promise<void> {
  StateDirectory.create(root, { keep: 2 });
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    const store = await StateDirectory.open(root);
    for (let key = 0; key < 12; key++) store.put(toUtf8(`key ${key}`), toUtf8(`epoch ${epoch}`));
    await store.sync();
    if (epoch === 1) cpSync(path.join(root, 'wal/1'), `${root}-first-log`, { recursive: true });
    if (epoch < EPOCHS) await store.checkpoint();
    store.close();
  }
}

async function mustKeepAll(t: ExecutionContext, root: string): Promise<string> {
  const into = `${root}-into`;
  const { stdout } = await commandLine(['repair', root, '--into', into]);
  const { stdout: entries } = await commandLine(['scan', into]);
  t.is(entries.match(new RegExp(`epoch ${EPOCHS}`, 'g'))?.length, 12, entries);
  return stdout;
}

test('a file that says nothing makes no log of an epoch for its name, with a manifest and without', async (t) => {
  const root = path.join(tempDir(t), 'store');
  await storeOf(root);
  mkdirSync(path.join(root, 'wal/9'));
  writeFileSync(path.join(root, 'wal/9/wal-0.log'), 'not a log at all');
  const stdout = await mustKeepAll(t, root);
  t.regex(stdout, /misplaced: .*wal\/9\/wal-0\.log/);
  rmSync(`${root}-into`, { recursive: true });
  rmSync(path.join(root, 'MANIFEST.json'));
  await mustKeepAll(t, root);
  await storeIsSound(t, `${root}-into`);
});

/** It reads, and has no epochs of its own making. */
async function storeIsSound(t: ExecutionContext, root: string): Promise<void> {
  t.is((await commandLine(['verify', root])).exitCode, 0);
  const store = StateDirectory.openReadOnly(root);
  t.is(store.epoch, BigInt(EPOCHS));
  store.close();
}

test('a copy of a log that is kept no longer does not come back', async (t) => {
  const root = path.join(tempDir(t), 'store');
  await storeOf(root);
  cpSync(`${root}-first-log/wal-0.log`, path.join(root, 'old-copy.log'));
  cpSync(`${root}-first-log/wal-0.log`, path.join(root, 'wal/4/wal-0.log.old'));
  const stdout = await mustKeepAll(t, root);
  t.notRegex(stdout, /epoch 1 .*are read as/);
  await storeIsSound(t, `${root}-into`);
});

test('records from before the checkpoint are not taken for those of a log that is gone', async (t) => {
  const folder = tempDir(t);
  const root = path.join(folder, 'store');
  // A store that lived before this one, and has a log of the same epoch with greater numbers.
  const other = path.join(folder, 'other');
  StateDirectory.create(other, { keep: 2 });
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    const store = await StateDirectory.open(other);
    for (let key = 0; key < 50; key++) store.put(toUtf8(`key ${key % 12}`), toUtf8('of another store'));
    await store.sync();
    if (epoch < EPOCHS) await store.checkpoint();
    store.close();
  }
  await storeOf(root);
  cpSync(path.join(other, 'wal/4/wal-0.log'), path.join(root, 'found.log'));
  rmSync(path.join(root, 'wal/4/wal-0.log'));
  const into = `${root}-into`;
  t.is((await commandLine(['repair', root, '--into', into])).exitCode, 3);
  t.is((await commandLine(['get', into, 'key 0'])).stdout.trim(), `epoch ${EPOCHS - 1}`);
});

test('a file of another name goes with a folder’s segments only where it shares records with them', async (t) => {
  const folder = tempDir(t);
  const cores = path.join(folder, 'cores');
  cpSync(fixturePath('wal-cores'), cores, { recursive: true });
  const whole = readFileSync(path.join(cores, 'wal-0.log'));
  // Another life of the same core: other records of the same numbers and later times.
  const store = path.join(folder, 'store');
  StateDirectory.create(store);
  const writer = await StateDirectory.open(store);
  for (let key = 0; key < 500; key++) writer.put(toUtf8(`stranger ${key}`), toUtf8('x'));
  await writer.sync();
  writer.close();
  cpSync(path.join(store, 'wal/1/wal-0.log'), path.join(cores, 'stranger'));
  const into = path.join(folder, 'into');
  const { exitCode } = await commandLine(['repair', cores, '--into', into]);
  t.is(exitCode, 0);
  t.deepEqual(readFileSync(path.join(into, 'wal-0.log')), whole);
});

test('a folder in which one core’s segment is an old copy, without a single barrier, is told of', async (t) => {
  const folder = tempDir(t);
  const cores = path.join(folder, 'cores');
  cpSync(fixturePath('wal-cores'), cores, { recursive: true });
  t.is((await commandLine(['verify', cores])).exitCode, 0);
  const file = path.join(cores, 'wal-2.log');
  const { stdout } = await commandLine(['wal-replay', cores, '--json']);
  const barrier = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { op: string; coreId: number; offset: number })
    .find((record) => record.op === 'epochBarrier' && record.coreId === 2);
  t.truthy(barrier);
  writeFileSync(file, readFileSync(file).subarray(0, barrier!.offset));
  const verified = await commandLine(['verify', cores]);
  t.is(verified.exitCode, 3);
  t.regex(verified.stdout, /missing-barrier: .*wal-2\.log/);
  const repaired = await commandLine(['repair', cores, '--into', path.join(folder, 'into')]);
  t.is(repaired.exitCode, 3);
});

test('values go with the index whose sums they have, where two cores’ files were exchanged', async (t) => {
  const root = path.join(tempDir(t), 'store');
  StateDirectory.create(root, { cores: 2, keep: 1 });
  const store = await StateDirectory.open(root);
  for (let key = 0; key < 40; key++) store.put(toUtf8(`key ${key}`), toUtf8(`value ${key}`));
  await store.checkpoint();
  store.close();
  const [one, other] = [0, 1].map((core) => path.join(root, `checkpoints/1/state-${core}.db`));
  renameSync(one!, `${one}.x`);
  renameSync(other!, one!);
  renameSync(`${one}.x`, other!);
  const into = `${root}-into`;
  const { exitCode, stdout } = await commandLine(['repair', root, '--into', into]);
  t.is(exitCode, 0, stdout);
  t.is((await commandLine(['scan', into, '--count'])).stdout.trim(), '40');
});

test('of another store that lies within, nothing is taken, though it has more files than this one', async (t) => {
  const root = path.join(tempDir(t), 'store');
  await storeOf(root);
  const other = path.join(root, 'other');
  StateDirectory.create(other, { cores: 3 });
  const store = await StateDirectory.open(other);
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    for (let key = 0; key < 40; key++) store.put(toUtf8(`key ${key}`), toUtf8('of the other'));
    await store.checkpoint({ keep: EPOCHS });
  }
  for (let key = 0; key < 40; key++) store.put(toUtf8(`key ${key}`), toUtf8('of the other'));
  await store.sync();
  store.close();
  const log = path.join(root, 'wal/4/wal-0.log');
  renameSync(log, path.join(root, 'lost.log'));
  const stdout = await mustKeepAll(t, root);
  t.regex(stdout, /misplaced: \S+other\/MANIFEST\.json.*another store lies in this folder/);
  t.notRegex((await commandLine(['scan', `${root}-into`])).stdout, /of the other/);
});
