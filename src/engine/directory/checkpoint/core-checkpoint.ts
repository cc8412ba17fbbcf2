import { compareBytes } from '../../bytes/compare.js';
import { isStatelogError } from '../../errors.js';
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
import { cursorOfCore, type CoreState } from '../state/core-state.js';

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
}

/** The size of a core's checkpoint, known before anything is written. */
export interface CoreForecast {
  readonly count: number;
  readonly keyBytes: number;
  readonly liveBytes: number;
  /** Value bytes of the state file if it is appended to. */
  readonly appendedTo: number;
}

/** A look-up in the index takes as long as so many steps of a cursor over it. */
const STEPS_A_LOOKUP = 16;

/** Counts what the checkpoint of a core will hold: whether the last one has it is asked for each key that changed. */
export function forecastCheckpoint({ base, overlay }: CoreState): CoreForecast {
  if (base === undefined && !overlay.hasTombstones) {
    const { count, keyBytes, valueBytes } = overlay;
    return { count, keyBytes, liveBytes: valueBytes, appendedTo: valueBytes };
  }
  let count = base?.count ?? 0;
  let keyBytes = base?.keyBytes ?? 0;
  let liveBytes = base?.liveBytes ?? 0;
  const places = base === undefined ? undefined : placesFor(base, overlay.count);
  const cursor = overlay.cursor();
  for (let valid = cursor.first(); valid; valid = cursor.next()) {
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

/** By look-ups for a few keys, in one walk for many. */
function placesFor(base: StateFile, keys: number): AscendingPlaces {
  if (keys * STEPS_A_LOOKUP < base.count) return base;
  const cursor = base.cursor();
  let isValid = cursor.first();
  return {
    find(key) {
      let order = 1;
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
export function writeCoreCheckpoint(options: CoreCheckpointOptions, core: CoreState): WrittenPair {
  const forecast = forecastCheckpoint(core);
  const sparse = forecast.liveBytes < forecast.appendedTo * (1 - HOLES_MAX);
  const isNewFile =
    options.rewrite || sparse || forecast.appendedTo > VALUE_REGION_BYTES_MAX || core.base === undefined;
  const pair = { ...options, generation: options.epoch, coreId: core.coreId };
  const shape = { ...forecast, valueBytes: forecast.appendedTo };
  const values = isNewFile ? createValues(pair) : goOnWith(pair, core.base);
  const writer = new StatePairWriter(pair, shape, values, core.base?.measure);
  try {
    if (core.base === undefined) streamFirst(core, writer);
    else streamEntries(core, writer, isNewFile);
    return writer.finishSynced();
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

/** Adds every live entry in key order; values that the file does not hold yet are appended. */
function streamEntries(core: CoreState, writer: StatePairWriter, isNewFile: boolean): void {
  const cursor = cursorOfCore(core);
  for (let valid = cursor.first(); valid; valid = cursor.next()) {
    if (cursor.isChanged || isNewFile) {
      writer.add(cursor.key, cursor.value());
    } else {
      const { offset, length } = cursor.base;
      writer.index.add(cursor.key, offset, length);
    }
  }
}

/** Streams a core's first checkpoint: nothing is merged, and no key is made a view of. */
function streamFirst({ overlay }: CoreState, { values, index }: StatePairWriter): void {
  const cursor = overlay.cursor();
  for (let valid = cursor.first(); valid; valid = cursor.next()) {
    if (cursor.deleted) continue;
    const { buffer, keyStart, keyLength, valueLength } = cursor;
    index.addAt(buffer, keyStart, keyLength, values.append(cursor.value()), valueLength);
  }
}
