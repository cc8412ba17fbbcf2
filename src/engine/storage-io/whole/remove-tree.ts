import { join } from 'node:path';
import { isStatelogError } from '../../errors.js';
import type { FileSystem } from '../interface/file-system.js';

/**
 * Removes a folder that we made and everything in it, as far as that goes: for clearing up after a
 * failure that is reported already. Symbolic links are removed, never followed.
 */
export function removeTree(fileSystem: FileSystem, path: string): void {
  try {
    const status = fileSystem.status(path);
    if (status === undefined) return;
    if (status.kind !== 'directory') {
      fileSystem.remove(path);
      return;
    }
    removeWithin(fileSystem, path);
    fileSystem.removeDirectory(path);
  } catch (error) {
    if (!isStatelogError(error)) throw error;
  }
}

/** A folder that cannot be read may be an empty one, which can be removed all the same. */
function removeWithin(fileSystem: FileSystem, path: string): void {
  try {
    for (const name of fileSystem.readDirectory(path)) removeTree(fileSystem, join(path, name));
  } catch (error) {
    if (!isStatelogError(error)) throw error;
  }
}
