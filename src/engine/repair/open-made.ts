import type { IdentifiedKind } from '../inspect/identify.js';
import { openReadable } from '../inspect/open.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { anchoredSource } from '../storage-io/views/anchored-file-system.js';
import type { ReadableStore } from '../store/store.js';
import { WalStore } from '../store/wal-store.js';

/**
 * Opens what a repair made, for reading. What it left out of a log leaves gaps in the numbers of its records, which are no reason to
 * stop: the repair has told of them.
 * @param kind of what was repaired
 * @throws StatelogError as `openReadable`
 */
export function openMade(fileSystem: FileSystem, into: string, kind: IdentifiedKind): ReadableStore {
  return kind === 'wal-segment' || kind === 'wal-folder'
    ? new WalStore(into, anchoredSource(fileSystem, into), true)
    : openReadable(into, { fileSystem });
}
