import { basename, dirname } from 'node:path';
import { isStatelogError } from '../errors.js';
import { checkLoss, cutNotice, type Finding } from '../finding.js';
import { identify, type PathIdentity } from '../inspect/identify.js';
import { openReadable, openWritable } from '../inspect/open.js';
import { findLogs } from '../inspect/replay/replay-logs.js';
import { verifyPath } from '../inspect/verify/verify-path.js';
import { anchoredPlace } from '../storage-io/views/anchored-file-system.js';
import { closeQuietly } from '../storage-io/whole/atomic-write.js';
import { replacedWhileRead } from '../storage-io/owners/identity.js';
import { openLocked } from '../storage-io/lock/file-lock.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { recoverSegment } from '../wal/recover/recovery.js';
import { damageError } from '../wal/scan/scan-findings.js';
import { notToBeCut, partOfStore } from './account/refusals.js';
import type { RepairAccount } from './account/repair-account.js';
import type { RepairEvent } from './account/report.js';

/** How something is mended where it is. */
export interface InPlaceOptions {
  readonly dryRun: boolean;
  /** How long to wait for the lock. */
  readonly waitMs: number;
  /** How much may be cut; undefined: what a recovery may cut by itself. */
  readonly lossBytesMax: number | undefined;
}

/**
 * Mends what can be mended by cutting an unfinished last write, after copying it; under the lock, by
 * the code of the writer that takes over from one that died.
 * @returns the copies
 * @throws StatelogError `DAMAGED` where anything else is wrong, and `LOSS_LIMIT`: nothing was changed then;
 * `LOCKED`; `STORE_REPLACED` where it is another store by then
 */
export async function* repairInPlace(
  account: RepairAccount,
  found: PathIdentity,
  options: InPlaceOptions,
): AsyncGenerator<RepairEvent, readonly string[]> {
  const { fileSystem } = account;
  const { kind, path } = found;
  if (kind === 'wal-segment' || kind === 'wal-folder') refusePartOfStore(fileSystem, found);
  const { dryRun, lossBytesMax } = options;
  const identity = fileSystem.statusFollowing(path)?.identity;
  const findings = verifyPath(fileSystem, path, { quick: false });
  const torn: Finding[] = [];
  let step = findings.next();
  for (; step.done !== true; step = findings.next()) {
    if (step.value.isForeign) throw damageError(step.value, 'nothing was changed');
    if (step.value.severity === 'torn') torn.push(step.value);
    yield account.take(step.value);
  }
  const summary = step.value;
  if (account.gaps > 0) {
    // What is missing may lie in another store, which was here when it began.
    const isStillThere = fileSystem.statusFollowing(path)?.identity === identity;
    throw isStillThere ? notToBeCut(path, account.gaps) : replacedWhileRead(path);
  }
  checkLoss(path, torn, lossBytesMax);
  account.keptRecords = summary.records;
  account.keptBytes = summary.bytes - account.tornBytes;
  account.keys = summary.keys;
  if (kind === 'directory' || kind === 'log') {
    // A log whose header is not finished is written anew, and cannot be read before that.
    if (dryRun && kind === 'log' && summary.records === 0) return [];
    return yield* dryRun ? countStore(account, path) : recoverStore(account, path, options);
  }
  if (dryRun) return [];
  if (kind !== 'wal-segment' && kind !== 'wal-folder') return [];
  return yield* cutSegments(fileSystem, found, options);
}

/** Counts the keys that a reader finds, who leaves an unfinished last write where it is. */
function* countStore(account: RepairAccount, path: string): Generator<RepairEvent, readonly string[]> {
  const store = openReadable(path, { fileSystem: account.fileSystem });
  try {
    account.keys = store.count();
    return [];
  } finally {
    store.close();
  }
}

async function* recoverStore(
  account: RepairAccount,
  path: string,
  { waitMs, lossBytesMax }: InPlaceOptions,
): AsyncGenerator<RepairEvent, readonly string[]> {
  const store = await openWritable(path, { fileSystem: account.fileSystem, waitMs, lossBytesMax });
  try {
    account.keys = store.count();
    for (const finding of store.notices) yield { finding };
    return store.copies;
  } finally {
    store.close();
  }
}

async function* cutSegments(
  fileSystem: FileSystem,
  { path }: PathIdentity,
  { waitMs, lossBytesMax }: InPlaceOptions,
): AsyncGenerator<RepairEvent, readonly string[]> {
  const copies: string[] = [];
  for (const { path: segment, coreId } of findLogs(fileSystem, path).flatMap((log) => log.segments)) {
    const anchored = anchoredPlace(fileSystem, segment);
    const lock = await openLocked(anchored, segment, () => anchored.openReadWrite(segment), { waitMs });
    try {
      const { cut } = recoverSegment({
        fileSystem: anchored,
        path: segment,
        coreId,
        takeOver: false,
        lossBytesMax,
      });
      if (cut === undefined) continue;
      copies.push(cut.copy);
      yield { finding: cutNotice(segment, cut) };
    } finally {
      closeQuietly(anchored, lock);
    }
  }
  return copies;
}

/** A live segment is its store's to cut: the store's lock does not lie beside it. */
function refusePartOfStore(fileSystem: FileSystem, { kind, path }: PathIdentity): void {
  const folder = fileSystem.realPath(kind === 'wal-folder' ? path : dirname(path));
  if (basename(dirname(folder)) !== 'wal') return;
  const store = dirname(dirname(folder));
  try {
    if (identify(fileSystem, store).kind !== 'directory') return;
  } catch (error) {
    if (isStatelogError(error, 'UNKNOWN_FORMAT')) return;
    if (!isStatelogError(error, 'DAMAGED')) throw error;
  }
  throw partOfStore(path, store);
}
