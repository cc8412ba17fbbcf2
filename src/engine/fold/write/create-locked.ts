import { basename, dirname, join } from 'node:path';
import { isStatelogError, StatelogError } from '../../errors.js';
import {
  closeQuietly,
  createTemporary,
  isTemporaryNameOf,
  namedAs,
  removeQuietly,
  temporaryPath,
} from '../../storage-io/whole/atomic-write.js';
import { isWithoutLocks, lockIfLocksAre } from '../../storage-io/lock/without-locks.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { writeFully } from '../../storage-io/whole/write-fully.js';

/** A temporary file that another process takes for abandoned, before it is locked, is given up for another. */
const NAMES_MAX = 100;

/**
 * Makes a new log that is there whole and durable, or not at all; of several processes one makes it. It is locked before it
 * has its name, and stays so as long as the descriptor is open.
 * @throws StatelogError `ALREADY_EXISTS`
 */
export function createLocked(fileSystem: FileSystem, path: string, content: Uint8Array): FileDescriptor {
  for (let tries = 1; ; tries += 1) {
    try {
      return createOnce(fileSystem, path, content);
    } catch (error) {
      const isLost = isStatelogError(error, 'LOCKED') || isStatelogError(error, 'NOT_FOUND');
      if (tries >= NAMES_MAX || !isLost || fileSystem.statusFollowing(dirname(path)) === undefined)
        throw error;
    }
  }
}

/**
 * Removes what a crash left of a log that was to be made or written anew, for whoever holds the log's lock. What is locked is
 * another process's that makes the log at this moment: it finds that the name is taken.
 */
export function removeAbandonedLogs(fileSystem: FileSystem, path: string): void {
  const folder = dirname(path);
  for (const name of fileSystem.readDirectory(folder)) {
    if (isTemporaryNameOf(name, basename(path))) removeIfAbandoned(fileSystem, join(folder, name));
  }
}

function createOnce(fileSystem: FileSystem, path: string, content: Uint8Array): FileDescriptor {
  const temporary = temporaryPath(path);
  const descriptor = createTemporary(fileSystem, path, temporary);
  let isInPlace = false;
  try {
    if (!lockIfLocksAre(fileSystem, descriptor)) throw takenForAbandoned(temporary);
    writeFully(fileSystem, descriptor, content);
    fileSystem.sync(descriptor);
    fileSystem.renameExclusive(temporary, path);
    isInPlace = true;
    fileSystem.syncDirectory(dirname(path));
    return descriptor;
  } catch (error) {
    closeQuietly(fileSystem, descriptor);
    if (!isInPlace) removeQuietly(fileSystem, temporary);
    throw namedAs(path, temporary, error);
  }
}

function removeIfAbandoned(fileSystem: FileSystem, path: string): void {
  let descriptor: FileDescriptor;
  try {
    descriptor = fileSystem.openReadWrite(path, 'refuse');
  } catch (error) {
    // It has its name by now, or is none of ours.
    if (!isStatelogError(error)) throw error;
    return;
  }
  try {
    if (fileSystem.tryLock(descriptor)) removeQuietly(fileSystem, path);
  } catch (error) {
    // Without locks nobody can tell whether its maker lives: it stays.
    if (!isWithoutLocks(error)) throw error;
  } finally {
    closeQuietly(fileSystem, descriptor);
  }
}

function takenForAbandoned(path: string): StatelogError {
  return new StatelogError('LOCKED', 'another process takes the new file for abandoned', { path });
}
