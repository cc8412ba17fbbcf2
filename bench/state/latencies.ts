import { PlaceTable } from '../../src/engine/state/backends/place-table.js';
import { MmapStateStore } from '../../src/engine/state/store/mmap-state-store.js';
import { VALUE } from '../frame/data.js';
import type { BenchTask } from '../frame/task.js';

const ROUNDS_MAX = 3;

/** What single puts take at worst, and how much memory a key takes. */
export async function measureLatencies(task: BenchTask, keys: readonly Uint8Array[]): Promise<void> {
  const count = keys.length.toLocaleString('en');
  const rounds = Math.min(ROUNDS_MAX, task.scale.rounds);
  const worst: number[] = [];
  const slow = (store: MmapStateStore): number => {
    const spent = putTimes(store, keys);
    store.close();
    worst.push(spent.at(-1)!);
    return spent[Math.floor(spent.length * 0.9999)]!;
  };
  await task.measure(
    {
      id: 'put-p9999-memory',
      title: `put, the slowest of 10,000 (p99.99), of ${count} in memory`,
      unit: 'ms',
    },
    () => slow(MmapStateStore.inMemory(0)),
    rounds,
  );
  task.record(
    { id: 'put-worst-memory', title: 'put, the slowest of all', unit: 'ms' },
    'statelog',
    worst.splice(0).slice(-rounds),
  );
  await task.measure(
    {
      id: 'put-p9999-file',
      title: `put, the slowest of 10,000 (p99.99), of ${count} over a state file`,
      unit: 'ms',
    },
    () => slow(MmapStateStore.persistent(task.fresh('latency', 'state.db'), 1 << 20)),
    rounds,
  );
  task.record(
    { id: 'put-worst-file', title: 'put, the slowest of all', unit: 'ms' },
    'statelog',
    worst.splice(0).slice(-rounds),
  );
  await task.measure(
    {
      id: 'index-bytes',
      title: `memory of the index for each of ${count} keys, the key itself left out`,
      unit: 'bytes',
    },
    () => indexBytesEach(keys),
    rounds,
  );
}

/** Milliseconds of each put, from the fastest to the slowest. */
function putTimes(store: MmapStateStore, keys: readonly Uint8Array[]): Float64Array {
  const spent = new Float64Array(keys.length);
  for (let index = 0; index < keys.length; index++) {
    const started = performance.now();
    store.put(keys[index]!, VALUE);
    spent[index] = performance.now() - started;
  }
  return spent.sort();
}

/** What the process grows by, as V8 counts it: buffers with their room to spare, and objects. */
export function indexBytesEach(keys: readonly Uint8Array[]): number {
  const held = (): number => {
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = held();
  const table = new PlaceTable();
  for (const key of keys) table.set(key, 0, VALUE.length);
  const grown = held() - before;
  // Asked for only now, so that the table is still there when memory is.
  return (grown - table.keyBytes) / table.count;
}
