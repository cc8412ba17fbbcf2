import { toHex } from '../../bytes/text/text.js';
import { historyMark } from '../../directory/read/history-mark.js';
import { readDirectory, type DirectorySnapshot } from '../../directory/read/reader.js';
import { itemsInRange, lentEntry } from '../../entry-range.js';
import { StatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import { FoldStore } from '../../store/fold-store.js';
import { WatchCursor } from '../../fold/format/watch-cursor.js';
import { identify } from '../../inspect/identify.js';
import { positionName, type IncrementPosition } from '../../lines/increment-position.js';
import type { StoredEntry } from '../../store/store.js';
import { anchoredSource } from '../../storage-io/views/anchored-file-system.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { endOfCursor, historyUpTo, type LogPart, upTo } from './fold-history.js';

/** A store as it is, or was, at one moment of its history. Close it. */
export interface Moment {
  readonly position: IncrementPosition;
  /** All entries in key order, each valid until the next is asked for. */
  readonly lentEntries: () => Iterable<StoredEntry>;
  /** The id of a state directory, in hex. */
  readonly storeId: string | undefined;
  readonly notices: readonly Finding[];
  /** The snapshot of a state directory that it is. */
  readonly snapshot?: DirectorySnapshot | undefined;
  close(): void;
}

/**
 * Opens a store as it is now.
 * @param at of a state directory: as that checkpoint has it
 * @throws StatelogError `NOT_REPRESENTABLE` for what has no positions; what opening throws
 */
export function momentNow(disk: FileSystem, path: string, at?: bigint): Moment {
  const fileSystem = anchoredSource(disk, path);
  const { kind } = identify(fileSystem, path);
  if (kind === 'directory') return momentOfSnapshot(readDirectory({ fileSystem, root: path, at }));
  if (kind !== 'log') throw noPositions(path);
  if (at !== undefined)
    throw new StatelogError('INVALID_ARGUMENT', 'only a state directory has epochs to look back to', {
      path,
    });
  return foldMoment(fileSystem, path);
}

/**
 * Opens a store as it was at a position of its own.
 * @throws StatelogError `EPOCH_NOT_FOUND`, `CURSOR_EXPIRED` where that is no longer kept; `SOURCE_MISMATCH` where its history is
 * another; `NOT_REPRESENTABLE`; what opening throws
 */
export function momentAt(disk: FileSystem, path: string, position: IncrementPosition): Moment {
  const fileSystem = anchoredSource(disk, path);
  const { kind } = identify(fileSystem, path);
  if (kind !== 'directory' && kind !== 'log') throw noPositions(path);
  if (kind !== position.kind) throw otherHistory(path, position);
  if (kind === 'log') return foldMomentAt(fileSystem, path, position);
  const { epoch = 0n, openLog } = position;
  const at = openLog === undefined ? epoch : epoch - 1n;
  const snapshot = readDirectory({ fileSystem, root: path, at, upTo: openLog?.sequences });
  const reached = positionOfSnapshot(snapshot).openLog?.sequences;
  if (String(reached) === String(openLog?.sequences)) return momentOfSnapshot(snapshot);
  snapshot.states.release();
  throw otherHistory(path, position);
}

/** The position at which a snapshot of a state directory was read. */
export function positionOfSnapshot(snapshot: DirectorySnapshot): IncrementPosition {
  const { epoch, entry, progress, segments } = snapshot;
  const isOpen = epoch > (entry?.epoch ?? 0n);
  const openLog = isOpen
    ? {
        records: segments.reduce((sum, { records }) => sum + records, 0),
        sequences: segments.map(({ nextSequence }) => nextSequence),
      }
    : undefined;
  return { kind: 'directory', epoch, ...progress, openLog, history: historyMark(snapshot) };
}

/** A snapshot of a state directory; to close it releases the snapshot. */
export function momentOfSnapshot(snapshot: DirectorySnapshot): Moment {
  return {
    position: positionOfSnapshot(snapshot),
    storeId: toHex(snapshot.manifest.storeId),
    notices: snapshot.notices,
    snapshot,
    lentEntries: () => itemsInRange(snapshot.states.cursor(), undefined, lentEntry),
    close: () => {
      snapshot.states.release();
    },
  };
}

/**
 * Opens a fold log as it was when it had so many bytes.
 * @param part default: as it is now
 */
export function foldMoment(fileSystem: FileSystem, path: string, part?: LogPart): Moment {
  const identity = part?.identity ?? fileSystem.statusFollowing(path)?.identity ?? '';
  const through = part === undefined ? fileSystem : upTo(fileSystem, path, part.identity, part.bytes);
  const store = FoldStore.load(path, through);
  const { bytes: logBytes } = store.sizes;
  const history = historyUpTo(fileSystem, path, { identity, bytes: logBytes });
  return {
    position: { kind: 'log', cursor: store.cursor, logBytes, history },
    storeId: undefined,
    notices: store.notices,
    lentEntries: () => store.lentEntries(),
    close: () => {
      store.close();
    },
  };
}

/** As it was when it ended there; where it was compacted since, from where it first has that cursor. */
function foldMomentAt(fileSystem: FileSystem, path: string, position: IncrementPosition): Moment {
  const wanted = WatchCursor.fromBytes(position.cursor ?? new Uint8Array(0));
  const descriptor = fileSystem.openRead(path);
  try {
    const { identity, size } = fileSystem.statusOf(descriptor);
    const { logBytes } = position;
    if (logBytes !== undefined && logBytes <= size) {
      const moment = foldMoment(fileSystem, path, { identity, bytes: logBytes });
      if (positionName(moment.position) === positionName(position)) return moment;
      moment.close();
    }
    const bytes = endOfCursor({ fileSystem, source: path }, descriptor, size, wanted);
    return foldMoment(fileSystem, path, { identity, bytes });
  } finally {
    fileSystem.close(descriptor);
  }
}

function noPositions(path: string): StatelogError {
  return new StatelogError(
    'NOT_REPRESENTABLE',
    'only state directories and fold logs have a history to follow',
    {
      path,
      safe: 'nothing was written',
      hint: 'export a whole snapshot of it',
    },
  );
}

function otherHistory(path: string, position: IncrementPosition): StatelogError {
  return new StatelogError(
    'SOURCE_MISMATCH',
    `the store was never at ${positionName(position)} of what was exported`,
    {
      path,
      expected: `a store that was at ${positionName(position)}`,
      safe: 'nothing was written',
      hint: 'it is another store, or was put back from a copy: export a whole snapshot of it',
    },
  );
}
