import { join } from 'node:path';
import type { FileSystem } from './file-system.js';

/** Bytes of all files below a path, a file with several names counted once; what vanishes meanwhile counts nothing. */
export function treeBytes(fileSystem: FileSystem, path: string, seen = new Set<string>()): number {
  const status = fileSystem.status(path);
  if (status?.kind === 'directory') {
    const names = fileSystem.readDirectory(path);
    return names.reduce((sum, name) => sum + treeBytes(fileSystem, join(path, name), seen), 0);
  }
  if (status?.kind !== 'file' || seen.has(status.identity)) return 0;
  seen.add(status.identity);
  return status.size;
}
