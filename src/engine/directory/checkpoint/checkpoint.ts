import { basename } from 'node:path';
import { commandText } from '../../bytes/text/command-hints.js';
import { isStatelogError, StatelogError } from '../../errors.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { guardedFileSystem } from '../../storage-io/views/guarded-file-system.js';
import type { CoreStates } from '../state/core-state.js';
import { writeCoreCheckpoint } from './core-checkpoint.js';
import { createLog } from './create-directory.js';
import type { HeldStore } from '../write/held-store.js';
import type { DirectoryLayout } from '../manifest/layout.js';
import { findLeftovers, removeLeftovers } from '../manifest/leftovers.js';
import { swapManifest } from '../manifest/manifest-file.js';
import {
  liveEpoch,
  type CheckpointEntry,
  type CoreCheckpoint,
  type DirectoryManifest,
} from '../manifest/manifest.js';
import type { Progress } from '../read/replay.js';
import type { WritableCore } from '../write/writable-core.js';

/** The parts that a checkpoint is made from. */
export interface CheckpointOptions {
  readonly fileSystem: FileSystem;
  readonly layout: DirectoryLayout;
  readonly manifest: DirectoryManifest;
  readonly states: CoreStates;
  readonly writers: readonly WritableCore[];
  readonly progress: Progress;
  /** How many checkpoints stay afterwards, this one included. */
  readonly keep: number;
  /** True: write all values anew, without holes. */
  readonly rewrite: boolean;
  /** The writer's hold on its store: nothing is renamed or removed once its paths mean something else. */
  readonly held: HeldStore;
}

/** How a checkpoint ended: the new manifest, or why the store stays at the old one. */
export type CheckpointOutcome =
  | { readonly manifest: DirectoryManifest; readonly error?: undefined }
  | { readonly manifest?: undefined; readonly error: StatelogError };

/**
 * Closes the live epoch: barriers, the next epoch's log, every core's state, and then the manifest,
 * whose swap is the one moment at which the new checkpoint counts. Everything before is synced first.
 * What is no longer kept is removed afterwards.
 *
 * Where something fails before the swap, that is an outcome: the store goes on at the old manifest,
 * with records behind the barriers. What is thrown leaves nothing to go on with: a barrier that could
 * not be synced, or a swap that may or may not survive a crash.
 */
export function makeCheckpoint(unguarded: CheckpointOptions): CheckpointOutcome {
  const { layout, manifest, writers, held } = unguarded;
  let isSwapped = false;
  const fileSystem = guardedFileSystem(unguarded.fileSystem, () => {
    // Behind the swap the old log is removed, file by file.
    if (isSwapped) held.checkPlace();
    else held.check();
  });
  const options = { ...unguarded, fileSystem };
  const epoch = liveEpoch(manifest);
  held.check();
  for (const { segment } of writers) segment.appendEpochBarrier();
  for (const { segment } of writers) segment.sync();
  held.noteWritten();
  let next: DirectoryManifest;
  try {
    // A failed attempt at this same epoch may lie there.
    removeLeftovers(fileSystem, findLeftovers(fileSystem, layout, manifest));
    createLog(fileSystem, layout, epoch + 1n, manifest.cores);
    fileSystem.syncDirectory(layout.wal);
    next = withCheckpoint(manifest, writeCheckpoint(options, epoch), options.keep);
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return abandonedFor(options, error);
  }
  const outcome = swapManifest(fileSystem, layout, next);
  if (!outcome.swapped) return abandonedFor(options, outcome.error);
  isSwapped = true;
  removeLeftoversQuietly(fileSystem, layout, next);
  return { manifest: next };
}

/** Removes an unfinished checkpoint: on a full disk its room is needed, and nothing else would give it back. */
function abandonedFor(
  { fileSystem, layout, manifest, held }: CheckpointOptions,
  error: StatelogError,
): CheckpointOutcome {
  // In a store that is another by now nothing is cleared away.
  held.check();
  removeLeftoversQuietly(fileSystem, layout, manifest);
  return { error: obstacleOr(error, layout) };
}

/** A name that was cleared of all that is ours and is taken all the same holds something of somebody else's. */
function obstacleOr(error: StatelogError, { root, checkpoints, wal }: DirectoryLayout): StatelogError {
  const { path } = error.details;
  if (error.code !== 'ALREADY_EXISTS' || path === undefined) return error;
  const folder = [checkpoints, wal].find((one) => path.startsWith(`${one}/`));
  if (folder === undefined) return error;
  const elsewhere = `${root}.${basename(folder)}-${basename(path)}`;
  return new StatelogError(
    'ALREADY_EXISTS',
    "something that is not the store's lies where its next checkpoint would",
    {
      ...error.details,
      safe: 'the store is as it was, and can be written to',
      hint: `move it out of the store: ${commandText('mv', path, elsewhere)}`,
      cause: error,
    },
  );
}

function writeCheckpoint(options: CheckpointOptions, epoch: bigint): CheckpointEntry {
  const { fileSystem, layout, manifest, states, writers, progress, rewrite } = options;
  fileSystem.makeDirectory(layout.checkpoint(epoch));
  const cores = states.all.map((core): CoreCheckpoint => {
    const { segment } = writers[core.coreId]!;
    const { writePos, headCrc } = writeCoreCheckpoint(
      {
        fileSystem,
        storeId: manifest.storeId,
        epoch,
        statePath: layout.stateFile(epoch, core.coreId),
        indexPath: layout.indexFile(epoch, core.coreId),
        rewrite: rewrite || hasNamesElsewhere(options, core.coreId),
      },
      core,
    );
    return {
      nextSequence: segment.sequence,
      lastTimestampNs: segment.lastTimestampNs,
      writePos,
      indexCrc: headCrc,
    };
  });
  fileSystem.syncDirectory(layout.checkpoint(epoch));
  fileSystem.syncDirectory(layout.checkpoints);
  return { epoch, sources: new Map(progress.sources), watermark: progress.watermark, cores };
}

/**
 * True where the newest state file of a core has more names than the kept checkpoints give it: whoever holds another one
 * would see what is appended, so it is written anew instead.
 */
function hasNamesElsewhere({ fileSystem, layout, manifest }: CheckpointOptions, coreId: number): boolean {
  const files = manifest.checkpoints.map(({ epoch }) => fileSystem.status(layout.stateFile(epoch, coreId)));
  const newest = files.at(-1);
  const names = files.filter((file) => file?.identity === newest?.identity).length;
  return newest !== undefined && newest.linkCount > names;
}

function withCheckpoint(
  manifest: DirectoryManifest,
  entry: CheckpointEntry,
  keep: number,
): DirectoryManifest {
  return { ...manifest, keep, checkpoints: [...manifest.checkpoints, entry].slice(-keep) };
}

/** The checkpoint stands: what cannot be removed now is removed by the next writer. */
function removeLeftoversQuietly(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  manifest: DirectoryManifest,
): void {
  try {
    removeLeftovers(fileSystem, findLeftovers(fileSystem, layout, manifest));
  } catch (error) {
    if (!isStatelogError(error)) throw error;
  }
}
