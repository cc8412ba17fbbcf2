import { compareBytes } from '../../bytes/compare.js';
import { isStatelogError } from '../../errors.js';
import { runToEnd, type Steps } from '../../steps.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { VALUE_REGION_BYTES_MAX } from '../../state/format/format.js';
import {
  createValues,
  type NewPair,
  StatePairWriter,
  type WrittenPair,
} from '../../state/write/pair-writer.js';
import type { StateFile } from '../../state/read/state-file.js';
import { ValueFileAppender } from '../../state/write/value-appender.js';
import { cursorOfCheckpoint, type CheckpointState, type CoreState } from '../state/core-state.js';

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

/** The size of a core's checkpoint, known before anything is written. */
export interface CoreForecast {
  readonly count: number;
  readonly keyBytes: number;
  readonly liveBytes: number;
  /** Value bytes of the state file if it is appended to. */
  readonly appendedTo: number;
}

/** A look-up in the index takes as long as so many moves of a cursor over it. */
const MOVES_A_LOOKUP = 16;
/** A step goes through entries of so many bytes, of which each counts for some more, or looks up so many keys. */
export const STEP_BYTES = 64 * 1024;
export const ENTRY_BYTES = 128;
const LOOKUPS_A_STEP = 64;
/** So much is written between two early syncs. */
const EARLY_SYNC_STEPS = 64;

/** Counts what the checkpoint of a core will hold: whether the last one has it is asked for each key that changed. */
export function forecastCheckpoint(core: CheckpointState): CoreForecast {
  return runToEnd(forecastInSteps(core));
}

function* forecastInSteps({ base, overlay }: CheckpointState): Steps<CoreForecast> {
  if (base === undefined && !overlay.hasTombstones) {
    const { count, keyBytes, valueBytes } = overlay;
    return { count, keyBytes, liveBytes: valueBytes, appendedTo: valueBytes };
  }
  let count = base?.count ?? 0;
  let keyBytes = base?.keyBytes ?? 0;
  let liveBytes = base?.liveBytes ?? 0;
  const places = base === undefined ? undefined : placesFor(base, overlay.count);
  const cursor = overlay.cursor();
  let asked = 0;
  for (let valid = cursor.first(); valid; valid = cursor.next()) {
    if (++asked % LOOKUPS_A_STEP === 0) yield;
    const { key, deleted } = cursor;
    const isInBase = places?.find(key) ?? false;
    if (isInBase) liveBytes -= places!.length;
    if (isInBase && deleted) {
      count--;
      keyBytes -= key.length;
    }
    if (deleted) continue;
    liveBytes += cursor.valueLength;
    if (isInBase) continue;
    count++;
    keyBytes += key.length;
  }
  return { count, keyBytes, liveBytes, appendedTo: (base?.writePos ?? 0) + overlay.valueBytes };
}

/** Finds the values of keys that are asked for in ascending order. */
interface AscendingPlaces {
  find(key: Uint8Array): boolean;
  /** Length of the value that was found. */
  readonly length: number;
}

/** By seeking for a few keys, in one walk for many. A cursor's moves do not count as look-ups, for which the file would be mapped. */
function placesFor(base: StateFile, keys: number): AscendingPlaces {
  const cursor = base.cursor();
  const seeks = keys * MOVES_A_LOOKUP < base.count;
  let isValid = !seeks && cursor.first();
  return {
    find(key) {
      let order = 1;
      if (seeks) return cursor.seek(key) && compareBytes(cursor.key, key) === 0;
      while (isValid && (order = compareBytes(cursor.key, key)) < 0) isValid = cursor.next();
      return isValid && order === 0;
    },
    get length() {
      return cursor.length;
    },
  };
}

/**
 * Writes and syncs the state file and the index of one core. The state file is a second name of the
 * last checkpoint's, with the changed values appended above what that one owns; where more than
 * half of it would be holes, or it would pass 4 GiB, it is written anew in key order.
 * The old index is streamed into the new one, never loaded. Folders are the caller's to sync.
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
  const writer = new StatePairWriter(pair, shape, values, core.base?.measure);
  try {
    const addSome = core.base === undefined ? addFirst(core, writer) : addMerged(core, writer, isNewFile);
    for (let step = 1; addSome(); step++) {
      if (options.syncsEarly === true && step % EARLY_SYNC_STEPS === 0) writer.syncSoFar();
      yield;
    }
    return yield* writer.finishSynced();
  } finally {
    writer.close();
  }
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

/** Adds every live entry in key order; values that the file does not hold yet are appended. */
function addMerged(core: CheckpointState, writer: StatePairWriter, isNewFile: boolean): AddSome {
  const cursor = cursorOfCheckpoint(core);
  let isValid = cursor.first();
  return () => {
    for (let done = 0; isValid && done < STEP_BYTES; isValid = cursor.next()) {
      done += ENTRY_BYTES;
      if (cursor.isChanged || isNewFile) {
        const value = cursor.value();
        writer.add(cursor.key, value);
        done += value.length;
      } else {
        const { offset, length } = cursor.base;
        writer.index.add(cursor.key, offset, length);
      }
    }
    return isValid;
  };
}

/** Adds a core's first checkpoint: nothing is merged, and no key is made a view of. */
function addFirst({ overlay }: CheckpointState, { values, index }: StatePairWriter): AddSome {
  const cursor = overlay.cursor();
  let isValid = cursor.first();
  return () => {
    for (let done = 0; isValid && done < STEP_BYTES; isValid = cursor.next()) {
      const { buffer, keyStart, keyLength, valueLength } = cursor;
      done += ENTRY_BYTES + valueLength;
      if (cursor.deleted) continue;
      index.addAt(buffer, keyStart, keyLength, values.append(cursor.value()), valueLength);
    }
    return isValid;
  };
}
