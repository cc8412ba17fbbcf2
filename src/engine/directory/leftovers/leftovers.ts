import path from 'node:path';
import { verifyHint } from '../../bytes/text/command-hints.js';
import { StatelogError, isStatelogError } from '../../errors.js';
import { isTemporaryName, removeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { namesIn } from '../../storage-io/views/names-in.js';
import { holdsOtherChanges } from './copied-log.js';
import { epochOfName, isSegmentName, isStateFileName, type DirectoryLayout } from '../manifest/layout.js';
import { liveEpoch, type DirectoryManifest } from '../manifest/manifest.js';
import { isLaterCheckpoint } from './later-checkpoint.js';
import { isOtherSegment } from './own-segment.js';

/** A folder that the manifest does not reach. */
export interface Leftover {
  readonly kind: 'checkpoint' | 'wal' | 'temporary';
  readonly path: string;
  /**
   * True where the manifest is older than it: a log of an epoch that is yet to come and holds changes that the live log does not
   * hold, or, in a store that was closed cleanly, a checkpoint that was published since. One that was nearly made leaves a log
   * that holds copies of the live log's.
   */
  readonly isNewer: boolean;
  /** Why the folder, or one in it, cannot be looked into: nobody can tell what it holds. */
  readonly unlisted?: StatelogError;
}

/** The answer of a writer that looks itself: what it makes is unpublished, and it refused to start beside anything newer. */
export const notClosed = (): boolean => false;

/**
 * Finds the remains of a crash in a state directory: checkpoints that were not published or are no longer
 * kept, logs of epochs that are folded and gone or were prepared and not begun, temporary files.
 * @param wasClosed whether the last writer closed cleanly: if not, a checkpoint that is not published is a leftover of it
 */
export function findLeftovers(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  manifest: DirectoryManifest,
  wasClosed: () => boolean,
): Leftover[] {
  const kept = new Set(manifest.checkpoints.map(({ epoch }) => epoch));
  const oldest = manifest.checkpoints[0]?.epoch ?? 0n;
  const live = liveEpoch(manifest);
  const found: Leftover[] = [];
  const unlisted =
    (kind: Leftover['kind'], folder: string) =>
    (error: StatelogError): void => {
      found.push({ kind, path: folder, isNewer: false, unlisted: error });
    };
  const { checkpoints, wal } = layout;
  for (const [epoch, folder] of epochFolders(fileSystem, checkpoints, unlisted('checkpoint', checkpoints))) {
    if (kept.has(epoch)) continue;
    try {
      // Asked last: a writer may have begun meanwhile.
      const isNewer = isLaterCheckpoint(fileSystem, layout, manifest, epoch) && wasClosed();
      found.push({ kind: 'checkpoint', path: folder, isNewer });
    } catch (error) {
      if (!isStatelogError(error, 'PERMISSION_DENIED')) throw error;
      unlisted('checkpoint', folder)(error);
    }
  }
  for (const [epoch, folder] of epochFolders(fileSystem, wal, unlisted('wal', wal))) {
    if (epoch > oldest && epoch <= live) continue;
    found.push({
      kind: 'wal',
      path: folder,
      ...(epoch > live
        ? laterLog(fileSystem, folder, epoch === live + 1n ? layout.walOf(live) : undefined)
        : { isNewer: false }),
    });
  }
  for (const folder of [layout.root, layout.walOf(live)]) {
    for (const name of namesIn(fileSystem, folder).filter(isTemporaryName)) {
      found.push({ kind: 'temporary', path: path.join(folder, name), isNewer: false });
    }
  }
  return found;
}

/**
 * Removes leftovers, as far as their names are ours and no segment shows that it is another store's; what is not ours
 * stays. Nothing needs to be synced: what comes back after a power cut is removed again.
 * @param manifest the checkpoints in it, of which some may be gone, say what the logs that they closed held
 * @throws StatelogError `DAMAGED` (class `misplaced-epoch`), before anything is removed, where a log
 * holds changes that the manifest does not know of, or a checkpoint is newer than it; `PERMISSION_DENIED` or `IO_FAILED` where
 * nobody can tell
 */
export function removeLeftovers(
  fileSystem: FileSystem,
  leftovers: readonly Leftover[],
  manifest: DirectoryManifest,
): void {
  const untold = leftovers.find(({ unlisted }) => unlisted !== undefined)?.unlisted;
  if (untold !== undefined) throw untold;
  const newer = leftovers.find(({ isNewer }) => isNewer);
  if (newer !== undefined) {
    const isLog = newer.kind === 'wal';
    const what = isLog
      ? 'the log of an epoch that the manifest does not know holds changes'
      : 'a checkpoint that the manifest does not know is newer than it';
    throw new StatelogError('DAMAGED', what, {
      path: newer.path,
      class: 'misplaced-epoch',
      safe: 'nothing was changed',
      hint: `the manifest is older than the ${isLog ? 'log' : 'checkpoint'}: ${verifyHint(path.dirname(path.dirname(newer.path)))}`,
    });
  }
  for (const { kind, path: leftover } of leftovers) {
    if (kind === 'temporary') removeQuietly(fileSystem, leftover);
    else if (kind === 'checkpoint') removeFolder(fileSystem, leftover, isStateFileName);
    else removeFolder(fileSystem, leftover, segmentsOf(fileSystem, leftover, manifest));
  }
}

/** Tells a store's own segments, in one folder of its log, from another's. */
function segmentsOf(
  fileSystem: FileSystem,
  folder: string,
  manifest: DirectoryManifest,
): (name: string) => boolean {
  const epoch = BigInt(path.basename(folder));
  return (name) =>
    isSegmentName(name) &&
    !isOtherSegment(fileSystem, { path: path.join(folder, name), name, epoch }, manifest);
}

function removeFolder(fileSystem: FileSystem, folder: string, isOurs: (name: string) => boolean): void {
  const names = namesIn(fileSystem, folder);
  for (const name of names.filter((one) => isOurs(one) || isTemporaryName(one))) {
    removeQuietly(fileSystem, path.join(folder, name));
  }
  try {
    fileSystem.removeDirectory(folder);
  } catch (error) {
    // It holds something that is not ours: that stays.
    if (!isStatelogError(error)) throw error;
  }
}

/** @param copiedFrom the folder of the live log, where the folder may be the next one, of a checkpoint that was nearly made */
function laterLog(
  fileSystem: FileSystem,
  folder: string,
  copiedFrom: string | undefined,
): Pick<Leftover, 'isNewer' | 'unlisted'> {
  let unlisted: StatelogError | undefined;
  const names = namesIn(fileSystem, folder, (error) => (unlisted = error));
  if (unlisted !== undefined) return { isNewer: false, unlisted };
  const isNewer = names.filter(isSegmentName).some((name) => {
    const original = copiedFrom === undefined ? undefined : path.join(copiedFrom, name);
    return holdsOtherChanges(fileSystem, path.join(folder, name), original);
  });
  return { isNewer };
}

function epochFolders(
  fileSystem: FileSystem,
  folder: string,
  onUnlisted: (error: StatelogError) => void,
): [bigint, string][] {
  return namesIn(fileSystem, folder, onUnlisted).flatMap((name): [bigint, string][] => {
    const epoch = epochOfName(name);
    const isFolder = epoch !== undefined && fileSystem.status(path.join(folder, name))?.kind === 'directory';
    return isFolder ? [[epoch, path.join(folder, name)]] : [];
  });
}
