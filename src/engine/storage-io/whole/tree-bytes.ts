import { join } from 'node:path';
import type { FileStatus, FileSystem } from '../interface/file-system.js';

/**
 * Bytes of all files below a path, a file with several names counted once; what vanishes meanwhile counts nothing.
 * The path itself may be a link, what is below it is not followed.
 */
export function treeBytes(fileSystem: FileSystem, path: string, seen = new Set<string>()): number {
  return bytesBelow(fileSystem, path, fileSystem.statusFollowing(path), seen);
}

function bytesBelow(
  fileSystem: FileSystem,
  path: string,
  status: FileStatus | undefined,
  seen: Set<string>,
): number {
  if (status?.kind === 'directory') {
    return fileSystem.readDirectory(path).reduce((sum, name) => {
      const below = join(path, name);
      return sum + bytesBelow(fileSystem, below, fileSystem.status(below), seen);
    }, 0);
  }
  if (status?.kind !== 'file' || seen.has(status.identity)) return 0;
  seen.add(status.identity);
  return status.size;
}
