import { StatelogError } from '../errors.js';
import type { WritableStore } from '../store/store.js';
import { realFileSystem } from '../storage-io/real-file-system.js';
import type { FileSystem } from '../storage-io/file-system.js';
import { openWritable } from './open.js';

/** How stores are opened that records are applied to. */
export interface DestinationOptions {
  readonly fileSystem?: FileSystem | undefined;
  /** Whether a store that is there may be written to. */
  readonly isOntoExisting: boolean;
  /** How long to wait for a lock. */
  readonly waitMs: number;
}

/**
 * Makes or opens every destination, and locks it. Nothing is made where one of them is there and must not be.
 * @throws StatelogError `ALREADY_EXISTS`, and what `openWritable` throws; those opened are closed again
 */
export async function openDestinations(
  paths: readonly string[],
  options: DestinationOptions,
): Promise<WritableStore[]> {
  const { fileSystem = realFileSystem(), isOntoExisting, waitMs } = options;
  const existing = paths.find((path) => fileSystem.statusFollowing(path) !== undefined);
  if (existing !== undefined && !isOntoExisting) throw alreadyThere(existing);
  const stores: WritableStore[] = [];
  try {
    for (const path of paths) stores.push(await openWritable(path, { fileSystem, waitMs, create: {} }));
    return stores;
  } catch (error) {
    for (const store of stores) store.close();
    throw error;
  }
}

function alreadyThere(path: string): StatelogError {
  return new StatelogError('ALREADY_EXISTS', 'something is there already', {
    path,
    safe: 'nothing was changed',
    hint: 'choose another path, or add --onto-existing',
  });
}
