import { join } from 'node:path';
import { isStatelogError } from '../../errors.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';

/** A folder that cannot be opened by itself: why not, and the command that helps. */
export interface StrangeFolder {
  readonly message: string;
  readonly hint: string;
}

/** The names in a folder; none where it may not be listed, or is no folder: it says nothing of the one above it then. */
export function namesIn(fileSystem: FileSystem, folder: string): string[] {
  try {
    return fileSystem.readDirectory(folder);
  } catch (error) {
    if (isStatelogError(error)) return [];
    throw error;
  }
}

/** The paths of the folders in a folder; links are not followed. @param names those that are looked at; default: all */
export function foldersIn(
  fileSystem: FileSystem,
  folder: string,
  names: readonly string[] = namesIn(fileSystem, folder),
): string[] {
  const paths = names.map((name) => join(folder, name));
  return paths.filter((path) => fileSystem.status(path)?.kind === 'directory');
}
