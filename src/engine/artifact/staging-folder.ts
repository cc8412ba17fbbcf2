import { dirname, join } from 'node:path';
import { StatelogError, isStatelogError } from '../errors.js';
import { temporaryPath } from '../storage-io/atomic-write.js';
import type { FileSystem } from '../storage-io/file-system.js';

/**
 * Does work in a hidden folder beside `destination`, and removes whatever the work leaves there,
 * whether it succeeds or not.
 */
export function withStagingFolder<T>(
  fileSystem: FileSystem,
  destination: string,
  work: (folder: string) => T,
): T {
  const folder = makeStagingFolder(fileSystem, destination);
  try {
    return work(folder);
  } finally {
    removeTree(fileSystem, folder);
  }
}

/** The same for work that waits for a stream. */
export async function withStagingFolderAsync<T>(
  fileSystem: FileSystem,
  destination: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = makeStagingFolder(fileSystem, destination);
  try {
    return await work(folder);
  } finally {
    removeTree(fileSystem, folder);
  }
}

/** A hidden folder beside `destination`, for the caller to remove with `removeTree`. */
export function makeStagingFolder(fileSystem: FileSystem, destination: string): string {
  const folder = temporaryPath(destination);
  fileSystem.makeDirectory(folder);
  return folder;
}

/** Removes a folder of ours with all that is in it, as far as that goes: what stays is a leftover. */
export function removeTree(fileSystem: FileSystem, folder: string): void {
  try {
    if (fileSystem.status(folder) === undefined) return;
    for (const name of fileSystem.readDirectory(folder)) {
      const path = join(folder, name);
      if (fileSystem.status(path)?.kind === 'directory') removeTree(fileSystem, path);
      else fileSystem.remove(path);
    }
    fileSystem.removeDirectory(folder);
  } catch (error) {
    if (!isStatelogError(error)) throw error;
  }
}

/**
 * Checks that a folder may be put at a path: nothing is there, or an empty folder.
 * @throws StatelogError `ALREADY_EXISTS`
 */
export function refuseOccupiedFolder(fileSystem: FileSystem, path: string): void {
  const status = fileSystem.status(path);
  if (status === undefined) return;
  if (status.kind === 'directory' && fileSystem.readDirectory(path).length === 0) return;
  throw occupied(path);
}

/**
 * Checks that a file may be put at a path: nothing is there.
 * @throws StatelogError `ALREADY_EXISTS`
 */
export function refuseOccupiedFile(fileSystem: FileSystem, path: string): void {
  if (fileSystem.status(path) !== undefined) throw occupied(path);
}

/** Renames a finished file or folder to its place, where nothing but an empty folder may be; on disk on return. */
export function moveIntoPlace(fileSystem: FileSystem, from: string, destination: string): void {
  if (fileSystem.status(destination)?.kind === 'directory') fileSystem.removeDirectory(destination);
  fileSystem.renameExclusive(from, destination);
  fileSystem.syncDirectory(dirname(destination));
}

function occupied(path: string): StatelogError {
  return new StatelogError('ALREADY_EXISTS', `${path} exists already`, {
    path,
    hint: 'name a path where nothing is',
    safe: 'what is there was not touched',
  });
}
