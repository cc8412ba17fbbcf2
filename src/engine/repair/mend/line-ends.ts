import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { Patch } from './patches.js';

const BLOCK_BYTES = 1024 * 1024;
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;
const NOTHING = new Uint8Array(0);

/**
 * The carriage returns to take out of a file in which one stands before every line feed, as a transfer of text leaves it.
 * @returns none where a line feed stands without one, which shows that no such transfer was the last
 */
export function addedCarriageReturns(fileSystem: FileSystem, path: string): Patch[] {
  const patches: Patch[] = [];
  const block = new Uint8Array(BLOCK_BYTES);
  const descriptor = fileSystem.openRead(path);
  try {
    let last = 0;
    for (let position = 0; ;) {
      const count = fileSystem.read(descriptor, block, 0, BLOCK_BYTES, position);
      if (count === 0) return patches;
      for (let at = block.indexOf(LINE_FEED); at >= 0 && at < count; at = block.indexOf(LINE_FEED, at + 1)) {
        if ((at === 0 ? last : block[at - 1]) !== CARRIAGE_RETURN) return [];
        patches.push({ offset: position + at - 1, removed: 1, inserted: NOTHING });
      }
      last = block[count - 1]!;
      position += count;
    }
  } finally {
    closeQuietly(fileSystem, descriptor);
  }
}
