import { PlaceTable } from '../src/engine/state/backends/place-table.js';
import { MmapStateStore } from '../src/engine/state/store/mmap-state-store.js';
import { KeyRow, prefixesOfTen, randomOrder, sequentialKeys, VALUE } from './frame/data.js';
import type { BenchTask, BenchTopic } from './frame/task.js';
import { keep, nsEach } from './frame/timing.js';
import { measureStateFiles } from './state/files.js';
import { measureGrowth } from './state/growth.js';
import { measureLatencies } from './state/latencies.js';
import { measurePeers } from './state/peers.js';
import { scanPlaces, scanPrefixes } from './state/scans.js';
import { measureShapes } from './state/shapes.js';

const PREFIXES_MAX = 10_000;
const PUTS_ONE_BY_ONE_MAX = 20_000;
const ARENA_BYTES = 1 << 24;

/** The state store: in memory, and over its two files. */
export const stateTopic: BenchTopic = {
  id: 'state',
  title: 'the state store; keys of 14 bytes, values of 100, unless said otherwise',
  async run(task) {
    const { keysFew, keys, keysMany } = task.scale;
    await measurePuts(task, sequentialKeys(keys));
    await measureReads(task, 'few', sequentialKeys(keysFew));
    await measureReads(task, 'usual', sequentialKeys(keys));
    await measureReads(task, 'many', sequentialKeys(keysMany));
    await measureStateFiles(task, sequentialKeys(keysMany));
    await measureLatencies(task, sequentialKeys(keysMany));
    await measureShapes(task);
    await measurePeers(task, sequentialKeys(keys));
    if (task.growth) await measureGrowth(task);
  },
};

async function measurePuts(task: BenchTask, keys: readonly Uint8Array[]): Promise<void> {
  const first = keys.slice(0, PUTS_ONE_BY_ONE_MAX);
  const count = (number: number): string => number.toLocaleString('en');
  const original = { name: `state put, first ${first.length} keys` };
  await task.measure(
    {
      id: 'put-first',
      title: `put, one by one, ${count(first.length)} keys, in memory`,
      unit: 'ns',
      original,
    },
    () => putAll(MmapStateStore.inMemory(ARENA_BYTES), first),
  );
  const bulk = { name: 'state restore (bulk, no auto-compact check)' };
  await task.measure(
    {
      id: 'put-memory',
      title: `put, one by one, ${count(keys.length)} keys, in memory`,
      unit: 'ns',
      original: bulk,
    },
    () => putAll(MmapStateStore.inMemory(ARENA_BYTES), keys),
  );
  await task.measure(
    { id: 'put-file', title: 'the same over a state file, not flushed', unit: 'ns', original: bulk },
    () => putAll(MmapStateStore.persistent(task.fresh('put', 'state.db'), ARENA_BYTES), keys),
  );
}

function putAll(store: MmapStateStore, keys: readonly Uint8Array[]): number {
  const spent = nsEach(keys.length, () => {
    for (const key of keys) store.put(key, VALUE);
  });
  store.close();
  return spent;
}

async function measureReads(
  task: BenchTask,
  size: 'few' | 'usual' | 'many',
  keys: readonly Uint8Array[],
): Promise<void> {
  const order = randomOrder(Math.min(task.scale.lookups, 100 * keys.length), keys.length);
  const count = keys.length.toLocaleString('en');
  const originalOf = (name: string): { name: string; keys: number } => ({ name, keys: keys.length });
  const sought = new KeyRow(keys);
  const memory = MmapStateStore.inMemory(0);
  for (const key of keys) memory.put(key, VALUE);
  await task.measure(
    {
      id: `find-${size}`,
      title: `get, random order, ${count} keys: offset and length`,
      unit: 'ns',
      original: originalOf('state get_ref random'),
    },
    () =>
      nsEach(order.length, () => {
        for (const index of order) {
          memory.findAt(sought.bytes, sought.startOf(index), sought.keyLength);
          keep(memory.foundOffset + memory.foundLength);
        }
      }),
  );
  memory.close();
  const store = MmapStateStore.persistent(task.fresh('reads', 'state.db'), 1 << 20);
  for (const key of keys) store.put(key, VALUE);
  await task.measure(
    {
      id: `get-ref-${size}`,
      title: `the same by getRef: a view of the value`,
      unit: 'ns',
      original: originalOf('state get_ref random'),
    },
    () =>
      nsEach(order.length, () => {
        for (const index of order) keep(store.getRef(sought.take(index))!.length);
      }),
  );
  await task.measure(
    { id: `get-ref-cold-${size}`, title: 'the same, each key an object of its own', unit: 'ns' },
    () =>
      nsEach(order.length, () => {
        for (const index of order) keep(store.getRef(keys[index]!)!.length);
      }),
  );
  store.close();
  await measureScans(task, size, keys);
}

async function measureScans(
  task: BenchTask,
  size: 'few' | 'usual' | 'many',
  keys: readonly Uint8Array[],
): Promise<void> {
  const keyCount = keys.length;
  const table = new PlaceTable();
  for (const [index, key] of keys.entries()) table.set(key, index * VALUE.length, VALUE.length);
  const count = keyCount.toLocaleString('en');
  await task.measure(
    {
      id: `scan-${size}`,
      title: `scan by cursor, ${count} keys, an entry`,
      unit: 'ns',
      original: { name: 'state prefix_scan all', keys: keyCount },
    },
    () =>
      nsEach(keyCount, () => {
        keep(scanPlaces(table));
      }),
  );
  const prefixes = prefixesOfTen(PREFIXES_MAX, keyCount);
  await task.measure(
    {
      id: `prefix-${size}`,
      title: `prefix scan of 10 by cursor, ${count} keys, an entry`,
      unit: 'ns',
      original: { name: 'state prefix_scan 10 of n', keys: keyCount },
    },
    () =>
      nsEach(10 * prefixes.length, () => {
        keep(scanPrefixes(table, prefixes));
      }),
  );
}
