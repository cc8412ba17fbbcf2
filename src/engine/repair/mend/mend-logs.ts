import type { MendScope } from '../../bytes/record-mend.js';
import type { PathIdentity } from '../../inspect/identify.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { addedCarriageReturns } from '../../storage-io/paged/line-ends.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { Mended, RepairEvent } from '../account/report.js';
import { attempt, filesUnder, identitiesOf, isSegment } from '../survey/evidence.js';
import { findMends, type LogFormat } from './log-format.js';
import type { PlacedMend } from '../../bytes/record-mend.js';
import { patchedView, type Patch } from './patches.js';

const CARRIAGE_RETURN_LINE_FEED = Uint8Array.of(0x0d, 0x0a);
const LINE_FEED = Uint8Array.of(0x0a);
const NOTHING = new Uint8Array(0);

/** The mends of one file. */
interface FileMends {
  readonly patches: readonly Patch[];
  readonly mended: readonly Mended[];
}

/**
 * Puts right what can be in the segments of what a path holds, wherever they lie in it: from then on the account reads
 * them as they were. Each is told of; nothing of the source is written.
 * @param without paths that are passed over
 */
export function* mendSegments(
  account: RepairAccount,
  { kind, path }: PathIdentity,
  without: readonly string[] = [],
): Generator<RepairEvent, void> {
  if (kind === 'wal-segment') yield* mendFiles(account, account.fileSystem, [path], 'segment');
  if (kind !== 'wal-folder' && kind !== 'directory') return;
  const paths: string[] = [];
  const { fileSystem } = account;
  const scope = { isDeep: kind === 'directory', without: identitiesOf(fileSystem, without) };
  for (const file of filesUnder(fileSystem, path, scope)) {
    if (attempt(() => isSegment(fileSystem, file.path)) === true) paths.push(file.path);
  }
  yield* mendFiles(account, fileSystem, paths, 'segment');
}

/** Mends a fold log. @param fileSystem where it is read, if it lies within another file */
export function mendFold(
  account: RepairAccount,
  path: string,
  fileSystem: FileSystem,
): Generator<RepairEvent, void> {
  return mendFiles(account, fileSystem, [path], 'fold');
}

function* mendFiles(
  account: RepairAccount,
  fileSystem: FileSystem,
  paths: readonly string[],
  format: LogFormat,
): Generator<RepairEvent, void> {
  const patches = new Map<string, readonly Patch[]>();
  for (const path of paths) {
    const found = mendsOf(fileSystem, path, format, account.mendScope);
    if (found.patches.length === 0) continue;
    patches.set(path, found.patches);
    for (const mended of found.mended) yield account.tellMended(mended);
  }
  if (patches.size > 0 || fileSystem !== account.fileSystem) {
    yield* account.readThrough(patchedView(fileSystem, patches));
  }
}

function mendsOf(fileSystem: FileSystem, path: string, format: LogFormat, scope: MendScope): FileMends {
  const offsets = scope === 'all' ? addedCarriageReturns(fileSystem, path) : [];
  const { mends, isWhole } = findMends(fileSystem, path, format, scope);
  if (isWhole) return { patches: [], mended: [] };
  if (offsets.length > 0) {
    const returns = offsets.map((offset): Patch => ({ offset, removed: 1, inserted: NOTHING }));
    const view = patchedView(fileSystem, new Map([[path, returns]])).fileSystem;
    if (findMends(view, path, format, 'length').isWhole) {
      return { patches: returns, mended: [lineEndsMended(fileSystem, path, returns)] };
    }
  }
  return { patches: mends.map(patchOf), mended: mends.map((mend) => recordMended(path, mend)) };
}

function patchOf({ offset, mend }: PlacedMend): Patch {
  return { offset: offset + mend.at, removed: mend.before.length, inserted: mend.after };
}

function recordMended(file: string, { offset, mend }: PlacedMend): Mended {
  const { kind, at, before, after, end } = mend;
  return { kind, file, offset: offset + at, before, after, record: offset, bytes: end, places: 1 };
}

function lineEndsMended(fileSystem: FileSystem, file: string, patches: readonly Patch[]): Mended {
  return {
    kind: 'line-ends',
    file,
    offset: patches[0]!.offset,
    before: CARRIAGE_RETURN_LINE_FEED,
    after: LINE_FEED,
    record: 0,
    bytes: fileSystem.statusFollowing(file)?.size ?? 0,
    places: patches.length,
  };
}
