import { isStatelogError } from '../../errors.js';
import { runToEnd, type Steps } from '../../steps.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { VALUE_REGION_BYTES_MAX } from '../../state/format/format.js';
import { patchedIndexBytes } from '../../state/format/index-size.js';
import { IndexFilePatcher } from '../../state/write/index-file-patcher.js';
import {
  createValues,
  type NewPair,
  OpenPair,
  type PairIndex,
  type PairShape,
  StatePairWriter,
  type WrittenPair,
} from '../../state/write/pair-writer.js';
import type { StateFileCursor } from '../../state/read/state-file-cursor.js';
import type { StateFile } from '../../state/read/state-file.js';
import { ValueFileAppender } from '../../state/write/value-appender.js';
import type { CheckpointState, CoreState } from '../state/core-state.js';
import type { RecordCursor } from '../state/overlay.js';
import { type CoreForecast, forecastInSteps } from './core-forecast.js';

/** More than this part of a state file in holes, and a checkpoint writes it anew. */
const HOLES_MAX = 0.5;

/** One core's part of a checkpoint that is being made. */
export interface CoreCheckpointOptions {
  readonly fileSystem: FileSystem;
  readonly storeId: Uint8Array;
  readonly epoch: bigint;
  /** Paths of the two new files. */
  readonly statePath: string;
  readonly indexPath: string;
  /** True: write all live values anew, in key order and without holes. */
  readonly rewrite: boolean;
  /** True: sync what was written now and then, so that no sync takes long; false (default): once, at the end. */
  readonly syncsEarly?: boolean | undefined;
}

/** A step goes through entries of so many bytes, of which each counts for some more. */
export const STEP_BYTES = 64 * 1024;
export const ENTRY_BYTES = 128;
/** Steps of writing between two early syncs. */
const EARLY_SYNC_STEPS = 64;

/**
 * Writes and syncs the state file and the index of one core. The state file is a second name of the
 * last checkpoint's, with the changed values appended above what that one owns; where more than
 * half of it would be holes, or it would pass 4 GiB, it is written anew in key order.
 * The old index is streamed into the new one, never loaded: entry by entry, or, under few changes, copied but for what they concern. Folders are the caller's to sync.
 */
export function writeCoreCheckpoint(
  options: CoreCheckpointOptions,
  core: CheckpointState & Pick<CoreState, 'coreId'>,
): WrittenPair {
  return runToEnd(coreCheckpointInSteps(options, core));
}

/** Does what `writeCoreCheckpoint` does, in steps; given up on the way, it closes its files. */
export function* coreCheckpointInSteps(
  options: CoreCheckpointOptions,
  core: CheckpointState & Pick<CoreState, 'coreId'>,
): Steps<WrittenPair> {
  const forecast = yield* forecastInSteps(core);
  const sparse = forecast.liveBytes < forecast.appendedTo * (1 - HOLES_MAX);
  const isNewFile =
    options.rewrite || sparse || forecast.appendedTo > VALUE_REGION_BYTES_MAX || core.base === undefined;
  const pair = { ...options, generation: options.epoch, coreId: core.coreId };
  const shape = { ...forecast, valueBytes: forecast.appendedTo };
  const values = isNewFile ? createValues(pair) : goOnWith(pair, core.base);
  const { writer, entries } = isNewFile
    ? writeWhole(core, new StatePairWriter(pair, shape, values, core.base?.measure), isNewFile)
    : writeOver(core.base, { pair, shape, values, core });
  try {
    for (let step = 1; entries.next().done !== true; step++) {
      if (options.syncsEarly === true && step % EARLY_SYNC_STEPS === 0) writer.syncSoFar();
      yield;
    }
    return yield* writer.finishSynced();
  } finally {
    writer.close();
  }
}

/** A pair whose entries come in steps. */
interface PairInSteps {
  readonly writer: OpenPair<PairIndex>;
  readonly entries: Steps<void>;
}

function writeWhole(core: CheckpointState, writer: StatePairWriter, isNewFile: boolean): PairInSteps {
  return { writer, entries: whileTrue(addMerged(core, writer, isNewFile)) };
}

function* whileTrue(addSome: AddSome): Steps<void> {
  while (addSome()) yield;
}

/** The parts of a pair whose values are appended to those of the last checkpoint. */
interface PairOver {
  readonly pair: NewPair;
  readonly shape: PairShape & CoreForecast;
  readonly values: ValueFileAppender;
  readonly core: CheckpointState;
}

/** The last index with few changes is patched: all that they do not concern is copied as it lies. */
function writeOver(base: StateFile, { pair, shape, values, core }: PairOver): PairInSteps {
  const { plan } = shape;
  const indexLength = plan === undefined ? undefined : patchedIndexBytes(shape, plan);
  if (plan === undefined || indexLength === undefined) {
    return writeWhole(core, new StatePairWriter(pair, shape, values, base.measure), false);
  }
  const changes = core.overlay.cursor();
  const placeValue = (): number => {
    const { buffer, keyStart, keyLength, valueLength } = changes;
    return values.appendFrom(buffer, keyStart + keyLength, valueLength);
  };
  const patch = { base, plan, indexLength, totals: shape, changes, placeValue };
  const writer = new OpenPair(pair, shape, values, (place) => new IndexFilePatcher(place, patch));
  return { writer, entries: writer.index.run() };
}

/** The last state file under a second name, to append to. */
function goOnWith({ fileSystem, statePath }: NewPair, base: StateFile): ValueFileAppender {
  linkOrCopy(fileSystem, base.path, statePath);
  const descriptor = fileSystem.openReadWrite(statePath, 'refuse');
  try {
    const position = { writePos: base.writePos, pageSums: base.block?.valuePageSums };
    return ValueFileAppender.resume({ fileSystem, path: statePath }, descriptor, position);
  } catch (error) {
    closeQuietly(fileSystem, descriptor);
    throw error;
  }
}

function linkOrCopy(fileSystem: FileSystem, from: string, to: string): void {
  try {
    fileSystem.link(from, to);
  } catch (error) {
    // Some file systems have no second names, some a limit to them.
    if (!isStatelogError(error) || isStatelogError(error, 'ALREADY_EXISTS')) throw error;
    fileSystem.copyFile(from, to);
  }
}

/** Adds some of the entries; false once there are no more. */
type AddSome = () => boolean;

/** Adds every live entry in key order; values that the file does not hold yet are appended. No key is made a view of. */
function addMerged(
  { base, overlay }: CheckpointState,
  { values, index }: StatePairWriter,
  isNewFile: boolean,
): AddSome {
  const old = base?.cursor();
  const changes = overlay.cursor();
  let isOnOld = old?.first() ?? false;
  let isOnChange = changes.first();
  const addOld = (cursor: StateFileCursor): number => {
    const offset = isNewFile ? values.append(cursor.value()) : cursor.offset;
    const { keyBytes, keyStart, keyLength } = cursor.locateKey();
    index.addAt(keyBytes, keyStart, keyLength, offset, cursor.length);
    return isNewFile ? cursor.length : 0;
  };
  const addChange = ({ buffer, keyStart, keyLength, valueLength }: RecordCursor): number => {
    const offset = values.appendFrom(buffer, keyStart + keyLength, valueLength);
    index.addAt(buffer, keyStart, keyLength, offset, valueLength);
    return valueLength;
  };
  return () => {
    for (let done = 0; (isOnOld || isOnChange) && done < STEP_BYTES; done += ENTRY_BYTES) {
      let order = isOnOld ? -1 : 1;
      if (isOnOld && isOnChange) order = old!.compareKey(changes.buffer, changes.keyStart, changes.keyLength);
      if (order < 0) done += addOld(old!);
      else if (!changes.deleted) done += addChange(changes);
      if (order <= 0) isOnOld = old!.next();
      if (order >= 0) isOnChange = changes.next();
    }
    return isOnOld || isOnChange;
  };
}
