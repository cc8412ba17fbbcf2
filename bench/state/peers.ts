import { MmapStateStore } from '../../src/engine/state/store/mmap-state-store.js';
import { prefixesOfTen, randomOrder, VALUE } from '../frame/data.js';
import type { PeerStore } from '../frame/peer.js';
import type { BenchTask } from '../frame/task.js';
import { keep, nsEach, nsEachAwaited } from '../frame/timing.js';

const PREFIXES_MAX = 2000;
const ROUNDS_MAX = 5;

/** Reading as copies, beside what people use instead. Bulk writing is the directory's topic. */
export async function measurePeers(task: BenchTask, keys: readonly Uint8Array[]): Promise<void> {
  const stores: (readonly [(typeof task.peers)[number]['name'], PeerStore])[] = [];
  for (const peer of task.peers) {
    const store = await peer.open(task.fresh(peer.name, 'store'));
    await store.putAll(keys, VALUE, keys.length);
    stores.push([peer.name, store]);
  }
  const ours = MmapStateStore.persistent(task.fresh('ours', 'state.db'), 1 << 20);
  for (const key of keys) ours.put(key, VALUE);
  await comparePeers(task, keys, ours, stores);
  ours.close();
  for (const [, store] of stores) await store.close();
}

async function comparePeers(
  task: BenchTask,
  keys: readonly Uint8Array[],
  ours: MmapStateStore,
  stores: readonly (readonly [(typeof task.peers)[number]['name'], PeerStore])[],
): Promise<void> {
  const count = keys.length.toLocaleString('en');
  const rounds = Math.min(ROUNDS_MAX, task.scale.rounds);
  const order = randomOrder(keys.length, keys.length);
  const prefixes = prefixesOfTen(Math.min(PREFIXES_MAX, keys.length), keys.length);
  const sides = (mine: () => void, theirs: (store: PeerStore) => Promise<number> | number, each: number) => [
    { side: 'statelog' as const, run: () => nsEach(each, mine) },
    ...stores.map(([side, store]) => ({
      side,
      run: () =>
        nsEachAwaited(each, async () => {
          keep(await theirs(store));
        }),
    })),
  ];
  const getAll = (): void => {
    for (const index of order) keep(ours.get(keys[index]!)!.length);
  };
  const get = sides(getAll, (store) => store.getAll(keys, order), order.length);
  await task.compare(
    { id: 'get-copy', title: `get, a copy, random order, ${count} keys`, unit: 'ns' },
    get,
    rounds,
  );
  const scanAll = (): void => {
    for (const { value } of ours.scan()) keep(value.length);
  };
  const scan = sides(scanAll, (store) => store.scanAll(), keys.length);
  await task.compare(
    { id: 'scan-copy', title: 'scan, copies of keys and values, an entry', unit: 'ns' },
    scan,
    rounds,
  );
  const scanSome = (): void => {
    for (const prefix of prefixes) for (const { value } of ours.prefixScan(prefix)) keep(value.length);
  };
  const prefix = sides(scanSome, (store) => store.scanPrefixes(prefixes), 10 * prefixes.length);
  await task.compare(
    { id: 'prefix-copy', title: 'prefix scan of 10, copies, an entry', unit: 'ns' },
    prefix,
    rounds,
  );
}
