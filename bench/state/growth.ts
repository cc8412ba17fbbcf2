import { PlaceTable } from '../../src/engine/state/backends/place-table.js';
import { MmapStateStore } from '../../src/engine/state/store/mmap-state-store.js';
import { VALUE } from '../frame/data.js';
import type { BenchTask } from '../frame/task.js';
import { keep, nsEach } from '../frame/timing.js';
import { scanPlaces } from './scans.js';

/** How many keys. */
export const GROWTH_SIZES = [
  10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000,
] as const;
const LOOKUPS = 500_000;
const OPERATIONS_MIN = 200_000;
/** A prime, and so it has no divisor in common with any of the sizes: its multiples come to every key once. */
const STRIDE = 15_485_863;
const ROUNDS = 3;
const DIGITS_FROM = 5;

/** How the cost of each operation grows with the number of keys: in order, and in an order without any. */
export async function measureGrowth(task: BenchTask): Promise<void> {
  for (const count of GROWTH_SIZES) {
    const times = Math.max(1, Math.ceil(OPERATIONS_MIN / count));
    const put = async (order: 'ascending' | 'random', stride: number): Promise<void> => {
      const title = `put in ${order} order, ${count.toLocaleString('en')} keys`;
      await task.measure(
        { id: `growth-put-${order}-${count}`, title, unit: 'ns' },
        () => averageOf(times, () => putAll(count, stride)),
        ROUNDS,
      );
    };
    await put('ascending', 1);
    await put('random', STRIDE % count);
    await measureReads(task, count);
  }
}

async function measureReads(task: BenchTask, count: number): Promise<void> {
  const table = new PlaceTable();
  const key = firstKey();
  for (let index = 0; index < count; index++) {
    writeDigits(key, index);
    table.set(key, index, 1);
  }
  const title = `${count.toLocaleString('en')} keys`;
  await task.measure(
    { id: `growth-get-${count}`, title: `get in random order, ${title}`, unit: 'ns' },
    () =>
      nsEach(LOOKUPS, () => {
        for (let index = 0; index < LOOKUPS; index++) {
          writeDigits(key, (index * STRIDE) % count);
          keep(table.offsetOf(table.find(key)));
        }
      }),
    ROUNDS,
  );
  await task.measure(
    { id: `growth-scan-${count}`, title: `scan by cursor, ${title}, an entry`, unit: 'ns' },
    () =>
      nsEach(count, () => {
        keep(scanPlaces(table));
      }),
    ROUNDS,
  );
  const bytes = (table.keys.bytesUsed - table.keyBytes) / count;
  task.record(
    { id: `growth-bytes-${count}`, title: `bytes of the index in use for each of ${title}`, unit: 'bytes' },
    'statelog',
    [bytes],
  );
}

/** Puts all the keys into a store in memory, making each on the way. */
function putAll(count: number, stride: number): number {
  const store = MmapStateStore.inMemory(0, { autoCompact: false });
  const key = firstKey();
  const spent = nsEach(count, () => {
    for (let index = 0; index < count; index++) {
      writeDigits(key, (index * stride) % count);
      store.put(key, VALUE);
    }
  });
  store.close();
  return spent;
}

function averageOf(times: number, run: () => number): number {
  let sum = 0;
  for (let time = 0; time < times; time++) sum += run();
  return sum / times;
}

function firstKey(): Uint8Array {
  return new Uint8Array(Buffer.from('user:000000000'));
}

/** Makes the key of a number in place, in some nanoseconds: five million keys as objects would fill the heap. */
function writeDigits(key: Uint8Array, number: number): void {
  let rest = number;
  for (let at = key.length - 1; at >= DIGITS_FROM; at--) {
    const next = Math.trunc(rest / 10);
    key[at] = 0x30 + rest - 10 * next;
    rest = next;
  }
}
