import { basename, dirname, join, relative, resolve } from 'node:path';
import { isEmptyFolder, moveIntoPlace } from '../storage-io/whole/into-place.js';
import { StagingFolder } from '../storage-io/whole/staging-folder.js';
import { likenessOf } from '../storage-io/views/likeness.js';
import { StatelogError } from '../errors.js';
import type { PathIdentity } from '../inspect/identify.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { statePathsOf } from '../state/format/state-paths.js';
import { refuseWithinStore } from '../inspect/lies-in-store.js';
import { linesAreNotRepaired, withinSource } from './account/refusals.js';
import type { RepairAccount } from './account/repair-account.js';
import type { RepairEvent } from './account/report.js';
import { salvageArtifact } from './artifact/salvage-artifact.js';
import type { SegmentWishes } from './survey/arrange-segments.js';
import { salvageDirectory, type DirectoryWishes } from './directory/salvage-directory.js';
import { mendSegments } from './mend/mend-logs.js';
import { salvageFold } from './log/salvage-fold.js';
import { salvageState } from './state/salvage-state.js';
import { salvageLooseSegment, salvageWalFolder } from './log/salvage-wal-folder.js';
import { alreadyThere } from '../storage-io/whole/already-there.js';

/** The user's decisions about a repair; each kind takes those that concern it. */
export type RepairWishes = DirectoryWishes & SegmentWishes;

/** How to salvage. */
export interface SalvageOptions {
  /** Reads all, and writes nothing. */
  readonly dryRun: boolean;
  readonly wishes: RepairWishes;
}

/**
 * Brings every good record of what a path holds to a new place of the same kind, and verifies it there:
 * the new place is whole and durable, or not there. The source is only read.
 * @throws StatelogError `ALREADY_EXISTS`, `LOSS_LIMIT`, `NOT_FOUND`; what reading and writing throw
 */
export function* salvageInto(
  account: RepairAccount,
  found: PathIdentity,
  into: string,
  { dryRun, wishes }: SalvageOptions,
): Generator<RepairEvent, void> {
  refuseOtherWishes(found, wishes);
  const { fileSystem } = account;
  const destination = resolve(into);
  const isPair = found.kind === 'state-file';
  const index = isPair ? statePathsOf(destination).index : undefined;
  checkPlace(fileSystem, found.path, into);
  if (index !== undefined && fileSystem.status(index) !== undefined) throw alreadyThere(index);
  if (dryRun) {
    yield* salvageKind(account, found, undefined, wishes);
    return;
  }
  const staging = StagingFolder.make(fileSystem, destination);
  try {
    const staged = join(staging.path, basename(destination));
    yield* salvageKind(account, found, staged, wishes);
    staging.giveToPlace();
    const source = likenessOf(fileSystem, found.path);
    if (source !== undefined) staging.giveTo(source);
    fileSystem.syncDirectory(staging.path);
    // The index first: by itself it is taken for nothing.
    if (index !== undefined) moveIntoPlace(fileSystem, statePathsOf(staged).index, index);
    moveIntoPlace(fileSystem, staged, destination);
  } finally {
    staging.remove();
  }
}

function* salvageKind(
  account: RepairAccount,
  found: PathIdentity,
  into: string | undefined,
  wishes: RepairWishes,
): Generator<RepairEvent, void> {
  yield* mendSegments(account, found, wishes.without);
  yield* salvageOf(account, found, into, wishes);
}

function salvageOf(
  account: RepairAccount,
  { kind, path }: PathIdentity,
  into: string | undefined,
  wishes: RepairWishes,
): Generator<RepairEvent, unknown> {
  switch (kind) {
    case 'wal-segment':
      return salvageLooseSegment(account, path, into, wishes);
    case 'wal-folder':
      return salvageWalFolder(account, path, into, wishes);
    case 'log':
      return salvageFold(account, path, into);
    case 'state-file':
      return salvageState(account, path, into === undefined ? undefined : statePathsOf(into));
    case 'directory':
      return salvageDirectory(account, path, into, wishes);
    case 'artifact-folder':
      return salvageArtifact(account, path, 'folder', into);
    case 'artifact-tar':
      return salvageArtifact(account, path, 'tar', into);
    case 'ndjson':
      throw linesAreNotRepaired(path);
  }
}

/**
 * Nothing may be at the new place, its folder must be there, and it may not lie within the source.
 * @throws StatelogError `ALREADY_EXISTS`, `NOT_FOUND`, `INVALID_ARGUMENT`
 */
export function checkPlace(fileSystem: FileSystem, source: string, into: string): void {
  if (fileSystem.status(into) !== undefined && !isEmptyFolder(fileSystem, into)) throw alreadyThere(into);
  refuseWithinStore(fileSystem, into);
  const parent = dirname(resolve(into));
  if (fileSystem.statusFollowing(parent)?.kind !== 'directory') {
    throw new StatelogError('NOT_FOUND', 'there is no folder to make the new place in', {
      path: parent,
      safe: 'nothing was changed',
      hint: 'make the folder, or choose another path',
    });
  }
  const below = relative(fileSystem.realPath(source), join(fileSystem.realPath(parent), basename(into)));
  if (below !== '..' && !below.startsWith('../')) throw withinSource(into);
}

/** @throws StatelogError `INVALID_ARGUMENT` for a wish that does not apply to this kind */
function refuseOtherWishes({ kind, path }: PathIdentity, wishes: RepairWishes): void {
  const { asCore, asEpoch, baseCheckpoint, without = [], sources } = wishes;
  const isOfSources = sources?.keep === true || (sources?.set?.size ?? 0) > 0;
  const [isOfSegments, isOfDirectories] = [
    asCore !== undefined || asEpoch !== undefined,
    baseCheckpoint !== undefined || isOfSources,
  ];
  const fits =
    (!isOfSegments || kind === 'wal-segment') &&
    (!isOfDirectories || kind === 'directory') &&
    (without.length === 0 || kind === 'directory' || kind === 'wal-folder');
  if (fits) return;
  throw new StatelogError('INVALID_ARGUMENT', `a part of the request does not apply to a ${kind}`, {
    path,
    safe: 'nothing was changed',
    hint: '--as-core and --as-epoch are for a segment, --base-checkpoint, --set-source and --keep-sources for a state directory, --without for either kind of folder',
  });
}
