import { join } from 'node:path';
import { isStatelogError, type StatelogError } from '../../errors.js';
import type { FileSystem } from '../interface/file-system.js';

/**
 * The names in a folder, for a caller that can do without them: none where there is no such folder, and none where it cannot
 * be listed.
 * @param onUnlisted is told why a folder that is there cannot be listed; default: it is passed over
 * @throws StatelogError `STORE_REPLACED`, and whatever else is not the system's refusal to list this folder
 */
export function namesIn(
  fileSystem: FileSystem,
  folder: string,
  onUnlisted?: (error: StatelogError) => void,
): string[] {
  try {
    return fileSystem.readDirectory(folder);
  } catch (error) {
    if (isStatelogError(error, 'NOT_FOUND') || isStatelogError(error, 'NOT_A_DIRECTORY')) return [];
    // What does not come from the system is about more than this folder: the store may be another one by now.
    if (!isStatelogError(error) || error.details.errno === undefined) throw error;
    onUnlisted?.(error);
    return [];
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
