import { StatelogError } from '../../../errors.js';
import { openDestinations } from '../../../inspect/replay/replay-destinations.js';
import { openWritable } from '../../../inspect/open.js';
import { realFileSystem } from '../../../storage-io/real/real-file-system.js';
import type { FileSystem } from '../../../storage-io/interface/file-system.js';
import { closeEach, closeEachQuietly } from '../../../storage-io/whole/close-each.js';
import { DirectoryStore } from '../../../store/directory-store.js';
import { FoldStore } from '../../../store/fold-store.js';
import type { WritableStore } from '../../../store/store.js';
import type { Destination } from '../destination/destination.js';
import { DestinationGroup } from '../destination/destination-group.js';
import { DirectoryDestination } from '../destination/directory-destination.js';
import { FoldDestination } from '../destination/fold-destination.js';

/** The stores that a bucket is pulled to. */
export interface PullPaths {
  readonly fileSystem?: FileSystem | undefined;
  /** The fold log; made where there is none. */
  readonly fold: string;
  /** Stores of any kind that are kept equal to the fold. */
  readonly into: readonly string[];
  readonly waitMs: number;
  readonly largeValues: boolean;
  readonly onWarning?: ((error: unknown) => void) | undefined;
}

/** The stores, opened and locked. */
export interface OpenedPull {
  readonly target: DestinationGroup;
  readonly stores: readonly WritableStore[];
  readonly close: () => void;
}

/**
 * Opens, or makes, a fold and whatever is to be kept equal to it.
 * @throws StatelogError `NOT_REPRESENTABLE` where the fold's path holds something else; what opening a store throws
 */
export async function openPull(paths: PullPaths): Promise<OpenedPull> {
  const { fileSystem = realFileSystem(), fold, into, waitMs, largeValues, onWarning } = paths;
  // An empty folder would be made a state directory of.
  if (fileSystem.statusFollowing(fold)?.kind === 'directory') throw noFold(fold);
  const opening = { fileSystem, waitMs, largeValues, readOnce: true, onWarning };
  const store = await openWritable(fold, { ...opening, create: { kind: 'log' } });
  const stores: WritableStore[] = [store];
  const close = (): void => {
    closeEach(stores);
  };
  try {
    if (!(store instanceof FoldStore)) throw noFold(fold);
    const options = { fileSystem, sources: [fold], isOntoExisting: true, largeValues, waitMs };
    stores.push(...(await openDestinations(into, options)));
    const others = stores.slice(1).map((one) => destinationOf(one, fileSystem));
    return { target: new DestinationGroup(new FoldDestination(store, fileSystem), others), stores, close };
  } catch (error) {
    closeEachQuietly(stores);
    throw error;
  }
}

function destinationOf(store: WritableStore, fileSystem: FileSystem): Destination {
  if (store instanceof FoldStore) return new FoldDestination(store, fileSystem);
  if (store instanceof DirectoryStore) return new DirectoryDestination(store);
  throw new StatelogError('INTERNAL', `no way to pull into a ${store.kind}`);
}

function noFold(path: string): StatelogError {
  return new StatelogError(
    'NOT_REPRESENTABLE',
    'a bucket is pulled to a fold log, and this is another kind of store',
    {
      path,
      safe: 'nothing was changed',
      hint: `name a fold log, and add --into ${path}`,
    },
  );
}
