import { statfsSync } from 'node:fs';
import { StatelogError } from '../../errors.js';
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
