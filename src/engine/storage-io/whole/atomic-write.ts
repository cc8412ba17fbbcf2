import { dirname } from 'node:path';
import { StatelogError, isStatelogError } from '../../errors.js';
import type { FileDescriptor, FileSystem } from '../interface/file-system.js';
import { systemError } from '../interface/system-error.js';
import { forgetStaged, noteStaged, temporaryPath } from './staged-paths.js';
import { writeFully } from './write-fully.js';

export { isTemporaryName, isTemporaryNameOf, temporaryPath } from './staged-paths.js';

/** The bytes of a file, or a function that writes them to a descriptor. */
export type FileContent = Uint8Array | ((descriptor: FileDescriptor) => void);

/**
 * Puts new content in a file's place so that a crash at any moment leaves the old or the new
 * whole: written beside it, synced, renamed over it, the folder synced. When it returns, the
 * new content is durable. Where it throws before the rename, the old is untouched and the
 * temporary file removed; where the folder's sync failed, either may be there after a crash,
 * and the caller must not go on as if one of them was.
 */
export function replaceFile(fileSystem: FileSystem, path: string, content: FileContent): void {
  const temporary = writeTemporaryFile(fileSystem, path, content);
  renameOrRemove(fileSystem, temporary, () => {
    fileSystem.rename(temporary, path);
  });
  fileSystem.syncDirectory(dirname(path));
}

/**
 * Makes a new file that is there whole and durable, or not at all.
 * @throws StatelogError `ALREADY_EXISTS` where something has the name; it is untouched
 */
export function createFile(fileSystem: FileSystem, path: string, content: FileContent): void {
  const temporary = temporaryPath(path);
  noteStaged(fileSystem, temporary);
  try {
    writeTo(fileSystem, temporary, path, content);
    renameOrRemove(fileSystem, temporary, () => {
      fileSystem.renameExclusive(temporary, path);
    });
  } finally {
    forgetStaged(temporary);
  }
  fileSystem.syncDirectory(dirname(path));
}

/**
 * Writes and syncs a temporary file beside `path`, and returns its path: the first half of
 * `replaceFile`, for callers that have something to do before they rename.
 */
export function writeTemporaryFile(fileSystem: FileSystem, path: string, content: FileContent): string {
  const temporary = temporaryPath(path);
  writeTo(fileSystem, temporary, path, content);
  return temporary;
}

function renameOrRemove(fileSystem: FileSystem, temporary: string, rename: () => void): void {
  try {
    rename();
  } catch (error) {
    removeQuietly(fileSystem, temporary);
    throw error;
  }
}

function writeTo(fileSystem: FileSystem, temporary: string, path: string, content: FileContent): void {
  const descriptor = createTemporary(fileSystem, path, temporary);
  let open = true;
  try {
    if (typeof content === 'function') content(descriptor);
    else writeFully(fileSystem, descriptor, content);
    fileSystem.sync(descriptor);
    open = false;
    fileSystem.close(descriptor);
  } catch (error) {
    if (open) closeQuietly(fileSystem, descriptor);
    removeQuietly(fileSystem, temporary);
    throw namedAs(path, temporary, error);
  }
}

/** Creates the temporary file that is to become the file at `path`. */
export function createTemporary(fileSystem: FileSystem, path: string, temporary: string): FileDescriptor {
  try {
    return fileSystem.createExclusive(temporary);
  } catch (error) {
    throw namedAs(path, temporary, error);
  }
}

/** A temporary name means nothing to anybody, and is gone: what failed is said of the file that was to be. */
export function namedAs(path: string, temporary: string, error: unknown): unknown {
  if (!isStatelogError(error) || error.details.path !== temporary) return error;
  return new StatelogError(error.code, error.message.replaceAll(temporary, path), {
    ...error.details,
    path,
    cause: error,
  });
}

/**
 * Makes a folder and those above it that are missing; all of them are durable when it returns.
 * The deepest one that was there already is synced into its parent as well, since whoever made it
 * may have died before doing so.
 * @throws StatelogError `NOT_A_DIRECTORY` where something else has one of the names
 */
export function createDirectoryTree(fileSystem: FileSystem, path: string): void {
  const missing: string[] = [];
  let existing = path;
  let there = fileSystem.statusFollowing(existing);
  while (there === undefined && dirname(existing) !== existing) {
    missing.unshift(existing);
    existing = dirname(existing);
    there = fileSystem.statusFollowing(existing);
  }
  if (there !== undefined && there.kind !== 'directory') throw systemError('mkdir', existing, 'ENOTDIR');
  syncExistingName(fileSystem, existing);
  for (const folder of missing) {
    try {
      fileSystem.makeDirectory(folder);
    } catch (error) {
      const madeByAnother = isStatelogError(error, 'ALREADY_EXISTS');
      if (!madeByAnother || fileSystem.statusFollowing(folder)?.kind !== 'directory') throw error;
    }
    fileSystem.syncDirectory(dirname(folder));
  }
}

/** A folder above the user's own may not be readable: then it is not ours to make durable. */
function syncExistingName(fileSystem: FileSystem, folder: string): void {
  try {
    fileSystem.syncDirectory(dirname(folder));
  } catch (error) {
    if (!isStatelogError(error, 'PERMISSION_DENIED')) throw error;
  }
}

/** Removes what failed or is no longer needed; what cannot be removed is a leftover and harmless. */
export function removeQuietly(fileSystem: FileSystem, path: string): void {
  try {
    fileSystem.remove(path);
  } catch (error) {
    if (!isStatelogError(error)) throw error;
  }
}

/** Closes after a failure that is reported already. */
export function closeQuietly(fileSystem: FileSystem, descriptor: FileDescriptor): void {
  try {
    fileSystem.close(descriptor);
  } catch (error) {
    if (!isStatelogError(error)) throw error;
  }
}
