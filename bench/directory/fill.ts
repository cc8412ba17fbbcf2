import { StateDirectory } from '../../src/engine/directory/state-directory.js';
import { millisecondsAwaited } from '../frame/timing.js';

/**
 * Makes a state directory of entries, as `put --batch` does: each group is on disk before the next, and
 * checkpoints are made on the way. Returns the milliseconds that putting took, until all was durable.
 * @param groupSize default: all at once
 */
export async function fillDirectory(
  root: string,
  keys: readonly Uint8Array[],
  value: Uint8Array,
  { groupSize = keys.length, cores = 1 }: { readonly groupSize?: number; readonly cores?: number } = {},
): Promise<number> {
  StateDirectory.create(root, { cores });
  const store = await StateDirectory.open(root);
  const spent = await millisecondsAwaited(async () => {
    store.beginBatch();
    for (let start = 0; start < keys.length; start += groupSize) {
      const end = Math.min(start + groupSize, keys.length);
      for (let index = start; index < end; index++) store.put(keys[index]!, value);
      if (end < keys.length) await store.sync();
    }
    await store.endBatch();
  });
  store.close();
  return spent;
}
