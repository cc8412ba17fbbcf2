import { LeftDirectory } from '../directory/manifest/left-directory.js';
import { isStatelogError } from '../errors.js';
import { LeftLog } from '../fold/write/left-log.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import type { WritableStore } from '../store/store.js';

/** A store as it was when its lock was let go. */
export interface LeftStore {
  /** The change since then, as the end of a sentence; undefined where what lies at its path goes on from it. */
  change(): string | undefined;
  /** Frees what it holds open. */
  close?(): void;
}

/**
 * Takes note of a store that is locked, and on disk as it is, just before its lock is let go.
 * @throws StatelogError what the file system throws
 */
export function leaveStore(fileSystem: FileSystem, path: string, store: WritableStore): LeftStore {
  let left: LeftStore | undefined;
  try {
    left = store.kind === 'directory' ? new LeftDirectory(fileSystem, path) : new LeftLog(fileSystem, path);
    // Afterwards: so it was noted of what is held, and not of what lies there instead.
    store.checkHeld();
    return left;
  } catch (error) {
    left?.close?.();
    if (!isStatelogError(error, 'STORE_REPLACED')) throw error;
    return { change: () => 'was moved, restored or replaced' };
  }
}
