import type { FileSystem } from '../interface/file-system.js';
import { closeQuietly } from '../whole/atomic-write.js';

const BLOCK_BYTES = 1024 * 1024;
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;
/** A log of a gibibyte has about so many. Each that is taken out costs memory. */
const LINE_ENDS_MAX = 4 * 1024 * 1024;

/**
 * The offsets of the carriage returns to take out of a file in which one stands before every line feed, as a transfer of text leaves it.
 * @returns none where a line feed stands without one, which shows that no such transfer was the last; none of more than four million
 */
export function addedCarriageReturns(fileSystem: FileSystem, path: string): number[] {
  const offsets: number[] = [];
  const areAll = standBeforeLineFeeds(fileSystem, path, (offset) => offsets.push(offset) < LINE_ENDS_MAX);
  return areAll ? offsets : [];
}

/** Whether a carriage return stands before every line feed of a file, of which there are at least `countMin`. Keeps no offsets. */
export function hasAddedCarriageReturns(fileSystem: FileSystem, path: string, countMin: number): boolean {
  let count = 0;
  const areAll = standBeforeLineFeeds(fileSystem, path, () => ++count < LINE_ENDS_MAX);
  return areAll && count >= countMin;
}

/** @returns false at the first line feed that stands without a carriage return, or that `take` does not want */
function standBeforeLineFeeds(
  fileSystem: FileSystem,
  path: string,
  take: (offset: number) => boolean,
): boolean {
  const block = new Uint8Array(BLOCK_BYTES);
  const descriptor = fileSystem.openRead(path);
  try {
    let last = 0;
    for (let position = 0; ;) {
      const count = fileSystem.read(descriptor, block, 0, BLOCK_BYTES, position);
      if (count === 0) return true;
      for (let at = block.indexOf(LINE_FEED); at >= 0 && at < count; at = block.indexOf(LINE_FEED, at + 1)) {
        if ((at === 0 ? last : block[at - 1]) !== CARRIAGE_RETURN) return false;
        if (!take(position + at - 1)) return false;
      }
      last = block[count - 1]!;
      position += count;
    }
  } finally {
    closeQuietly(fileSystem, descriptor);
  }
}
