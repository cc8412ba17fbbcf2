import { statfsSync } from 'node:fs';
import { commandText } from '../../bytes/text/command-hints.js';
import { isStatelogError, StatelogError } from '../../errors.js';
import type { FileSystem } from '../interface/file-system.js';

const ROOT = 0;

/**
 * Bytes that a user can still write where a path lies, by statfs: what is kept back for root counts for root alone.
 * Undefined where the file system does not tell, as some network ones do by saying that it has no blocks.
 */
export function freeBytesAt(path: string, userId: number): number | undefined {
  try {
    const { bsize, blocks, bfree, bavail } = statfsSync(path);
    return blocks === 0 ? undefined : bsize * (userId === ROOT ? bfree : bavail);
  } catch {
    // The write itself will report the fault.
    return undefined;
  }
}

/**
 * Checks before any work that so much will fit where a path lies.
 * @throws StatelogError `DISK_FULL`
 */
export function requireRoom(fileSystem: FileSystem, path: string, bytes: number): void {
  const free = fileSystem.freeBytes(path);
  if (free === undefined || free >= bytes) return;
  throw new StatelogError('DISK_FULL', `there is no room for ${bytes} bytes: ${free} are free`, {
    path,
    expected: `${bytes} bytes`,
    found: `${free} bytes`,
    safe: 'nothing was written',
    hint: 'free some, or name a place on another disk',
  });
}

/**
 * Does the part of a recovery that writes beside what is there: the copy of a torn end, and the log anew. Where the disk is too
 * full for that, the error says how much room it takes, and the way that takes none on this disk.
 * @param store its path, as the hint has it
 * @param bytesWritten how much it writes, at most; asked for where it failed
 * @throws StatelogError what `recover` throws
 */
export function recoverInRoom<T>(store: string, bytesWritten: () => number, recover: () => T): T {
  try {
    return recover();
  } catch (error) {
    if (!isStatelogError(error, 'DISK_FULL')) throw error;
    throw new StatelogError('DISK_FULL', error.message, {
      ...error.details,
      cause: error,
      safe: 'all that was acknowledged is there, and can be read',
      hint:
        `a writer begins with what the last one left, which takes ${bytesWritten()} bytes: free so many, or run ` +
        `${commandText('statelog', 'repair', store, '--into', 'NEW')}, NEW on another disk`,
    });
  }
}
