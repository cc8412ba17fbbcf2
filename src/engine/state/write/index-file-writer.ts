import { assert } from '../../assert.js';
import { OrderedMapWriter } from '../../rkyv/ordered-map/ordered-map-writer.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { runToEnd, type Steps } from '../../steps.js';
import { readFully, writeFully } from '../../storage-io/whole/write-fully.js';
import { INDEX_HEADER_BYTES } from '../format/format.js';
import { indexBlockBytes } from '../format/index-block.js';
import { encodeIndexHead, headCrcOf } from '../format/index-head-bytes.js';
import type { IndexMeasure, IndexShape } from '../format/index-size.js';
import { checkIndexFits, expectedIndexBytes, indexBytesMin } from '../format/index-size.js';
import { PageSums } from '../format/page-sums.js';

/** So much is moved in one step. */
const MOVED_BYTES = 512 * 1024;

export interface IndexFileOptions extends IndexShape {
  readonly fileSystem: FileSystem;
  /** An empty file to write to. Syncing, naming and closing it are the caller's. */
  readonly descriptor: FileDescriptor;
  /** For messages. */
  readonly path: string;
  /** Value bytes in use, as far as known: only to leave the right room for the block. */
  readonly writePosExpected?: number | undefined;
  /** An index with similar keys, such as the one before, for the same. */
  readonly similar?: IndexMeasure | undefined;
  /** False: as LaminarDB writes it, without our block. */
  readonly block?: boolean | undefined;
}

/** The fields that are known only after all entries were added. */
export interface IndexFileFields {
  readonly writePos: number;
  readonly nextVersion: bigint;
  readonly storeId: Uint8Array;
  readonly generation: bigint;
  readonly epoch: bigint;
  readonly coreId: number;
  /** crc32c of each 4 KiB of the values in use. */
  readonly valuePageSums: Uint32Array;
}

/** The result of writing an index. */
export interface IndexFileResult extends IndexMeasure {
  /** Bytes of all live values. */
  readonly liveBytes: number;
  /** The checksum that `IndexHead.headCrc` describes. */
  readonly headCrc: number;
}

/**
 * Writes an index file as a stream, from entries in key order. It holds a block of output and four
 * bytes for each 4 KiB of index, and reads nothing back.
 *
 * The block stands before the rkyv bytes, and its length follows from theirs, which is known only at
 * the end: it differs by the padding before nodes. So room is left for the expected length, and where
 * that was wrong by 16 KiB of index or more, the rkyv bytes are moved by the difference.
 * The header and the block are written last: until then the file is not an index to anyone.
 */
export class IndexFileWriter {
  readonly #options: IndexFileOptions;
  readonly #map: OrderedMapWriter;
  readonly #sums = new PageSums();
  readonly #start: number;
  #written = 0;
  #keyBytes = 0;
  #liveBytes = 0;

  /** @throws StatelogError `LIMIT_EXCEEDED` where the index would pass 2 GiB: nothing was written */
  constructor(options: IndexFileOptions) {
    checkIndexFits(options, options.path, indexBytesMin(options));
    this.#options = options;
    const expected = expectedIndexBytes(options, options.similar);
    this.#start = INDEX_HEADER_BYTES + this.#blockBytes(expected, options.writePosExpected ?? 0);
    this.#map = new OrderedMapWriter(options.count, (bytes) => {
      this.#take(bytes);
    });
  }

  /**
   * Adds the next entry; the key is copied.
   * @throws StatelogError `DAMAGED` where the key is not above the last one, `LIMIT_EXCEEDED`
   */
  add(key: Uint8Array, offset: number, length: number): void {
    this.addAt(key, 0, key.length, offset, length);
  }

  /** Adds, as `add` does, an entry whose key stands in a buffer. */
  addAt(buffer: Uint8Array, keyStart: number, keyLength: number, offset: number, length: number): void {
    this.#map.addAt(buffer, keyStart, keyLength, offset, length);
    this.#keyBytes += keyLength;
    this.#liveBytes += length;
  }

  /** Writes what is left, then the block and the header. Nothing is synced. */
  finish(fields: IndexFileFields): IndexFileResult {
    return runToEnd(this.finishInSteps(fields));
  }

  /** Does what `finish` does, in steps. */
  *finishInSteps(fields: IndexFileFields): Steps<IndexFileResult> {
    const indexLength = this.#map.finish();
    assert(this.#written === indexLength && this.#sums.length === indexLength, 'all bytes were written');
    const head = this.#encodeHead(indexLength, fields);
    yield* this.#moveTo(head.length);
    const { fileSystem, descriptor } = this.#options;
    writeFully(fileSystem, descriptor, head);
    return {
      count: this.#options.count,
      keyBytes: this.#keyBytes,
      liveBytes: this.#liveBytes,
      indexLength,
      headCrc: headCrcOf(head),
    };
  }

  #encodeHead(indexLength: number, fields: IndexFileFields): Uint8Array {
    const { writePos, nextVersion } = fields;
    if (this.#options.block === false) return encodeIndexHead({ writePos, nextVersion, block: undefined });
    const block = {
      ...fields,
      indexLength,
      valueLength: writePos,
      keyBytes: this.#keyBytes,
      liveBytes: this.#liveBytes,
      indexPageSums: this.#sums.toArray(),
    };
    return encodeIndexHead({ writePos, nextVersion, block });
  }

  #blockBytes(indexLength: number, writePos: number): number {
    return this.#options.block === false ? 0 : indexBlockBytes(indexLength, writePos);
  }

  #take(bytes: Uint8Array): void {
    const { fileSystem, descriptor } = this.#options;
    this.#sums.append(bytes);
    writeFully(fileSystem, descriptor, bytes, 0, bytes.length, this.#start + this.#written);
    this.#written += bytes.length;
  }

  /** Moves the rkyv bytes to where the head ends; the file is not yet anyone's. */
  *#moveTo(start: number): Steps<void> {
    const { fileSystem, descriptor } = this.#options;
    const by = start - this.#start;
    if (by === 0) return;
    const buffer = new Uint8Array(Math.min(MOVED_BYTES, this.#written));
    for (let done = 0; done < this.#written;) {
      const count = Math.min(buffer.length, this.#written - done);
      // Upwards from the end, downwards from the start: nothing is written over before it was read.
      const from = this.#start + (by > 0 ? this.#written - done - count : done);
      readFully(fileSystem, descriptor, buffer, 0, count, from);
      writeFully(fileSystem, descriptor, buffer, 0, count, from + by);
      done += count;
      yield;
    }
    if (by < 0) fileSystem.truncate(descriptor, start + this.#written);
  }
}
