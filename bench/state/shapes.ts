import { PlaceTable } from '../../src/engine/state/backends/place-table.js';
import { MmapStateStore } from '../../src/engine/state/store/mmap-state-store.js';
import { KEY_ORDERS, keysInOrder, type KeyOrder, randomOrder, sequentialKeys } from '../frame/data.js';
import type { BenchTask } from '../frame/task.js';
import { keep, nsEach } from '../frame/timing.js';

const KEY_LENGTHS = [8, 32, 200];
const VALUE_LENGTHS = [0, 100, 4096, 65_536];
const VALUE_BYTES_MAX = 64 * 1024 * 1024;
const ROUNDS_MAX = 3;

/** Keys and values of other shapes, so that nothing is made only for the bench's own. */
export async function measureShapes(task: BenchTask): Promise<void> {
  for (const length of KEY_LENGTHS) {
    for (const order of KEY_ORDERS) await measureKeys(task, order, length);
  }
  for (const length of VALUE_LENGTHS) await measureValues(task, length);
}

async function measureKeys(task: BenchTask, order: KeyOrder, length: number): Promise<void> {
  const keys = keysInOrder(order, task.scale.shapeKeys, length);
  const lookups = randomOrder(keys.length, keys.length);
  const rounds = Math.min(ROUNDS_MAX, task.scale.rounds);
  const name = `keys of ${length} bytes, ${order}`;
  let table = new PlaceTable();
  await task.measure(
    { id: `put-${order}-${length}`, title: `put, ${name}: the index alone`, unit: 'ns' },
    () => {
      table = new PlaceTable();
      return nsEach(keys.length, () => {
        for (const key of keys) table.set(key, 0, 0);
      });
    },
    rounds,
  );
  await task.measure(
    { id: `find-${order}-${length}`, title: `get, ${name}`, unit: 'ns' },
    () =>
      nsEach(lookups.length, () => {
        for (const index of lookups) keep(table.find(keys[index]!));
      }),
    rounds,
  );
}

async function measureValues(task: BenchTask, length: number): Promise<void> {
  const { scale } = task;
  const count = Math.min(scale.shapeKeys, Math.floor(VALUE_BYTES_MAX / Math.max(1, length)));
  const keys = sequentialKeys(count);
  const lookups = randomOrder(count, count);
  const value = new Uint8Array(length).fill(0x42);
  const rounds = Math.min(ROUNDS_MAX, scale.rounds);
  const name = `values of ${length.toLocaleString('en')} bytes over a state file`;
  let store = MmapStateStore.inMemory(0);
  await task.measure(
    { id: `put-value-${length}`, title: `put, ${name}`, unit: 'ns' },
    () => {
      store.close();
      store = MmapStateStore.persistent(task.fresh('shapes', 'state.db'), 1 << 20);
      return nsEach(count, () => {
        for (const key of keys) store.put(key, value);
      });
    },
    rounds,
  );
  await task.measure(
    { id: `get-value-${length}`, title: `get, a copy, ${name}`, unit: 'ns' },
    () =>
      nsEach(count, () => {
        for (const index of lookups) keep(store.get(keys[index]!)!.length);
      }),
    rounds,
  );
  store.close();
}
