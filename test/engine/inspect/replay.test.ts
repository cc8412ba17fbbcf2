import { linkSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { StatelogError } from '../../../src/engine/errors.js';
import { openDestinations } from '../../../src/engine/inspect/replay/replay-destinations.js';
import { ReplayInto } from '../../../src/engine/inspect/replay/replay-into.js';
import { findLogs } from '../../../src/engine/inspect/replay/replay-logs.js';
import { Replay } from '../../../src/engine/inspect/replay/replay.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import type { WritableStore } from '../../../src/engine/store/store.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';
import { joined, records } from '../wal/segment-builder.js';

const fileSystem = realFileSystem();

test('more changes than a buffer holds reach every store, in order', async (t) => {
  const folder = tempDir(t);
  const segment = path.join(folder, 'wal-0.log');
  writeFileSync(segment, joined(...records(10_000)));
  const paths = ['a', 'b'].map((name) => path.join(folder, name));
  const stores = await openDestinations(paths, {
    fileSystem,
    sources: [segment],
    isOntoExisting: false,
    waitMs: 0,
  });
  const into = new ReplayInto(stores);
  const replay = new Replay(fileSystem, findLogs(fileSystem, segment), true);
  for (let event = replay.next(); event !== 'end'; event = replay.next()) {
    into.take(replay.segment.view);
    if (into.isFull) await into.drain();
  }
  await into.drain();
  t.deepEqual(
    into.applied,
    paths.map((one) => ({ path: one, puts: 10_000, deletes: 0 })),
  );
  for (const store of stores) {
    t.is(store.count(), 10_000);
    store.close();
  }
});

test('a store that refuses a change keeps what came before it, and the others get everything', async (t) => {
  const folder = tempDir(t);
  const segment = path.join(folder, 'wal-0.log');
  writeFileSync(segment, joined(...records(10)));
  const paths = ['a', 'b'].map((name) => path.join(folder, name));
  const [one, other] = (await openDestinations(paths, {
    fileSystem,
    sources: [segment],
    isOntoExisting: false,
    waitMs: 0,
  })) as [WritableStore, WritableStore];
  const put = one.put.bind(one);
  let left = 4;
  one.put = (key, value) => {
    if (left-- === 0) throw new StatelogError('LIMIT_EXCEEDED', 'no more');
    put(key, value);
  };
  const into = new ReplayInto([one, other]);
  const replay = new Replay(fileSystem, findLogs(fileSystem, segment), true);
  while (replay.next() === 'record') into.take(replay.segment.view);
  const error = await t.throwsAsync(into.drain(), { instanceOf: StatelogError });
  t.is(error.code, 'LIMIT_EXCEEDED');
  t.regex(error.details.safe ?? '', /4 puts and 0 deletes to .*a; 10 puts/);
  t.deepEqual([one.count(), other.count()], [4, 10]);
  one.close();
  other.close();
});

/** A store that notes what it gets, and whose syncs end when they are told to. */
function slowStore(): { store: WritableStore; keys: string[]; endSync: () => void; syncing: () => boolean } {
  const keys: string[] = [];
  let end: (() => void) | undefined;
  const store = {
    path: 'slow',
    put: (key: Uint8Array) => keys.push(Buffer.from(key).toString()),
    delete: () => true,
    sync: () =>
      new Promise<void>((resolve) => {
        end = () => {
          end = undefined;
          resolve();
        };
      }),
  } as unknown as WritableStore;
  return { store, keys, endSync: () => end?.(), syncing: () => end !== undefined };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('the slowest store sets the pace: the reader waits for its sync, and no faster one misses or repeats a change', async (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const count = 20_000;
  writeFileSync(segment, joined(...records(count)));
  const slow = slowStore();
  const fast = slowStore();
  fast.store.sync = () => Promise.resolve();
  const into = new ReplayInto([slow.store, fast.store]);
  const replay = new Replay(fileSystem, findLogs(fileSystem, segment), true);
  let taken = 0;
  let waits = 0;
  for (; replay.next() === 'record'; taken++) {
    into.take(replay.segment.view);
    if (!into.isFull) continue;
    let hasRoom = false;
    const room = into.room().then(() => (hasRoom = true));
    await nextTurn();
    // While a sync is under way the reader reads on, until as much waits again; then it waits, too.
    if (slow.keys.length < taken + 1) {
      t.false(hasRoom);
      t.is(fast.keys.length, taken + 1);
      t.true(taken + 1 - slow.keys.length <= 4_096);
      waits += 1;
      slow.endSync();
    }
    await room;
  }
  t.true(waits > 1);
  const drained = into.drain();
  for (await nextTurn(); slow.syncing(); await nextTurn()) slow.endSync();
  await drained;
  t.is(slow.keys.length, count);
  t.deepEqual(slow.keys, fast.keys);
  t.deepEqual(
    into.applied.map(({ puts }) => puts),
    [count, count],
  );
});

test('a log that its writer dropped meanwhile is no damage, one that is kept and gone is', async (t) => {
  const store = path.join(tempDir(t), 'store');
  StateDirectory.create(store, {});
  const directory = await StateDirectory.open(store);
  const checkpoint = async (key: string): Promise<void> => {
    directory.put(Buffer.from(key), Buffer.from('value'));
    await directory.sync();
    await directory.checkpoint({ keep: 2 });
  };
  for (const key of ['a', 'b']) await checkpoint(key);
  const [kept] = findLogs(fileSystem, store);
  t.is(kept!.epoch, 2n);
  await checkpoint('c');
  const dropped = new Replay(fileSystem, [kept!], true);
  t.is(dropped.next(), 'end');
  const [next] = findLogs(fileSystem, store);
  rmSync(next!.segments[0]!.path);
  const damaged = new Replay(fileSystem, [next!], true);
  t.is(damaged.next(), 'finding');
  t.like(damaged.finding, { class: 'missing-segment', file: next!.segments[0]!.path });
  t.is(damaged.next(), 'end');
  directory.close();
});

test('a destination that is the source, lies in it or holds it, or is named twice, is refused by what it is', async (t) => {
  const folder = tempDir(t);
  const at = (...names: string[]): string => path.join(folder, ...names);
  for (const name of ['store', 'other']) {
    await commandLine(['put', at(name), 'k', 'v']);
    symlinkSync(name, at(`link-to-${name}`));
  }
  const segment = at('store', 'wal', '1', 'wal-0.log');
  linkSync(segment, at('wal-0.log'));
  const cases: [source: string, destinations: string[]][] = [
    [at('store'), [at('store')]],
    [at('store'), [`${folder}//other/../store/`]],
    [at('store'), [at('link-to-store')]],
    [at('link-to-store'), [at('store')]],
    [segment, [at('link-to-store')]],
    [at('store', 'wal', '1'), [at('store')]],
    [at('store'), [at('store', 'wal', '7')]],
    [segment, [at('other'), at('link-to-other')]],
    [segment, [at('new'), at('.', 'new')]],
    [segment, [at('new', 'x'), at('other', '..', 'new', 'x')]],
  ];
  for (const [source, destinations] of cases) {
    const into = destinations.flatMap((one) => ['--into', one]);
    const before = await commandLine(['stat', at('store'), '--digest', '--json']);
    for (const flags of [[], ['--follow']]) {
      const { exitCode, stderr } = await commandLine([
        ...['wal-replay', source, ...into, '--onto-existing', '--json', ...flags],
      ]);
      t.is(exitCode, 8, stderr);
      t.like(JSON.parse(stderr), { error: { code: 'SAME_PATH' } });
    }
    t.is((await commandLine(['stat', at('store'), '--digest', '--json'])).stdout, before.stdout);
  }
  const fits = ['wal-replay', at('store'), '--into', at('other'), '--into', at('new'), '--onto-existing'];
  t.is((await commandLine(fits)).exitCode, 0);
});

test('what a store could not sync is not counted as applied', async (t) => {
  const folder = tempDir(t);
  const segment = path.join(folder, 'wal-0.log');
  writeFileSync(segment, joined(...records(10)));
  const paths = [path.join(folder, 'a')];
  const stores = await openDestinations(paths, {
    fileSystem,
    sources: [segment],
    isOntoExisting: false,
    waitMs: 0,
  });
  const [store] = stores as [WritableStore];
  store.sync = () => Promise.reject(new StatelogError('IO_FAILED', 'fdatasync failed', {}));
  const into = new ReplayInto(stores);
  const replay = new Replay(fileSystem, findLogs(fileSystem, segment), true);
  for (let event = replay.next(); event !== 'end'; event = replay.next()) into.take(replay.segment.view);
  const error = await t.throwsAsync<StatelogError>(into.drain(), { code: 'IO_FAILED' });
  t.is(error.details.safe, `applied and on disk: 0 puts and 0 deletes to ${paths[0]!}`);
  t.deepEqual(into.applied, [{ path: paths[0]!, puts: 0, deletes: 0 }]);
  store.close();
});

test('stores that were made for nothing are removed, those that were there stay', async (t) => {
  const folder = tempDir(t);
  const segment = path.join(folder, 'wal-0.log');
  writeFileSync(segment, joined(...records(3)));
  const [there, made, madeLog] = ['there', 'made', 'made.snap'].map((name) => path.join(folder, name));
  StateDirectory.create(there!);
  const paths = [there!, made!, madeLog!, path.join(segment, 'within-a-file')];
  const options = { fileSystem, sources: [], isOntoExisting: true, waitMs: 0 };
  await t.throwsAsync(openDestinations(paths, options));
  t.deepEqual(readdirSync(folder).sort(), ['there', 'wal-0.log']);
});

test('a new store that cannot take the first record is removed, one that took records stays', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'from');
  const log = path.join(folder, 'to.snap');
  const replay = (): ReturnType<typeof commandLine> => commandLine(['wal-replay', store, '--into', log]);
  await commandLine(['put', store, '--key-encoding', 'hex', 'ff', 'no UTF-8']);
  t.is((await replay()).exitCode, 8);
  t.deepEqual(readdirSync(folder), ['from']);
  rmSync(store, { recursive: true });
  await commandLine(['put', store, 'a', '1']);
  await commandLine(['put', store, '--key-encoding', 'hex', 'ff', 'no UTF-8']);
  t.is((await replay()).exitCode, 8);
  t.is((await commandLine(['get', log, 'a'])).stdout, '1');
});
