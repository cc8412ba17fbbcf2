import { readFileSync, writeFileSync } from 'node:fs';
import { AppendLogSnapshot } from '../src/engine/artifact/backends/append-log-snapshot.js';
import { KvUpdate } from '../src/engine/fold/format/update.js';
import { VersionToken } from '../src/engine/fold/format/version-token.js';
import { WatchCursor } from '../src/engine/fold/format/watch-cursor.js';
import { randomOrder, sequentialKeys, VALUE } from './frame/data.js';
import type { BenchTask, BenchTopic } from './frame/task.js';
import { keep, milliseconds, nsEach } from './frame/timing.js';

const BATCH = 1000;
const RANGES = 20;
const NEVER = Infinity;
const VALUE_LENGTHS = [0, 4096, 65_536];
const ROUNDS_MAX = 3;

/** The fold log. */
export const foldTopic: BenchTopic = {
  id: 'fold',
  title: 'the fold log; keys of 14 bytes, values of 100, unless said otherwise',
  async run(task) {
    const names = sequentialKeys(task.scale.keys).map((key) => Buffer.from(key).toString());
    const path = task.fresh('fold', 'bench.snap');
    await measureWrites(task, names);
    applyAll(path, names, VALUE, true);
    await measureOpening(task, path, names.length);
    await measureReads(task, path, names);
    await measureValues(task);
  },
};

function updatesOf(names: readonly string[], value: Uint8Array): KvUpdate[] {
  return names.map((name, index) => KvUpdate.put(name, value, VersionToken.fromU64(BigInt(index))));
}

/** Writes a new log in batches; returns nanoseconds an entry, opening and closing left out. */
function applyAll(path: string, names: readonly string[], value: Uint8Array, isSynced: boolean): number {
  const updates = updatesOf(names, value);
  const { store } = AppendLogSnapshot.open(path, NEVER);
  const spent = nsEach(names.length, () => {
    for (let start = 0; start < updates.length; start += BATCH) {
      const batch = updates.slice(start, start + BATCH);
      const cursor = WatchCursor.fromU64(BigInt(start / BATCH + 1));
      if (isSynced) store.apply(batch, cursor);
      else for (const update of batch) store.write(update);
    }
    if (!isSynced) store.checkpoint(WatchCursor.fromU64(1n));
  });
  store.close();
  return spent;
}

async function measureWrites(task: BenchTask, names: readonly string[]): Promise<void> {
  const original = { name: 'fold apply, batches of 1000' };
  const path = (): string => task.fresh('writes', 'bench.snap');
  await task.measure(
    { id: 'apply', title: 'apply, batches of 1,000, each synced (theirs are not)', unit: 'ns', original },
    () => applyAll(path(), names, VALUE, true),
  );
  await task.measure(
    { id: 'write', title: 'the same updates, one sync at the end', unit: 'ns', original },
    () => applyAll(path(), names, VALUE, false),
  );
}

/** As the originals' bench does, a log that is not compact is written each time before it is opened. */
async function measureOpening(task: BenchTask, path: string, count: number): Promise<void> {
  const raw = readFileSync(path);
  const open = (prepare: () => void): number => {
    let store: AppendLogSnapshot | undefined;
    const spent = milliseconds(() => {
      prepare();
      ({ store } = AppendLogSnapshot.open(path, NEVER));
    });
    store?.close();
    return (spent * 1e6) / count;
  };
  await task.measure(
    {
      id: 'open-raw',
      title: 'open, log not compact, an entry',
      unit: 'ns',
      original: { name: 'fold open, log not compact' },
    },
    () =>
      open(() => {
        writeFileSync(path, raw);
      }),
  );
  await task.measure(
    {
      id: 'open-compact',
      title: 'open, log compact, an entry',
      unit: 'ns',
      original: { name: 'fold open, compact log' },
    },
    () => open(() => undefined),
  );
}

async function measureReads(task: BenchTask, path: string, names: readonly string[]): Promise<void> {
  const { store } = AppendLogSnapshot.open(path, NEVER);
  const order = randomOrder(Math.min(task.scale.lookups, 10 * names.length), names.length);
  await task.measure(
    { id: 'get', title: 'get, random order', unit: 'ns', original: { name: 'fold get random' } },
    () =>
      nsEach(order.length, () => {
        for (const index of order) keep(store.get(names[index]!)!.value.length);
      }),
  );
  const prefixes = Array.from({ length: RANGES }, (_, index) => `user:${String(index * 5).padStart(8, '0')}`);
  const original = { name: 'fold range of 10' };
  await task.measure({ id: 'range', title: 'prefix of 10', unit: 'ns', original }, () =>
    nsEach(10 * prefixes.length, () => {
      for (let time = 0; time < 10; time++) for (const prefix of prefixes) keep(store.range(prefix).length);
    }),
  );
  await task.measure({ id: 'scan', title: 'all entries by cursor, an entry', unit: 'ns' }, () =>
    nsEach(names.length, () => {
      const cursor = store.entryCursor();
      for (let isOn = cursor.first(); isOn; isOn = cursor.next()) keep(cursor.value().length);
    }),
  );
  store.close();
}

async function measureValues(task: BenchTask): Promise<void> {
  const rounds = Math.min(ROUNDS_MAX, task.scale.rounds);
  for (const length of VALUE_LENGTHS) {
    const count = Math.min(task.scale.shapeKeys, Math.ceil((task.scale.fileMegabytes * 5e5) / (length + 50)));
    const names = sequentialKeys(count).map((key) => Buffer.from(key).toString());
    const value = new Uint8Array(length).fill(0x42);
    const path = task.fresh('values', 'bench.snap');
    const title = `values of ${length.toLocaleString('en')} bytes`;
    await task.measure(
      { id: `write-value-${length}`, title: `updates, ${title}, one sync at the end`, unit: 'ns' },
      () => applyAll(task.fresh('values', 'bench.snap'), names, value, false),
      rounds,
    );
    const { store } = AppendLogSnapshot.open(path, NEVER);
    await task.measure(
      { id: `get-value-${length}`, title: `get, ${title}`, unit: 'ns' },
      () =>
        nsEach(count, () => {
          for (const name of names) keep(store.get(name)!.value.length);
        }),
      rounds,
    );
    store.close();
  }
}
