import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { realFileSystem } from '../../src/engine/storage-io/real/real-file-system.js';
import { createAsynchronousStorageIo } from '../../src/engine/storage-io/submission/create-storage-io.js';
import { type StorageIo } from '../../src/engine/storage-io/submission/storage-io.js';
import type { CoreWalWriter } from '../../src/engine/wal/write/writer.js';
import { VALUE } from '../frame/data.js';
import type { PeerStore } from '../frame/peer.js';
import type { BenchTask, Contender } from '../frame/task.js';
import { millisecondsAwaited, nsEachAwaited } from '../frame/timing.js';
import { newSegment, recordBytes } from './segment.js';

/** As many lines as `put --batch` writes in a group. */
const GROUP_RECORDS = 4096;
/** After so many appends a writer through StorageIo looks at what has ended. */
const LOOK_EVERY_RECORDS = 1024;
const GROUPS_MAX = 48;
const ONE_BY_ONE = 300;
const ROUNDS_MAX = 5;

/** What is durable: appends with syncs beside them, groups of records, and single ones. */
export async function measureCommits(task: BenchTask, keys: readonly Uint8Array[]): Promise<void> {
  const original = { name: 'wal append_put 14 B key, 100 B value (page cache)' };
  await task.measure(
    {
      id: 'append-overlapped',
      title: 'append through StorageIo, syncs overlapping, all durable',
      unit: 'ns',
      original,
    },
    async () => {
      const writer = newSegment(task);
      const storageIo = createAsynchronousStorageIo(realFileSystem());
      const spent = await nsEachAwaited(keys.length, () => appendOverlapped(writer, storageIo, keys));
      writer.abandon();
      return spent;
    },
  );
  await measureGroups(task, keys);
  await measureSingles(task, keys.slice(0, Math.min(ONE_BY_ONE, task.scale.lookups / 10)));
}

/** Goes on appending while a sync is under way, and starts the next when it has ended. */
async function appendOverlapped(
  writer: CoreWalWriter,
  storageIo: StorageIo,
  keys: readonly Uint8Array[],
): Promise<void> {
  let sinceLook = 0;
  for (const key of keys) {
    writer.appendPutViaStorageIo(key, VALUE, storageIo);
    if (++sinceLook < LOOK_EVERY_RECORDS) continue;
    sinceLook = 0;
    await new Promise(setImmediate);
    writer.checkCompletions(storageIo.pollCompletions());
    if (!writer.isSyncPending) writer.syncViaStorageIo(storageIo);
  }
  while (writer.syncedPosition < writer.position) {
    if (!writer.isSyncPending) writer.syncViaStorageIo(storageIo);
    await storageIo.waitForCompletions();
    writer.checkCompletions(storageIo.pollCompletions());
  }
}

/** Groups, each on disk before the next is written, beside a process that only writes and syncs as many bytes. */
async function measureGroups(task: BenchTask, keys: readonly Uint8Array[]): Promise<void> {
  const groupRecords = Math.min(GROUP_RECORDS, keys.length);
  const groups = Math.min(GROUPS_MAX, Math.floor(keys.length / groupRecords));
  const groupBytes = groupRecords * recordBytes(14, VALUE.length);
  const megabytes = (groups * groupBytes) / 1e6;
  const title = `durable groups of ${groupRecords.toLocaleString('en')} records`;
  const rateOf = async (work: () => Promise<void> | void): Promise<number> => {
    const spent = await millisecondsAwaited(async () => {
      await work();
    });
    return (megabytes * 1000) / spent;
  };
  const group = keys.slice(0, groupRecords);
  const ahead = (): Promise<number> => {
    const writer = newSegment(task);
    return rateOf(() => commitAhead(writer, group, groups)).finally(() => {
      writer.abandon();
    });
  };
  const direct = (): Promise<number> => {
    const writer = newSegment(task);
    return rateOf(() => {
      for (let count = 0; count < groups; count++) {
        for (const key of group) writer.appendPut(key, VALUE);
        writer.sync();
      }
    }).finally(() => {
      writer.abandon();
    });
  };
  const bare = (): Promise<number> => {
    const descriptor = openSync(task.fresh('bare', 'file'), 'wx');
    const bytes = new Uint8Array(groupBytes).fill(0x42);
    return rateOf(() => {
      for (let group = 0; group < groups; group++) {
        writeSync(descriptor, bytes);
        fdatasyncSync(descriptor);
      }
    }).finally(() => {
      closeSync(descriptor);
    });
  };
  await task.compare({ id: 'groups', title: `${title}, one encoded while one is synced`, unit: 'MB/s' }, [
    { side: 'statelog', run: ahead },
    { side: 'bare disk', run: bare },
  ]);
  await task.measure({ id: 'groups-direct', title: `${title}, one after the other`, unit: 'MB/s' }, direct);
}

/** Encodes each group while the one before is synced, and submits it when that is durable. */
async function commitAhead(
  writer: CoreWalWriter,
  keys: readonly Uint8Array[],
  groups: number,
): Promise<void> {
  const storageIo = createAsynchronousStorageIo(realFileSystem());
  const untilNext = async (): Promise<void> => {
    await storageIo.waitForCompletions();
    writer.checkCompletions(storageIo.pollCompletions());
  };
  for (let count = 0; count < groups; count++) {
    for (const key of keys) writer.appendPutViaStorageIo(key, VALUE, storageIo);
    while (writer.isSyncPending) await untilNext();
    writer.syncViaStorageIo(storageIo);
    // Once it is written, its sync is under way.
    await untilNext();
  }
  while (writer.isSyncPending) await untilNext();
}

/** One record at a time, each on disk before the next. */
async function measureSingles(task: BenchTask, keys: readonly Uint8Array[]): Promise<void> {
  const original = { name: 'wal append+sync, one at a time' };
  const stores: PeerStore[] = [];
  let round = 0;
  // A store that is given what it has may write nothing.
  const anotherValue = (): Uint8Array => new Uint8Array(VALUE.length).fill(++round);
  const ours = (): Promise<number> => {
    const writer = newSegment(task);
    const value = anotherValue();
    return nsEachAwaited(keys.length, () => {
      for (const key of keys) {
        writer.appendPut(key, value);
        writer.sync();
      }
      return Promise.resolve();
    }).finally(() => {
      writer.abandon();
    });
  };
  const contenders: Contender[] = [{ side: 'statelog', run: ours }];
  for (const peer of task.peers) {
    const store = await peer.open(task.fresh(peer.name, 'store'));
    stores.push(store);
    const run = (): Promise<number> =>
      nsEachAwaited(keys.length, async () => store.putAll(keys, anotherValue(), 1));
    contenders.push({ side: peer.name, run });
  }
  const rounds = Math.min(ROUNDS_MAX, task.scale.rounds);
  const title = 'one record at a time, each durable';
  await task.compare({ id: 'singles', title, unit: 'ns', original }, contenders, rounds);
  for (const store of stores) await store.close();
}
