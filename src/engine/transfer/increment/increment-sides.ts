import { liveEpoch } from '../../directory/manifest/manifest.js';
import { StatelogError } from '../../errors.js';
import { parseCursorText } from '../../fold/format/position-text.js';
import { checkIncrementFile, isIncrement } from '../../lines/increment-file.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { IncrementPosition } from '../../lines/increment-position.js';
import { endOf, type ChainEnd } from '../chain/increment-chain.js';
import { momentAt, momentNow, type Moment } from '../chain/moment.js';
import { refuseOtherStore } from '../chain/next-increment.js';
import type { Preparing } from '../export-content.js';

const EPOCH = /^(0|[1-9]\d{0,19})$/;

/** An export that starts at a position, or where an earlier increment ended. */
export type PreparingSince = Omit<Preparing, 'since'> & { readonly since: string | ChainEnd };

/** True of what is a position in text, and never the path of an increment. */
export function isPositionText(text: string): boolean {
  return EPOCH.test(text) || parseCursorText(text) !== undefined;
}

/**
 * The start of an increment by its text: a position as it is, or the end of an increment that lies there.
 * @throws StatelogError `NOT_REPRESENTABLE` for a file that is none; as `CheckedIncrement`
 */
export function sinceOf(fileSystem: FileSystem, text: string): string | ChainEnd {
  if (isPositionText(text) || fileSystem.statusFollowing(text)?.kind !== 'file') return text;
  const descriptor = fileSystem.openRead(text);
  try {
    if (!isIncrement(fileSystem, descriptor)) throw noIncrement(text);
    return endOf(checkIncrementFile(fileSystem, descriptor, text, () => undefined));
  } finally {
    fileSystem.close(descriptor);
  }
}

/**
 * Opens a store at the first position of an increment.
 * @throws StatelogError `EPOCH_NOT_FOUND`, `CURSOR_EXPIRED` where that is no longer kept; `SOURCE_MISMATCH` where the store is another
 */
export function incrementBase(preparing: PreparingSince): Moment {
  const { fileSystem, source, since } = preparing;
  const position = positionOf(preparing);
  const base = keep(
    preparing,
    typeof since === 'string' && position.kind === 'directory'
      ? momentNow(fileSystem, source, position.epoch)
      : momentAt(fileSystem, source, position),
  );
  if (typeof since !== 'string') refuseOtherStore(source, base.storeId, since);
  return base;
}

/**
 * Opens a store at the second position.
 * @throws StatelogError as `checkpointUpTo`; what opening throws
 */
export function incrementEndMoment(preparing: PreparingSince): Moment {
  const at = checkpointUpTo(preparing);
  return keep(preparing, momentNow(preparing.fileSystem, preparing.source, at));
}

function keep({ open }: PreparingSince, moment: Moment): Moment {
  open.push(moment);
  return moment;
}

/**
 * The checkpoint up to which an increment of a state directory goes: only from one to another it is told what it held.
 * @returns undefined for a fold log, which goes to its end
 * @throws StatelogError `NOT_REPRESENTABLE` where one of the two is none yet, or the kind has no positions; `INVALID_ARGUMENT`
 */
export function checkpointUpTo(preparing: PreparingSince): bigint | undefined {
  const { fileSystem, source, at } = preparing;
  const position = positionOf(preparing);
  if (position.kind === 'log') {
    if (at === undefined) return undefined;
    throw new StatelogError('INVALID_ARGUMENT', 'only a state directory has epochs to look back to', {
      path: source,
    });
  }
  const { epoch: from = 0n } = position;
  const now = momentNow(fileSystem, source);
  try {
    const open = now.snapshot === undefined ? 0n : liveEpoch(now.snapshot.manifest);
    if (from > open) throw badPosition(source, String(from), `an epoch up to ${open - 1n}`);
    if (position.openLog !== undefined || from === open) throw notClosed(source, from, at);
    if (at === open) throw notClosed(source, at, at);
    if (at === undefined && now.position.openLog !== undefined)
      throw notClosed(source, open, undefined, open - 1n);
    const until = at ?? open - 1n;
    if (until < from) throw badPosition(source, String(from), `an epoch up to ${until}`);
    return until;
  } finally {
    now.close();
  }
}

function positionOf({ identity, source, since }: PreparingSince): IncrementPosition {
  if (typeof since !== 'string') return since.position;
  if (identity.kind === 'directory') {
    if (!EPOCH.test(since)) throw badPosition(source, since, 'an epoch');
    return { kind: 'directory', epoch: BigInt(since) };
  }
  if (identity.kind !== 'log') throw noPositions(source);
  const cursor = parseCursorText(since);
  if (cursor === undefined) throw badPosition(source, since, 'a cursor as stat prints it');
  return { kind: 'log', cursor };
}

function noIncrement(path: string): StatelogError {
  return new StatelogError(
    'NOT_REPRESENTABLE',
    'only an increment says where the next one starts, and this is none',
    {
      path,
      safe: 'nothing was written',
      hint: "name the epoch or the cursor of that export, as its report and 'statelog stat' say it: --since EPOCH|CURSOR",
    },
  );
}

function noPositions(path: string): StatelogError {
  return new StatelogError(
    'NOT_REPRESENTABLE',
    'only state directories and fold logs have positions to start from',
    {
      path,
      safe: 'nothing was written',
      hint: 'leave out --since',
    },
  );
}

function badPosition(path: string, since: string, wanted: string): StatelogError {
  return new StatelogError('INVALID_ARGUMENT', `--since takes ${wanted} here, not ${since}`, {
    path,
    safe: 'nothing was written',
    hint: `'statelog stat ${path}' shows where it stands; it may also be the file of an earlier increment`,
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
