import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { lockState } from '../../storage-io/lock/lock-holder.js';
import { readCloseRecord } from './closed-store.js';
import type { DirectoryLayout } from './layout.js';
import type { DirectoryManifest } from './manifest.js';
import type { ClosedSegment } from '../../wal/scan/closed-segment.js';
import type { Locked } from '../../wal/scan/scan-options.js';

/** The facts about the live log that a store's LOCK and its last clean close give. */
export interface LiveLogLock {
  /**
   * Whether a writer is at work, or may be on another host: bytes after the last whole record are then in flight. Asked only
   * where the log's bytes alone do not tell.
   */
  readonly isLocked: () => Locked;
  /** True where the last writer closed cleanly: all that it wrote was on disk then, so nothing before a good record is torn. */
  readonly wasClosed: () => boolean;
  /** How a core's segment was left by the last clean close, where that is known: read before any segment is opened. */
  readonly closedAtOf: (coreId: number) => ClosedSegment | undefined;
}

/** Asks a store about its live log; before its segments are opened, which a writer may go on with. */
export function liveLogLock(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  manifest: DirectoryManifest,
): LiveLogLock {
  const closed = readCloseRecord(fileSystem, layout, manifest);
  return {
    isLocked: () => {
      const { held, holder } = lockState(fileSystem, layout.lock);
      return held === 'unknown' && holder !== undefined ? holder : held !== 'no';
    },
    wasClosed: () => lockState(fileSystem, layout.lock).wasClosed,
    closedAtOf: (coreId) => closed?.segments[coreId],
  };
}
