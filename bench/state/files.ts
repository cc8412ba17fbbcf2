import { MmapStateStore } from '../../src/engine/state/store/mmap-state-store.js';
import { KeyRow, randomOrder, VALUE } from '../frame/data.js';
import type { BenchTask } from '../frame/task.js';
import { keep, milliseconds, nsEach } from '../frame/timing.js';

/** The two files: opening them, looking up in them as they lie, loading them, saving the index. */
export async function measureStateFiles(task: BenchTask, allKeys: readonly Uint8Array[]): Promise<void> {
  const { keys: keysUsual, keysMany } = task.scale;
  for (const keyCount of new Set([keysUsual, keysMany])) {
    const size = keyCount === keysMany && keysMany !== keysUsual ? 'many' : 'usual';
    const keys = allKeys.slice(0, keyCount);
    await measureSaving(task, size, keys);
    const path = task.fresh('files', 'state.db');
    const writer = MmapStateStore.persistent(path, 1 << 20);
    for (const key of keys) writer.put(key, VALUE);
    writer.flush();
    writer.close();
    await measureOpening(task, size, path, keys.length);
    await measureReadOnly(task, size, path, keys);
  }
}

type Size = 'usual' | 'many';

async function measureSaving(task: BenchTask, size: Size, keys: readonly Uint8Array[]): Promise<void> {
  const store = MmapStateStore.persistent(task.fresh('saving', 'state.db'), 1 << 20);
  for (const key of keys) store.put(key, VALUE);
  store.flush();
  await task.measure(
    {
      id: `save-index-${size}`,
      title: `save index, ${keys.length.toLocaleString('en')} keys, synced, a key`,
      unit: 'ns',
      original: { name: 'state save_index', keys: keys.length },
    },
    () => {
      store.put(keys[0]!, VALUE);
      return nsEach(keys.length, () => {
        store.saveIndex();
      });
    },
  );
  store.close();
}

async function measureOpening(task: BenchTask, size: Size, path: string, keyCount: number): Promise<void> {
  const count = keyCount.toLocaleString('en');
  const opened = (open: () => MmapStateStore): number => {
    let store: MmapStateStore | undefined;
    const spent = milliseconds(() => {
      store = open();
    });
    store?.close();
    return spent;
  };
  await task.measure(
    { id: `open-${size}`, title: `open for reading, mapped, ${count} keys`, unit: 'ms' },
    () => opened(() => MmapStateStore.openReadOnly(path, { mapping: 'always' })),
  );
  await task.measure(
    {
      id: `load-${size}`,
      title: `open for writing: the index loaded into memory, ${count} keys, a key`,
      unit: 'ns',
      original: { name: 'state open', keys: keyCount },
    },
    () => (opened(() => MmapStateStore.persistent(path, 0)) * 1e6) / keyCount,
  );
}

async function measureReadOnly(
  task: BenchTask,
  size: Size,
  path: string,
  keys: readonly Uint8Array[],
): Promise<void> {
  const order = randomOrder(Math.min(task.scale.lookups, 10 * keys.length), keys.length);
  const sought = new KeyRow(keys);
  const store = MmapStateStore.openReadOnly(path, { mapping: 'always' });
  // Each page is checked when it is first touched: that is not what is measured.
  for (const key of keys) keep(store.getRef(key)!.length);
  const original = { name: 'state get_ref random', keys: keys.length };
  const count = keys.length.toLocaleString('en');
  await task.measure(
    {
      id: `find-on-disk-${size}`,
      title: `get, random, through the index on disk, ${count} keys`,
      unit: 'ns',
      original,
    },
    () =>
      nsEach(order.length, () => {
        for (const index of order) {
          store.findAt(sought.bytes, sought.startOf(index), sought.keyLength);
          keep(store.foundOffset + store.foundLength);
        }
      }),
  );
  await task.measure(
    { id: `get-ref-on-disk-${size}`, title: 'the same by getRef: a view of the value', unit: 'ns', original },
    () =>
      nsEach(order.length, () => {
        for (const index of order) keep(store.getRef(sought.take(index))!.length);
      }),
  );
  store.close();
}
