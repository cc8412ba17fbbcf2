import type { BigIntStats, Stats } from 'node:fs';
import { isStatelogError } from '../../errors.js';
import type { FileKind, FileStatus } from '../interface/file-system.js';
import { attempt } from './system-call.js';

const MODE_BITS = 0o7777;

/** The status that `lstat` or `stat` gives of a path, as `statsOrUndefined` reads it. */
export function statusOrUndefined(
  operation: string,
  path: string,
  read: (path: string, options: { bigint: true; throwIfNoEntry: false }) => BigIntStats | undefined,
): FileStatus | undefined {
  const stats = statsOrUndefined(operation, path, () => read(path, { bigint: true, throwIfNoEntry: false }));
  return stats === undefined ? undefined : toStatus(stats);
}

/** Reads the status of a path; undefined if nothing is there, also because a part of it is a file. */
export function statsOrUndefined<T>(operation: string, path: string, read: () => T): T | undefined {
  try {
    return attempt(operation, path, read);
  } catch (error) {
    if (isStatelogError(error) && error.details.errno === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Converts a status of node:fs to ours. */
export function toStatus(stats: BigIntStats): FileStatus {
  return {
    kind: kindOf(stats),
    size: Number(stats.size),
    identity: `${stats.dev}:${stats.ino}`,
    modifiedNs: stats.mtimeNs,
    changedNs: stats.ctimeNs,
    mode: Number(stats.mode) & MODE_BITS,
    owner: Number(stats.uid),
    group: Number(stats.gid),
    linkCount: Number(stats.nlink),
  };
}

/** The kind of what a status of node:fs is of. */
export function kindOf(stats: BigIntStats | Stats): FileKind {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  return stats.isSocket() ? 'socket' : 'device';
}
