import { dirname, join, resolve } from 'node:path';
import { isStatelogError, StatelogError } from '../errors.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { whereabouts } from './identities-around.js';
import { identify } from './identify.js';

/**
 * Names in a store's folder: a state directory or an artifact has at least one of them, a directory that lost
 * its manifest the second.
 */
const OWN_NAMES = ['MANIFEST.json', 'checkpoints'];

/**
 * The innermost store or snapshot in which a path lies, by its name or by where links lead; a folder of loose
 * segments is the user's.
 */
export function storeAround(fileSystem: FileSystem, path: string): string | undefined {
  const named = resolve(path);
  const led = ledTo(fileSystem, named);
  return aroundName(fileSystem, named) ?? (led === named ? undefined : aroundName(fileSystem, led));
}

/** The path without links; as it is named, where a folder on the way may not be looked at. */
function ledTo(fileSystem: FileSystem, named: string): string {
  try {
    return whereabouts(fileSystem, named).path;
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return named;
  }
}

function aroundName(fileSystem: FileSystem, path: string): string | undefined {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    if (mayBeOwn(fileSystem, folder) && isOwn(fileSystem, folder)) return folder;
  }
  return undefined;
}

/** By what every store and snapshot that is a folder has: most folders are told so without being listed. */
function mayBeOwn(fileSystem: FileSystem, folder: string): boolean {
  return OWN_NAMES.some((name) => isThere(fileSystem, join(folder, name)));
}

/**
 * True if the path exists and may be looked at: a store that nobody may look at is none that a command was
 * meant to write into.
 */
function isThere(fileSystem: FileSystem, path: string): boolean {
  try {
    return fileSystem.status(path) !== undefined;
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return false;
  }
}

/** True for whatever statelog would open, damaged or not, but for a folder of loose segments. */
export function isOwn(fileSystem: FileSystem, path: string): boolean {
  try {
    return identify(fileSystem, path).kind !== 'wal-folder';
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return error.code === 'DAMAGED' || error.code === 'UNSUPPORTED_VERSION';
  }
}

/**
 * Checks that what a user names to be made lies in no store: there it would be taken for damage, or be in the way.
 * @throws StatelogError `SAME_PATH`
 */
export function refuseWithinStore(fileSystem: FileSystem, destination: string): void {
  const store = storeAround(fileSystem, destination);
  if (store === undefined) return;
  throw new StatelogError('SAME_PATH', `the destination lies in ${store}, which statelog keeps`, {
    path: destination,
    safe: 'nothing was changed',
    hint: 'name a path outside of it',
  });
}
