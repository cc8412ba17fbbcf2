import { StateDirectory } from '../src/engine/directory/state-directory.js';
import { randomOrder, sequentialKeys, VALUE } from './frame/data.js';
import type { BenchTask, BenchTopic } from './frame/task.js';
import { keep, milliseconds, millisecondsAwaited, nsEach } from './frame/timing.js';
import { measureBulk } from './directory/bulk.js';
import { fillDirectory } from './directory/fill.js';
import { measureStall } from './directory/stall.js';

const CHANGES = 1000;
const VALUE_LENGTHS = [0, 100, 4096, 65_536];
const ROUNDS_MAX = 3;

/** The state directory: everything put together, durable. */
export const directoryTopic: BenchTopic = {
  id: 'directory',
  title: 'the state directory; keys of 14 bytes, values of 100, unless said otherwise',
  async run(task) {
    const keys = sequentialKeys(task.scale.keys);
    await measureBulk(task, keys);
    await measureOpening(task, keys);
    await measureReads(task, keys);
    await measureValues(task);
    await measureStall(task);
  },
};

async function measureOpening(task: BenchTask, keys: readonly Uint8Array[]): Promise<void> {
  const root = task.fresh('opening', 'store');
  await fillDirectory(root, keys, VALUE);
  const count = keys.length.toLocaleString('en');
  await task.measure({ id: 'open-read', title: `open for reading, ${count} keys`, unit: 'ms' }, () => {
    let store: StateDirectory | undefined;
    const spent = milliseconds(() => {
      store = StateDirectory.openReadOnly(root);
    });
    store?.close();
    return spent;
  });
  await task.measure({ id: 'open-write', title: 'open for writing', unit: 'ms' }, async () => {
    let store: StateDirectory | undefined;
    const spent = await millisecondsAwaited(async () => {
      store = await StateDirectory.open(root);
    });
    store?.close();
    return spent;
  });
  const changes = keys.slice(0, CHANGES);
  const title = `checkpoint after ${changes.length.toLocaleString('en')} changes of ${count} keys`;
  await task.measure({ id: 'checkpoint', title, unit: 'ms' }, async () => {
    const store = await StateDirectory.open(root);
    for (const key of changes) store.put(key, VALUE);
    await store.sync();
    const spent = await millisecondsAwaited(async () => {
      await store.checkpoint();
    });
    store.close();
    return spent;
  });
}

async function measureReads(task: BenchTask, keys: readonly Uint8Array[]): Promise<void> {
  const root = task.fresh('reads', 'store');
  await fillDirectory(root, keys, VALUE);
  const order = randomOrder(keys.length, keys.length);
  const store = StateDirectory.openReadOnly(root, { mapping: 'always' });
  await task.measure({ id: 'get', title: 'get, a copy, random order, from a checkpoint', unit: 'ns' }, () =>
    nsEach(order.length, () => {
      for (const index of order) keep(store.get(keys[index]!)!.length);
    }),
  );
  await task.measure({ id: 'scan', title: 'scan, copies, from a checkpoint, an entry', unit: 'ns' }, () =>
    nsEach(keys.length, () => {
      for (const { value } of store.scan()) keep(value.length);
    }),
  );
  await task.measure({ id: 'count', title: 'count, an entry', unit: 'ns' }, () =>
    nsEach(keys.length, () => {
      keep(store.count());
    }),
  );
  store.close();
}

async function measureValues(task: BenchTask): Promise<void> {
  for (const length of VALUE_LENGTHS) {
    const count = Math.min(task.scale.shapeKeys, Math.ceil((task.scale.fileMegabytes * 5e5) / (length + 50)));
    const keys = sequentialKeys(count);
    const value = new Uint8Array(length).fill(0x42);
    const title = `put, values of ${length.toLocaleString('en')} bytes, one sync at the end`;
    await task.measure(
      { id: `put-value-${length}`, title, unit: 'ns' },
      async () => (await fillDirectory(task.fresh('values', 'store'), keys, value)) * (1e6 / count),
      Math.min(ROUNDS_MAX, task.scale.rounds),
    );
  }
}
