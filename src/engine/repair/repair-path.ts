import { DirectoryLayout } from '../directory/manifest/layout.js';
import { dirname, resolve } from 'node:path';
import { isStatelogError } from '../errors.js';
import type { Finding } from '../finding.js';
import { expanded } from '../inspect/input/expanded.js';
import { ScratchFolder } from '../storage-io/whole/scratch-folder.js';
import { identify, type PathIdentity } from '../inspect/identify.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { statePathsOf } from '../state/format/state-paths.js';
import { anchoredPlace, anchoredSource, anchoredBeside } from '../storage-io/views/anchored-file-system.js';
import { lockState } from '../storage-io/lock/lock-holder.js';
import { newlyUnreadable } from '../inspect/unreadable.js';
import { readingOnFileSystem } from '../storage-io/views/reading-on-file-system.js';
import { realFileSystem } from '../storage-io/real/real-file-system.js';
import { treeBytes } from '../storage-io/whole/tree-bytes.js';
import { placeAside } from './free-place.js';
import { RepairAccount } from './account/repair-account.js';
import { repairInPlace } from './repair-in-place.js';
import type { RepairEvent, RepairSummary } from './account/report.js';
import { LostFound } from './lost-found/lost-found.js';
import { openReplica, refuseSameReplica, type OpenedReplica } from './replica/replica.js';
import { checkPlace, salvageInto, type RepairWishes } from './salvage.js';
import { openableBelow } from './unopened.js';

/** The path to repair, and the way to do it. */
export interface RepairRequest {
  readonly fileSystem?: FileSystem | undefined;
  readonly path: string;
  /** The new place; without one, the path itself is mended where cutting does it. */
  readonly into?: string | undefined;
  /** The most bytes that may be lost; default: any number. */
  readonly lossBytesMax?: number | undefined;
  /**
   * Puts damaged records of logs right where exactly one wrong bit, one wrong, lost or added byte explains all that is wrong. One
   * whose length alone is wrong is put right without it.
   */
  readonly mend?: boolean | undefined;
  /** Into a new place: a new folder for the bytes of all that is lost, with an index of them. */
  readonly lostFound?: string | undefined;
  /** Into a new place: another copy, a backup or an artifact, which fills what is missing where it proves that it is of the same. */
  readonly fromReplica?: string | undefined;
  /** Reads all, and writes nothing. */
  readonly dryRun?: boolean | undefined;
  /** The user's decisions, for a repair into a new place. */
  readonly wishes?: RepairWishes | undefined;
  /** How long to wait for a lock; default 0. */
  readonly waitMs?: number | undefined;
}

/** Identifies a path; a folder is a state directory even without its manifest. */
function identifyDamaged(fileSystem: FileSystem, path: string): PathIdentity {
  try {
    return identify(fileSystem, path);
  } catch (error) {
    if (!isStatelogError(error, 'DAMAGED') || error.details.class !== 'missing-file') throw error;
    return { kind: 'directory', path };
  }
}

/** The writer of the source, certain or possible: its changes from now on are not in the new place. */
function writerOf(
  fileSystem: FileSystem,
  { kind, path }: PathIdentity,
): Pick<RepairSummary, 'writer'> | undefined {
  if (kind !== 'directory' && kind !== 'log') return undefined;
  const lock = kind === 'log' ? fileSystem.realPath(path) : new DirectoryLayout(path).lock;
  const { held, holder } = lockState(fileSystem, lock);
  return held === 'no' ? undefined : { writer: { held, ...holder } };
}

/** The file system that reads the source, which may be another user's. */
function sourceOf(fileSystem: FileSystem, { kind, path }: PathIdentity): FileSystem {
  return kind === 'state-file' ? anchoredBeside(fileSystem, path) : anchoredSource(fileSystem, path);
}

/** The file system that makes the new place, whose folder may be another user's. */
function inPlaceOf(fileSystem: FileSystem, { kind }: PathIdentity, into: string | undefined): FileSystem {
  if (into === undefined) return fileSystem;
  return anchoredPlace(fileSystem, into, ...(kind === 'state-file' ? [statePathsOf(into).index] : []));
}

function lacksIndex(fileSystem: FileSystem, { kind, path }: PathIdentity): boolean {
  return kind === 'state-file' && fileSystem.status(statePathsOf(path).index) === undefined;
}

/** Does a repair, and keeps the bytes of what it loses where that was asked for. */
function* keepingLost(
  account: RepairAccount,
  found: PathIdentity,
  { lostFound, dryRun = false }: RepairRequest,
  steps: Generator<RepairEvent, void>,
): Generator<RepairEvent, void> {
  if (lostFound !== undefined) checkPlace(account.fileSystem, found.path, lostFound);
  if (lostFound === undefined || dryRun) {
    yield* steps;
    return;
  }
  const kept = LostFound.make(anchoredPlace(account.fileSystem, lostFound), lostFound);
  account.onLost = kept.take.bind(kept);
  try {
    yield* steps;
    kept.finish();
  } finally {
    kept.abandon();
  }
}

/**
 * Repairs what a path holds. Without a new place it cuts an unfinished last write, after copying it, and
 * refuses anything else. Into a new place it brings every good record, with the source as it is; what is
 * lost is told as it is found. A new place is there whole and verified, or not at all.
 * @throws StatelogError `DAMAGED` where cutting does not mend it; `ALREADY_EXISTS`, `LOSS_LIMIT`, `LOCKED`;
 * what opening the path throws
 */
export async function* repairPath(request: RepairRequest): AsyncGenerator<RepairEvent, RepairSummary> {
  const disk = request.fileSystem ?? realFileSystem();
  const scratch = new ScratchFolder(disk, dirname(resolve(request.into ?? request.path)));
  try {
    return yield* repairThrough(request, disk, scratch);
  } finally {
    scratch.remove();
  }
}

/** The source of a repair, and how it is named in messages. */
interface RepairSource {
  readonly found: PathIdentity;
  readonly fileSystem: FileSystem;
  readonly findings: readonly Finding[];
}

/** In place it works as a writer does: it stops where the disk fails, and writes to nothing that is compressed. */
function sourceInPlace(disk: FileSystem, path: string): RepairSource {
  const found = identifyDamaged(readingOnFileSystem(disk), path);
  return { found, fileSystem: sourceOf(disk, found), findings: [] };
}

/** Into a new place, it reads on where the disk fails, through gzip, and round what cannot be opened. */
async function sourceOfNew(view: FileSystem, path: string, scratch: ScratchFolder): Promise<RepairSource> {
  const { through, findings } = await expanded(view, path, scratch);
  const found = identifyDamaged(through(view), path);
  const openable = openableBelow(through(sourceOf(view, found)), found.path);
  return { found, fileSystem: openable.fileSystem, findings: [...findings, ...openable.findings] };
}

/** The replica of a source, and the file system in which both can be read. */
async function replicaFor(
  view: FileSystem,
  { path, fromReplica }: RepairRequest,
  scratch: ScratchFolder,
): Promise<Partial<OpenedReplica>> {
  if (fromReplica === undefined) return {};
  refuseSameReplica(view, path, fromReplica);
  const { found, fileSystem } = await sourceOfNew(view, fromReplica, scratch);
  return openReplica(fileSystem, found);
}

async function* repairThrough(
  request: RepairRequest,
  disk: FileSystem,
  scratch: ScratchFolder,
): AsyncGenerator<RepairEvent, RepairSummary> {
  const { path, into, dryRun = false, waitMs = 0, lossBytesMax, mend = false } = request;
  const view = readingOnFileSystem(disk);
  const { replica, fileSystem: withReplica = view } = await replicaFor(view, request, scratch);
  const { found, fileSystem, findings } =
    into === undefined ? sourceInPlace(disk, path) : await sourceOfNew(withReplica, path, scratch);
  const account = new RepairAccount(
    inPlaceOf(fileSystem, found, into),
    path,
    lossBytesMax,
    mend ? 'all' : 'length',
  );
  account.replica = replica;
  account.totalBytes = treeBytes(fileSystem, found.path);
  let copies: readonly string[] = [];
  if (into === undefined) copies = yield* repairInPlace(account, found, { dryRun, waitMs, lossBytesMax });
  else {
    for (const finding of findings) yield account.tellUnopened(finding);
    const options = { dryRun, wishes: request.wishes ?? {} };
    yield* keepingLost(account, found, request, salvageInto(account, found, into, options));
    for (const finding of newlyUnreadable(fileSystem)) yield account.tellUnreadable(finding);
  }
  const { keptRecords, keptBytes, lostRecords, lostBytes, gaps, torn, mended, census } = account;
  return {
    path,
    kind: found.kind,
    into: into ?? null,
    ...(into === undefined ? {} : { aside: placeAside(disk, { kind: found.kind, path }) }),
    dryRun,
    kept: { records: keptRecords, bytes: keptBytes, keys: account.keys + census.count },
    lost: {
      records: lostRecords,
      isExact: account.isLostExact,
      bytes: lostBytes,
      keys: account.lostKeyCount,
      areKeysExact: account.areKeysExact,
      unnamed: account.lostUnnamed,
      byCore: account.lostTotal.byCore(),
    },
    mended,
    ...(replica === undefined ? {} : { filled: account.filled }),
    gaps,
    torn,
    isWhole: account.isWhole,
    ...(account.mayBeOlder ? { mayBeOlder: true } : {}),
    ...(account.madeEmpty.length === 0 ? {} : { madeEmpty: account.madeEmpty }),
    keysEstimated: census.isEstimate,
    ...(into === undefined ? {} : writerOf(fileSystem, found)),
    ...(lacksIndex(disk, found) ? { lacksIndex: true } : {}),
    copies,
  };
}
