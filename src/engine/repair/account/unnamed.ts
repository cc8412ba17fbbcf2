import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';

const BLOCK_BYTES = 64 * 1024;
const HINT = 'bring it back from a copy, if there is one';

/** Values that no index names any more: where one ends and the next begins is not told by the file. */
export function unnamedValues(file: string, offset: number, bytes: number): Finding {
  const message = `no index that fits names these ${bytes} bytes of values`;
  return { severity: 'damage', class: 'index-mismatch', file, offset, bytes, message, hint: HINT };
}

/**
 * Entries that the index counts, and that cannot be found in it any more.
 * @param entries undefined where the index no longer tells how many it had
 */
export function unnamedEntries(file: string, entries: number | undefined, holes: number): Finding {
  const places = holes === 1 ? 'one place' : `${holes} places`;
  const count = entries === undefined ? 'an unknown number of' : String(entries);
  const message = `${count} entries can no longer be named: the index cannot be read in ${places}`;
  return { severity: 'damage', class: 'index-mismatch', file, offset: 0, bytes: 0, message, hint: HINT };
}

/** How long a file is without the zeros at its end, which room that was reserved ahead leaves. */
export function usedBytes(fileSystem: FileSystem, path: string): number {
  const descriptor = fileSystem.openRead(path);
  try {
    const block = new Uint8Array(BLOCK_BYTES);
    for (let end = fileSystem.statusOf(descriptor).size; end > 0;) {
      const start = Math.max(0, end - BLOCK_BYTES);
      fileSystem.read(descriptor, block, 0, end - start, start);
      const last = block.subarray(0, end - start).findLastIndex((byte) => byte !== 0);
      if (last >= 0) return start + last + 1;
      end = start;
    }
    return 0;
  } finally {
    fileSystem.close(descriptor);
  }
}
