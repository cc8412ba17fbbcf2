import { StatelogError } from '../../errors.js';
import type { WritableStore } from '../../store/store.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { identitiesAround } from '../identities-around.js';
import { openWritable } from '../open.js';
import { alreadyThere } from '../../storage-io/whole/already-there.js';

/** How stores are opened that records are applied to. */
export interface DestinationOptions {
  readonly fileSystem?: FileSystem | undefined;
  /** Path that the records are read from. */
  readonly source: string;
  /** Whether a store that is there may be written to. */
  readonly isOntoExisting: boolean;
  /** Let a fold log take values of 16 to 64 MiB. */
  readonly largeValues?: boolean | undefined;
  /** How long to wait for a lock. */
  readonly waitMs: number;
}

/**
 * Makes or opens every destination, and locks it. Nothing is made where one of them is there and must not be.
 * @throws StatelogError `ALREADY_EXISTS`, `SAME_PATH`, and what `openWritable` throws; those opened are closed again
 */
export async function openDestinations(
  paths: readonly string[],
  options: DestinationOptions,
): Promise<WritableStore[]> {
  const { fileSystem = realFileSystem(), source, isOntoExisting, largeValues, waitMs } = options;
  checkDifferent(fileSystem, source, paths);
  const existing = paths.find((path) => fileSystem.statusFollowing(path) !== undefined);
  if (existing !== undefined && !isOntoExisting)
    throw alreadyThere(existing, 'choose another path, or add --onto-existing');
  const stores: WritableStore[] = [];
  try {
    for (const path of paths) {
      stores.push(await openWritable(path, { fileSystem, waitMs, largeValues, create: {} }));
    }
    return stores;
  } catch (error) {
    for (const store of stores) store.close();
    throw error;
  }
}

/**
 * Paths are held against each other by what they name, whatever they are called.
 * @throws StatelogError `SAME_PATH` where two destinations are one, or one is the source, lies in it or holds it
 */
function checkDifferent(fileSystem: FileSystem, source: string, paths: readonly string[]): void {
  const around = identitiesAround(fileSystem, source);
  const seen = new Map<string, string>();
  for (const path of paths) {
    const chain = identitiesAround(fileSystem, path);
    if (around.includes(chain[0]!) || chain.includes(around[0]!)) {
      throw samePath(path, `the records would be written to where they are read: ${source}`);
    }
    const earlier = seen.get(chain[0]!);
    if (earlier !== undefined) throw samePath(path, `two destinations are one: ${earlier} and ${path}`);
    seen.set(chain[0]!, path);
  }
}

function samePath(path: string, message: string): StatelogError {
  return new StatelogError('SAME_PATH', message, {
    path,
    safe: 'nothing was changed',
    hint: 'name another destination',
  });
}
