import type { FileSystem } from '../storage-io/file-system.js';
import { lockState } from '../storage-io/lock-holder.js';
import type { DirectoryLayout } from './layout.js';

/** What a store's LOCK says of its live log; asked only where the log's bytes alone do not tell. */
export interface LiveLogLock {
  /** True while a writer may be at work: bytes after the last whole record are then in flight. */
  readonly isLocked: () => boolean;
  /** True where the last writer closed cleanly: all that it wrote was on disk then, so nothing before a good record is torn. */
  readonly wasClosed: () => boolean;
}

/** Asks the LOCK of a store about its live log. */
export function liveLogLock(fileSystem: FileSystem, layout: DirectoryLayout): LiveLogLock {
  return {
    isLocked: () => lockState(fileSystem, layout.lock).held !== 'no',
    wasClosed: () => lockState(fileSystem, layout.lock).wasClosed,
  };
}
