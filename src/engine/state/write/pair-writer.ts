import { runToEnd, type Steps } from '../../steps.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { VALUE_REGION_BYTES_MAX } from '../format/format.js';
import type { IndexMeasure, IndexShape } from '../format/index-size.js';
import type { IndexFileFields, IndexFilePlace, IndexFileResult } from './index-file-output.js';
import { IndexFileWriter } from './index-file-writer.js';
import { ValueFileAppender } from './value-appender.js';

/** The two files of a state, and what they say of themselves. */
export interface NewPair {
  readonly fileSystem: FileSystem;
  readonly statePath: string;
  readonly indexPath: string;
  readonly storeId: Uint8Array;
  /** Generation of the state file, if it is new. */
  readonly generation: bigint;
  /** 0 in a bare pair. */
  readonly epoch: bigint;
  readonly coreId: number;
}

/** How much a pair will hold. */
export interface PairShape extends IndexShape {
  /** Bytes of the whole state file, holes included. */
  readonly valueBytes: number;
}

/** The result of writing a pair. */
export interface WrittenPair {
  readonly count: number;
  readonly writePos: number;
  readonly headCrc: number;
}

/** Counts what a pair will hold, as entries come by. */
export class ShapeCounter implements PairShape {
  count = 0;
  keyBytes = 0;
  valueBytes = 0;

  add(key: Uint8Array, valueLength: number): void {
    this.count += 1;
    this.keyBytes += key.length;
    this.valueBytes += valueLength;
  }
}

/** Makes a new state file, with nothing in it. @throws StatelogError `ALREADY_EXISTS` */
export function createValues({ fileSystem, statePath, generation }: NewPair): ValueFileAppender {
  const descriptor = fileSystem.createExclusive(statePath);
  try {
    return ValueFileAppender.create({ fileSystem, path: statePath }, descriptor, generation);
  } catch (error) {
    closeQuietly(fileSystem, descriptor);
    throw error;
  }
}

/** The writer of an index: what its pair asks of it when all entries are there. */
export interface PairIndex {
  finishInSteps(fields: IndexFileFields): Steps<IndexFileResult>;
}

/** A pair whose two files are being written; the entries are up to who knows them. Close it in any case. */
export class OpenPair<Index extends PairIndex> {
  readonly values: ValueFileAppender;
  readonly index: Index;
  readonly #pair: NewPair;
  readonly #shape: PairShape;
  readonly #indexDescriptor: FileDescriptor;

  /**
   * @param values of the state file: the writer's from here on
   * @throws StatelogError `ALREADY_EXISTS`, `LIMIT_EXCEEDED`; nothing stays open then
   */
  constructor(
    pair: NewPair,
    shape: PairShape,
    values: ValueFileAppender,
    openIndex: (place: IndexFilePlace) => Index,
  ) {
    const { fileSystem, indexPath } = pair;
    this.#pair = pair;
    this.#shape = shape;
    this.values = values;
    let descriptor: FileDescriptor | undefined;
    try {
      descriptor = fileSystem.createExclusive(indexPath);
      const writePosExpected = Math.min(shape.valueBytes, VALUE_REGION_BYTES_MAX);
      this.index = openIndex({ fileSystem, descriptor, path: indexPath, writePosExpected });
    } catch (error) {
      if (descriptor !== undefined) closeQuietly(fileSystem, descriptor);
      closeQuietly(fileSystem, values.descriptor);
      throw error;
    }
    this.#indexDescriptor = descriptor;
  }

  /** Writes both files to their end, without a sync. */
  finish(): WrittenPair {
    this.values.drain();
    return runToEnd(this.#finishIndex());
  }

  /** Makes durable what was written so far, so that the sync at the end has less to wait for. */
  syncSoFar(): void {
    const { values } = this;
    values.sync();
    this.#pair.fileSystem.dataSync(this.#indexDescriptor);
  }

  /** Writes both files to their end and syncs them, in steps; naming them for good is up to the caller. */
  *finishSynced(): Steps<WrittenPair> {
    const { fileSystem } = this.#pair;
    this.values.sync();
    yield;
    const written = yield* this.#finishIndex();
    yield;
    fileSystem.sync(this.#indexDescriptor);
    yield;
    fileSystem.sync(this.values.descriptor);
    return written;
  }

  /** Closes both files. */
  close(): void {
    closeQuietly(this.#pair.fileSystem, this.#indexDescriptor);
    closeQuietly(this.#pair.fileSystem, this.values.descriptor);
  }

  *#finishIndex(): Steps<WrittenPair> {
    const { storeId, epoch, coreId } = this.#pair;
    const { writePos, generation } = this.values;
    const { headCrc, count } = yield* this.index.finishInSteps({
      writePos,
      nextVersion: BigInt(this.#shape.count) + 1n,
      storeId,
      generation,
      epoch,
      coreId,
      valuePageSums: this.values.pageSums(),
    });
    return { count, writePos, headCrc };
  }
}

/** Writes the index of a state, and what its state file lacks, from entries in key order; memory is constant. */
export class StatePairWriter extends OpenPair<IndexFileWriter> {
  /**
   * @param values of the state file: the writer's from here on
   * @param similar an index with similar keys, to leave the right room
   * @throws StatelogError `ALREADY_EXISTS`, `LIMIT_EXCEEDED`; nothing stays open then
   */
  constructor(pair: NewPair, shape: PairShape, values = createValues(pair), similar?: IndexMeasure) {
    const { count, keyBytes } = shape;
    super(pair, shape, values, (place) => new IndexFileWriter({ ...place, count, keyBytes, similar }));
  }

  /** The next entry; its value goes to the end of the state file. */
  add(key: Uint8Array, value: Uint8Array): void {
    this.index.add(key, this.values.append(value), value.length);
  }
}
