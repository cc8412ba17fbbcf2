import { basename } from 'node:path';
import { commandText } from '../../bytes/text/command-hints.js';
import { isStatelogError, StatelogError } from '../../errors.js';
import { type Steps } from '../../steps.js';
import type { Clock } from '../../storage-io/interface/clock.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { guardedFileSystem } from '../../storage-io/views/guarded-file-system.js';
import { closeEach } from '../../storage-io/whole/close-each.js';
import type { CoreStates } from '../state/core-state.js';
import { coreCheckpointInSteps } from './core-checkpoint.js';
import { createLog } from './create-directory.js';
import { LogTail, type SegmentStart } from './log-tail.js';
import type { HeldStore } from '../write/held-store.js';
import type { DirectoryLayout } from '../manifest/layout.js';
import { findLeftovers, notClosed, removeLeftovers } from '../leftovers/leftovers.js';
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
  readonly clock: Clock;
  readonly layout: DirectoryLayout;
  readonly manifest: DirectoryManifest;
  /** The states as they were when the epoch was closed; nothing changes in them meanwhile. */
  readonly states: CoreStates;
  readonly writers: readonly WritableCore[];
  /** How many checkpoints stay afterwards, this one included. */
  readonly keep: number;
  /** True: write all values anew, without holes. */
  readonly rewrite: boolean;
  /** True where its changes are in no log: earlier checkpoints go, since no log leads from them to this one. */
  readonly isUnlogged?: true | undefined;
  /** The writer's hold on its store: nothing is renamed or removed once its paths mean something else. */
  readonly held: HeldStore;
  /** Makes durable what came to the log behind the barriers: what it throws leaves nothing to go on with. */
  readonly syncLog: () => void;
  /** Goes on behind the checkpoint that was just published. @returns lets go of what the writer stood on before */
  readonly moveTo: (manifest: DirectoryManifest, starts: readonly SegmentStart[]) => () => void;
}

/** An epoch that was closed: up to where its checkpoint holds everything. */
export interface ClosedEpoch {
  readonly epoch: bigint;
  readonly tails: readonly LogTail[];
  readonly cores: readonly Pick<CoreCheckpoint, 'nextSequence' | 'lastTimestampNs'>[];
  readonly progress: Progress;
}

/** How a checkpoint ended: undefined where it was made, or why the store stays at the old manifest. */
export type CheckpointOutcome = StatelogError | undefined;

/**
 * Closes the live epoch: a barrier at the end of each core's log, synced. Records may follow: they belong to the next epoch.
 * @throws StatelogError where a barrier could not be synced: nothing is left to go on with
 */
export function closeEpoch(
  options: Pick<CheckpointOptions, 'fileSystem' | 'clock' | 'layout' | 'manifest' | 'writers' | 'held'>,
  progress: Progress,
): ClosedEpoch {
  const { fileSystem, clock, layout, manifest, writers, held } = options;
  const epoch = liveEpoch(manifest);
  held.check();
  for (const { segment } of writers) segment.appendEpochBarrier();
  for (const { segment } of writers) segment.sync();
  held.noteWritten();
  const cores = writers.map(({ segment }) => {
    return { nextSequence: segment.sequence, lastTimestampNs: segment.lastTimestampNs };
  });
  const tails = writers.map(({ coreId, segment: { path, position } }) => {
    const start = { fileSystem, clock, coreId, path, epoch, position, ...cores[coreId]! };
    return new LogTail(start, layout.segment(epoch + 1n, coreId));
  });
  return { epoch, tails, cores, progress: { ...progress, sources: new Map(progress.sources) } };
}

/**
 * Makes the checkpoint of an epoch that was closed, in steps between which the writer goes on: the next epoch's log, every
 * core's state, what came to the log meanwhile, and then the manifest, whose swap is the one moment at which the
 * new checkpoint counts. Everything before is synced first. What is no longer kept is removed afterwards.
 *
 * Where something fails before the swap, that is an outcome: the store goes on at the old manifest,
 * with records behind the barriers. What is thrown leaves nothing to go on with: a log that could
 * not be synced, or a swap that may or may not survive a crash.
 */
export function* checkpointInSteps(
  unguarded: CheckpointOptions,
  closed: ClosedEpoch,
): Steps<CheckpointOutcome> {
  const { layout, held } = unguarded;
  const fileSystem = guardedFileSystem(unguarded.fileSystem, () => {
    held.check();
  });
  const options = { ...unguarded, fileSystem };
  let next: DirectoryManifest;
  let starts: readonly SegmentStart[];
  try {
    try {
      next = yield* writeAll(options, closed);
    } catch (error) {
      return abandonedFor(options, error);
    }
    options.syncLog();
    try {
      starts = putTailsInPlace(options, closed);
    } catch (error) {
      return abandonedFor(options, error);
    }
  } finally {
    closeEach(closed.tails);
  }
  // Nothing may come to the log from here to the end of the move: there is no step between.
  let letGo: () => void;
  try {
    const outcome = swapManifest(fileSystem, layout, next);
    if (!outcome.swapped) return abandonedFor(options, outcome.error);
    letGo = options.moveTo(next, starts);
  } catch (error) {
    // What fails in a folder that is elsewhere by now is no damage. The manifest tells nothing of that: it is a new one.
    held.checkPlace();
    throw error;
  }
  try {
    yield;
  } finally {
    letGo();
  }
  yield* removeInSteps(options, next);
  return undefined;
}

/** Writes all but the manifest, of which it returns the next, and the last of what comes to the log meanwhile. */
function* writeAll(options: CheckpointOptions, closed: ClosedEpoch): Steps<DirectoryManifest> {
  const { fileSystem, layout, manifest } = options;
  // A failed attempt at this same epoch may lie there.
  removeLeftovers(fileSystem, findLeftovers(fileSystem, layout, manifest, notClosed), manifest);
  createLog(fileSystem, layout, closed.epoch + 1n, manifest.cores);
  fileSystem.syncDirectory(layout.wal);
  yield;
  const entry = yield* writeCheckpoint(options, closed);
  yield* copyTails(closed.tails);
  const before = options.isUnlogged ? [] : manifest.checkpoints;
  return { ...manifest, keep: options.keep, checkpoints: [...before, entry].slice(-options.keep) };
}

/** The most steps (64 MiB) for copying what comes meanwhile; after them the writer waits for the rest. */
const COPY_STEPS_MAX = 1024;

/** Copies what comes to the log until hardly anything is left to copy. */
function* copyTails(tails: readonly LogTail[]): Steps<void> {
  let steps = 0;
  for (let before = -1; before < steps;) {
    before = steps;
    for (const tail of tails) {
      for (; steps < COPY_STEPS_MAX && tail.copySome(); steps++) yield;
    }
  }
}

/** Brings all that the log holds to the next one, without a step between: nothing comes to it meanwhile. */
function putTailsInPlace(
  { fileSystem, layout }: CheckpointOptions,
  { epoch, tails }: ClosedEpoch,
): SegmentStart[] {
  for (const tail of tails) while (tail.copySome());
  const starts = tails.map((tail) => tail.putInPlace());
  if (starts.some(({ position }) => position > 0)) fileSystem.syncDirectory(layout.walOf(epoch + 1n));
  return starts;
}

/**
 * Removes an unfinished checkpoint: on a full disk its room is needed, and nothing else would give it back.
 * @throws unknown what is no `StatelogError`
 */
function abandonedFor(
  { fileSystem, layout, manifest, held }: CheckpointOptions,
  error: unknown,
): StatelogError {
  if (!isStatelogError(error)) throw error;
  // In a store that is another by now nothing is cleared away.
  held.check();
  removeLeftoversQuietly(fileSystem, layout, manifest);
  return obstacleOr(error, layout);
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

function* writeCheckpoint(options: CheckpointOptions, closed: ClosedEpoch): Steps<CheckpointEntry> {
  const { fileSystem, layout, manifest, states, rewrite } = options;
  const { epoch, progress } = closed;
  fileSystem.makeDirectory(layout.checkpoint(epoch));
  const cores: CoreCheckpoint[] = [];
  for (const core of states.all) {
    const { writePos, headCrc } = yield* coreCheckpointInSteps(
      {
        fileSystem,
        storeId: manifest.storeId,
        epoch,
        statePath: layout.stateFile(epoch, core.coreId),
        indexPath: layout.indexFile(epoch, core.coreId),
        rewrite: rewrite || hasNamesElsewhere(options, core.coreId),
        syncsEarly: true,
      },
      core,
    );
    cores.push({ ...closed.cores[core.coreId]!, writePos, indexCrc: headCrc });
    yield;
  }
  fileSystem.syncDirectory(layout.checkpoint(epoch));
  fileSystem.syncDirectory(layout.checkpoints);
  return { epoch, sources: progress.sources, watermark: progress.watermark, cores };
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

/** The checkpoint stands: what cannot be removed now is removed by the next writer. */
function* removeInSteps(
  { fileSystem, layout, manifest: before }: CheckpointOptions,
  manifest: DirectoryManifest,
): Steps<void> {
  const known = { ...manifest, checkpoints: [...before.checkpoints, ...manifest.checkpoints] };
  for (const leftover of quietly(() => findLeftovers(fileSystem, layout, manifest, notClosed)) ?? []) {
    quietly(() => {
      removeLeftovers(fileSystem, [leftover], known);
    });
    yield;
  }
}

function removeLeftoversQuietly(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  manifest: DirectoryManifest,
): void {
  quietly(() => {
    removeLeftovers(fileSystem, findLeftovers(fileSystem, layout, manifest, notClosed), manifest);
  });
}

function quietly<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return undefined;
  }
}
