import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { lockState } from '../../storage-io/lock/lock-holder.js';
import type { DirectoryLayout } from './layout.js';
import type { Locked } from '../../wal/scan/scan-options.js';

/** What a store's LOCK says of its live log; asked only where the log's bytes alone do not tell. */
export interface LiveLogLock {
  /** Whether a writer is at work, or may be on another host: bytes after the last whole record are then in flight. */
  readonly isLocked: () => Locked;
  /** True where the last writer closed cleanly: all that it wrote was on disk then, so nothing before a good record is torn. */
  readonly wasClosed: () => boolean;
}

/** Asks the LOCK of a store about its live log. */
export function liveLogLock(fileSystem: FileSystem, layout: DirectoryLayout): LiveLogLock {
  return {
    isLocked: () => {
      const { held, holder } = lockState(fileSystem, layout.lock);
      return held === 'unknown' && holder !== undefined ? holder : held !== 'no';
    },
    wasClosed: () => lockState(fileSystem, layout.lock).wasClosed,
  };
}
