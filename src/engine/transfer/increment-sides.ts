import { toHex } from '../bytes/text/text.js';
import { StatelogError } from '../errors.js';
import { liveEpoch } from '../directory/manifest/manifest.js';
import { parseCursorText } from '../fold/format/position-text.js';
import { WatchCursor } from '../fold/format/watch-cursor.js';
import { DirectoryStore } from '../store/directory-store.js';
import { FoldStore } from '../store/fold-store.js';
import type { ReadableStore } from '../store/store.js';
import { endOfCursor, upTo } from './chain/fold-history.js';
import type { Preparing } from './export-content.js';

const EPOCH = /^(0|[1-9]\d{0,19})$/;

/** A store at two positions. */
export interface IncrementSides {
  readonly base: ReadableStore;
  readonly end: ReadableStore;
  /** The id of a state directory, in hex. */
  readonly storeId?: string | undefined;
}

/** An export that starts at a position. */
export type PreparingSince = Preparing & { readonly since: string };

/**
 * Opens a store at both positions of an increment.
 * @throws StatelogError `EPOCH_NOT_FOUND`, `CURSOR_EXPIRED` where the first is no longer kept; `NOT_REPRESENTABLE` where the second
 * is none yet, or the kind has no positions; `INVALID_ARGUMENT`
 */
export function incrementSides(preparing: PreparingSince): IncrementSides {
  const { identity, source } = preparing;
  if (identity.kind === 'directory') return checkpointSides(preparing);
  if (identity.kind === 'log') return logSides(preparing);
  throw new StatelogError(
    'NOT_REPRESENTABLE',
    'only state directories and fold logs have positions to start from',
    {
      path: source,
      safe: 'nothing was written',
      hint: 'leave out --since',
    },
  );
}

function keep<Store extends ReadableStore>({ open }: Preparing, store: Store): Store {
  open.push(() => {
    store.close();
  });
  return store;
}

/** From one checkpoint to another: only there a state directory stands still. */
function checkpointSides(preparing: PreparingSince): IncrementSides {
  const { fileSystem, source, since } = preparing;
  if (!EPOCH.test(since)) throw badPosition(source, since, 'an epoch');
  const from = BigInt(since);
  const base = keep(preparing, DirectoryStore.openReadOnly(source, { fileSystem, at: from }));
  const { manifest } = base.directory;
  if (from >= liveEpoch(manifest)) throw notClosed(source, from, preparing.at);
  const at = preparing.at ?? newestOrRefuse(preparing);
  if (at < from) throw badPosition(source, since, `an epoch up to ${at}`);
  const end = keep(preparing, DirectoryStore.openReadOnly(source, { fileSystem, at }));
  if (at >= liveEpoch(end.directory.manifest)) throw notClosed(source, at, at);
  return { base, end, storeId: toHex(manifest.storeId) };
}

/** The newest checkpoint, unless something was written since. */
function newestOrRefuse({ fileSystem, source }: PreparingSince): bigint {
  const now = DirectoryStore.openReadOnly(source, { fileSystem });
  try {
    const newest = liveEpoch(now.directory.manifest) - 1n;
    if (now.epoch > newest) throw notClosed(source, now.epoch, undefined, newest);
    return newest;
  } finally {
    now.close();
  }
}

/** From where the log first had a cursor to its end. */
function logSides(preparing: PreparingSince): IncrementSides {
  const { source, since, at } = preparing;
  const cursor = parseCursorText(since);
  if (cursor === undefined) throw badPosition(source, since, 'a cursor as stat prints it');
  if (at !== undefined) {
    throw new StatelogError('INVALID_ARGUMENT', 'only a state directory has epochs to look back to', {
      path: source,
    });
  }
  const { fileSystem } = preparing;
  const descriptor = fileSystem.openRead(source);
  try {
    const { identity, size } = fileSystem.statusOf(descriptor);
    const length = endOfCursor(preparing, descriptor, size, WatchCursor.fromBytes(cursor));
    const through = (bytes: number): FoldStore =>
      keep(preparing, FoldStore.load(source, upTo(fileSystem, source, identity, bytes)));
    return { base: through(length), end: through(size) };
  } finally {
    fileSystem.close(descriptor);
  }
}

function badPosition(path: string, since: string, wanted: string): StatelogError {
  return new StatelogError('INVALID_ARGUMENT', `--since takes ${wanted} here, not ${since}`, {
    path,
    safe: 'nothing was written',
    hint: `'statelog stat ${path}' shows where it stands`,
  });
}

function notClosed(path: string, epoch: bigint, at: bigint | undefined, newest?: bigint): StatelogError {
  const without =
    newest === undefined || at !== undefined
      ? ''
      : `, or leave out what was written since with --at ${newest}`;
  return new StatelogError(
    'NOT_REPRESENTABLE',
    `epoch ${epoch} is still open, and an increment goes from checkpoint to checkpoint`,
    {
      path,
      safe: 'nothing was written',
      hint: `close it with 'statelog checkpoint ${path}'${without}`,
    },
  );
}
