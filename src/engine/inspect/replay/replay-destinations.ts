import { StatelogError } from '../../errors.js';
import { removeMade } from '../../store/remove-made.js';
import type { WritableStore } from '../../store/store.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { identitiesAround } from '../identities-around.js';
import { openWritable } from '../open.js';
import { alreadyThere } from '../../storage-io/whole/already-there.js';
import { closeEachQuietly } from '../../storage-io/whole/close-each.js';

/** How stores are opened that records are applied to. */
export interface DestinationOptions {
  readonly fileSystem?: FileSystem | undefined;
  /** Paths that the records are read from. */
  readonly sources: readonly string[];
  /** Whether a store that is there may be written to. */
  readonly isOntoExisting: boolean;
  /** Let a fold log take values of 16 to 64 MiB. */
  readonly largeValues?: boolean | undefined;
  /** How long to wait for a lock. */
  readonly waitMs: number;
}

/**
 * Makes or opens every destination, and locks it. Nothing is made where one of them is there and must not be.
 * @throws StatelogError `ALREADY_EXISTS`, `SAME_PATH`, and what `openWritable` throws; those opened are closed again,
 * and those made are removed
 */
export async function openDestinations(
  paths: readonly string[],
  options: DestinationOptions,
): Promise<WritableStore[]> {
  const { fileSystem = realFileSystem(), sources, isOntoExisting, largeValues, waitMs } = options;
  checkDifferent(fileSystem, sources, paths);
  const existing = paths.find((path) => fileSystem.statusFollowing(path) !== undefined);
  if (existing !== undefined && !isOntoExisting)
    throw alreadyThere(existing, 'choose another path, or add --onto-existing');
  const missing = paths.filter((path) => fileSystem.status(path) === undefined);
  const stores: WritableStore[] = [];
  try {
    for (const path of paths) {
      stores.push(await openWritable(path, { fileSystem, waitMs, largeValues, create: {} }));
    }
    return stores;
  } catch (error) {
    closeEachQuietly(stores);
    for (const path of missing) removeMade(fileSystem, path);
    throw error;
  }
}

/**
 * Paths are held against each other by what they name, whatever they are called.
 * @throws StatelogError `SAME_PATH` where two destinations are one, or one is a source, lies in one or holds one
 */
function checkDifferent(fileSystem: FileSystem, sources: readonly string[], paths: readonly string[]): void {
  const read = sources.map((source) => ({ source, around: identitiesAround(fileSystem, source) }));
  const seen = new Map<string, string>();
  for (const path of paths) {
    const chain = identitiesAround(fileSystem, path);
    const same = read.find(({ around }) => around.includes(chain[0]!) || chain.includes(around[0]!));
    if (same !== undefined)
      throw samePath(path, `the records would be written to where they are read: ${same.source}`);
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
