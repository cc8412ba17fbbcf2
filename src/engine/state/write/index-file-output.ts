import { assert } from '../../assert.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import type { Steps } from '../../steps.js';
import { readFully, writeFully } from '../../storage-io/whole/write-fully.js';
import { INDEX_HEADER_BYTES } from '../format/format.js';
import { indexBlockBytes } from '../format/index-block.js';
import { encodeIndexHead, headCrcOf } from '../format/index-head-bytes.js';
import type { IndexMeasure, IndexShape } from '../format/index-size.js';
import { PageSums } from '../format/page-sums.js';

/** Bytes moved in one step. */
const MOVED_BYTES = 512 * 1024;

/** The place that an index is written to. */
export interface IndexFilePlace {
  readonly fileSystem: FileSystem;
  /** An empty file to write to. Syncing, naming and closing it are the caller's. */
  readonly descriptor: FileDescriptor;
  /** For messages. */
  readonly path: string;
  /** Value bytes in use, as far as known: only to leave the right room for the block. */
  readonly writePosExpected?: number | undefined;
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

/** The totals of an index's entries. */
export interface IndexTotals extends IndexShape {
  readonly liveBytes: number;
}

/**
 * The bytes of an index file on their way out: the rkyv bytes in order, then the block and the header.
 *
 * The block stands before the rkyv bytes, and its length follows from theirs, which is known only at
 * the end. So room is left for the expected length, and where that was wrong by 16 KiB of index or more, the rkyv
 * bytes are moved by the difference. Until the header is there the file is not an index to anyone.
 */
export class IndexFileOutput {
  readonly #place: IndexFilePlace;
  readonly #sums = new PageSums();
  readonly #start: number;
  #written = 0;

  /** @param expectedBytes about how many rkyv bytes there will be */
  constructor(place: IndexFilePlace, expectedBytes: number) {
    this.#place = place;
    this.#start = INDEX_HEADER_BYTES + this.#blockBytes(expectedBytes, place.writePosExpected ?? 0);
  }

  /** Writes the next rkyv bytes. */
  take(bytes: Uint8Array): void {
    const { fileSystem, descriptor } = this.#place;
    this.#sums.append(bytes);
    writeFully(fileSystem, descriptor, bytes, 0, bytes.length, this.#start + this.#written);
    this.#written += bytes.length;
  }

  /** Writes the block and the header, when all `indexLength` rkyv bytes were taken. Nothing is synced. */
  *finish(indexLength: number, totals: IndexTotals, fields: IndexFileFields): Steps<IndexFileResult> {
    assert(this.#written === indexLength && this.#sums.length === indexLength, 'all bytes were written');
    const head = this.#encodeHead(indexLength, totals, fields);
    yield* this.#moveTo(head.length);
    const { fileSystem, descriptor } = this.#place;
    writeFully(fileSystem, descriptor, head);
    const { count, keyBytes, liveBytes } = totals;
    return { count, keyBytes, liveBytes, indexLength, headCrc: headCrcOf(head) };
  }

  #encodeHead(
    indexLength: number,
    { keyBytes, liveBytes }: IndexTotals,
    fields: IndexFileFields,
  ): Uint8Array {
    const { writePos, nextVersion } = fields;
    if (this.#place.block === false) return encodeIndexHead({ writePos, nextVersion, block: undefined });
    const indexPageSums = this.#sums.toArray();
    const block = { ...fields, indexLength, valueLength: writePos, keyBytes, liveBytes, indexPageSums };
    return encodeIndexHead({ writePos, nextVersion, block });
  }

  #blockBytes(indexLength: number, writePos: number): number {
    return this.#place.block === false ? 0 : indexBlockBytes(indexLength, writePos);
  }

  /** Moves the rkyv bytes to where the head ends; the file is not yet anyone's. */
  *#moveTo(start: number): Steps<void> {
    const { fileSystem, descriptor } = this.#place;
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
