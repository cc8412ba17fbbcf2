import { openArtifact } from '../artifact/read/open-artifact.js';
import { StateDirectory } from '../directory/state-directory.js';
import { StatelogError, isStatelogError } from '../errors.js';
import { FoldStore } from '../store/fold-store.js';
import { isLogName } from '../store/log-name.js';
import { StateFileStore } from '../store/state-file-store.js';
import type { ReadableStore, WritableStore } from '../store/store.js';
import { WalStore } from '../store/wal-store.js';
import { anchoredSource } from '../storage-io/views/anchored-file-system.js';
import { namedPath } from '../storage-io/owners/named-path.js';
import { isEmptyFolder } from '../storage-io/whole/into-place.js';
import { realFileSystem } from '../storage-io/real/real-file-system.js';
import { LinesStore } from '../lines/lines-store.js';
import { danglingLink, isDanglingLink } from '../storage-io/interface/system-error.js';
import { refuseWithinStore } from './lies-in-store.js';
import { identify, nothingAt } from './identify.js';
import { readDirectoryStore, writeDirectoryStore } from './open-directory.js';
import type {
  CreateStoreOptions,
  OpenReadableOptions,
  OpenWritableOptions,
  StoreKind,
} from './open-options.js';

/** Other hands may put another thing in its place while it is opened: it is opened anew as often as this. */
const TRIES_MAX = 10;

/**
 * Opens whatever a path holds for reading: no lock, nothing written.
 * @throws StatelogError what `identify` throws; `EPOCH_NOT_FOUND`; `DAMAGED`; as `openArtifact`; `STORE_REPLACED` where other
 * hands put one thing after the other there
 */
export function openReadable(named: string, options: OpenReadableOptions = {}): ReadableStore {
  for (let tries = 1; ; tries += 1) {
    try {
      return openOnce(named, options);
    } catch (error) {
      if (!isStatelogError(error, 'STORE_REPLACED') || tries === TRIES_MAX) throw error;
    }
  }
}

function openOnce(named: string, options: OpenReadableOptions): ReadableStore {
  const { fileSystem = realFileSystem(), at } = options;
  const path = namedPath(fileSystem, named);
  const identity = identify(fileSystem, path);
  if (identity.kind === 'directory') return readDirectoryStore(path, options);
  if (at !== undefined) {
    throw new StatelogError('INVALID_ARGUMENT', 'only a state directory has epochs to look back to', {
      path,
    });
  }
  switch (identity.kind) {
    case 'log':
      return FoldStore.load(path, fileSystem);
    case 'state-file':
      return new StateFileStore(identity.path, fileSystem);
    case 'wal-segment':
    case 'wal-folder':
      return new WalStore(path, anchoredSource(fileSystem, path));
    case 'artifact-folder':
    case 'artifact-tar':
      return openArtifact(anchoredSource(fileSystem, path), path);
    case 'ndjson':
      return new LinesStore(path, fileSystem);
  }
}

/**
 * Makes an empty store.
 * @throws StatelogError `ALREADY_EXISTS`, `INVALID_ARGUMENT`; `SAME_PATH` within another store
 */
export function createStore(named: string, options: CreateStoreOptions = {}): StoreKind {
  const { fileSystem = realFileSystem(), cores } = options;
  const path = namedPath(fileSystem, named);
  const kind = options.kind ?? (isLogName(path) ? 'log' : 'directory');
  refuseWithinStore(fileSystem, path);
  if (isDanglingLink(fileSystem, path)) throw danglingLink(path, 'ALREADY_EXISTS');
  if (kind === 'directory') StateDirectory.create(path, { fileSystem, cores });
  else if (cores === undefined) FoldStore.create(path, fileSystem);
  else throw new StatelogError('INVALID_ARGUMENT', 'a fold log has no cores', { path });
  return kind;
}

/**
 * Opens a state directory or a fold log for writing, locked and recovered.
 * @throws StatelogError `LOCKED`, `DAMAGED`, `READ_ONLY`; `NOT_REPRESENTABLE` for what is only read
 */
export async function openWritable(named: string, options: OpenWritableOptions = {}): Promise<WritableStore> {
  const {
    fileSystem = realFileSystem(),
    waitMs = 0,
    largeValues,
    lossBytesMax,
    readOnce,
    onWarning,
  } = options;
  const path = namedPath(fileSystem, named);
  if (options.create !== undefined && isEmptyFolder(fileSystem, path)) {
    createUnlessThere(path, { ...options.create, kind: 'directory', fileSystem });
  }
  if (options.create !== undefined && fileSystem.statusFollowing(path) === undefined) {
    if (isDanglingLink(fileSystem, path)) throw danglingLink(path, 'NOT_FOUND');
    createUnlessThere(path, { ...options.create, fileSystem });
  }
  if (fileSystem.statusFollowing(path) === undefined) {
    throw nothingAt(fileSystem, path, `check the path; 'statelog create' makes a store`);
  }
  const { kind } = identify(fileSystem, path);
  if (kind === 'directory') return writeDirectoryStore(path, options);
  if (kind === 'log')
    return FoldStore.open(path, { fileSystem, waitMs, largeValues, lossBytesMax, readOnce, onWarning });
  throw new StatelogError('NOT_REPRESENTABLE', 'this is not a store that can be written', {
    path,
    safe: 'nothing was changed',
    hint: `run 'statelog import ${path} STORE' to make one of it`,
  });
}

/** Another process may make the same store at the same moment: either is right. */
function createUnlessThere(path: string, options: CreateStoreOptions): void {
  try {
    createStore(path, options);
  } catch (error) {
    if (!isStatelogError(error, 'ALREADY_EXISTS')) throw error;
  }
}
