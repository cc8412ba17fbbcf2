import { crc32c } from '../../bytes/crc/checksum.js';
import { BATCH_BYTES_MAX, BATCH_LENGTH_MAX, RECORDS_AT, SUMS_AT } from './batch-sum-layout.js';
import { type BatchSumInstance, createBatchSum } from './batch-sum-module.js';
import type { WordBuffer } from '../format/record-words.js';
import { HEADER, RECORD_HEADER_BYTES } from '../format/record.js';

/** The header's fields in words, of which a record's first is `at >>> 2`. */
const LENGTH = HEADER.length / 4;
const CRC = HEADER.crc / 4;
/** Fewer bytes are not worth the way into WebAssembly's memory and back. */
const BATCH_BYTES_MIN = 512;
/** After damage, this many good records in a row make it likely that the next ones are good, too. */
const RECORDS_ALONE = 8;
/** Fewer are not worth compiling the module for: a segment that is looked at once, for one key. */
const FIRST_BATCH_BYTES_MIN = 256 * 1024;

const shared: { instance: BatchSumInstance | undefined } = { instance: undefined };

/** One for all: it is only in use within a call. Compiled when first needed. */
function batchSum(): BatchSumInstance {
  shared.instance ??= createBatchSum();
  return shared.instance;
}

/**
 * Computes the checksums of whole records that lie back to back in `bytes[from, to)`, their lengths
 * already in place; `from` is a multiple of 8. All of a batch are done in one go, just before it is written: two short records at
 * a time in WebAssembly, long ones in native code.
 */
export function checksumRecords(records: WordBuffer, from: number, to: number): void {
  const { bytes, words } = records;
  for (let at = from; at < to;) {
    const end = endOfShort(words, at, to);
    if (end - at >= BATCH_BYTES_MIN) {
      checksumShort(records, at, end);
      at = end;
      continue;
    }
    const word = at >>> 2;
    const data = at + RECORD_HEADER_BYTES;
    at = data + words[word + LENGTH]!;
    words[word + CRC] = crc32c(bytes, data, at);
  }
}

/** End of the short records that start at `from`, and of a batch with them. */
function endOfShort(words: Int32Array, from: number, to: number): number {
  const stop = Math.min(to, from + BATCH_BYTES_MAX);
  for (let at = from; at < stop;) {
    const length = words[(at >>> 2) + LENGTH]!;
    const end = at + RECORD_HEADER_BYTES + length;
    if (length > BATCH_LENGTH_MAX || end > stop) return at;
    at = end;
  }
  return stop;
}

function checksumShort({ bytes, words }: WordBuffer, from: number, to: number): void {
  const { sums } = runOn(bytes, from, to);
  for (let at = from, index = 0; at < to; index++) {
    const word = at >>> 2;
    words[word + CRC] = sums[index]!;
    at += RECORD_HEADER_BYTES + words[word + LENGTH]!;
  }
}

function runOn(bytes: Uint8Array, from: number, to: number): { sums: Uint32Array; count: number } {
  const instance = batchSum();
  instance.bytes.set(bytes.subarray(from, to), RECORDS_AT);
  const end = instance.run(RECORDS_AT, RECORDS_AT + to - from);
  return { sums: instance.sums, count: (end - SUMS_AT) / 4 };
}

/**
 * Checksums of records that are about to be read one after the other, computed ahead together.
 *
 * Invariant: sum `#next` is that of the record at `#position` of the window as it was when `fill` was
 * called; any other question drops the rest.
 */
export class SumsAhead {
  /** The sums, of which `next` is that of the record at hand, and `count` how many there are. */
  sums = new Uint32Array(16);
  count = 0;
  next = 0;
  #position = -1;
  /** The position that the batch began at. */
  #from = -1;
  #generation = -1;
  /** Grows while all of it is of use, so that a damaged segment does not pay for what it never reads. */
  #batchBytes = BATCH_BYTES_MIN;
  /** Records still to be summed one by one before the next batch: where there was damage, more of it is usually near. */
  #alone = 0;

  /** True if the sum of the record at a position is there, in a window that has not moved since. */
  has(position: number, generation: number): boolean {
    if (this.holds(position, generation)) return true;
    const used = this.#position - this.#from;
    if (this.next < this.count || (this.count > 0 && used < this.#batchBytes / 2)) {
      this.#batchBytes = BATCH_BYTES_MIN;
      this.#alone = RECORDS_ALONE;
    } else if (this.count > 0) {
      this.#batchBytes = Math.min(this.#batchBytes * 2, BATCH_BYTES_MAX);
    }
    this.count = 0;
    this.next = 0;
    return false;
  }

  /** True if the sum of the record at a position is there; asked of many records at once, and says nothing of damage. */
  holds(position: number, generation: number): boolean {
    return this.next < this.count && position === this.#position && generation === this.#generation;
  }

  /** Passes over the sums of so many records, of so many bytes. @returns how many */
  skip(bytes: number, records: number): number {
    this.#position += bytes;
    this.next += records;
    return records;
  }

  /** The sum of the record at hand; the next one asked for is of the record behind it. */
  take(recordBytes: number): number {
    this.#position += recordBytes;
    return this.sums[this.next++]!;
  }

  /** Computes sums of the records from `position` on, which stands at `at` in `bytes[0, filled)`. */
  fill(bytes: Uint8Array, at: number, filled: number, position: number, generation: number): boolean {
    if (this.#alone > 0) {
      this.#alone -= 1;
      return false;
    }
    if (shared.instance === undefined && filled - at < FIRST_BATCH_BYTES_MIN) return false;
    const to = Math.min(filled, at + this.#batchBytes);
    if (to - at < BATCH_BYTES_MIN) return false;
    const { sums, count } = runOn(bytes, at, to);
    if (this.sums.length < count) this.sums = new Uint32Array(sums.length);
    this.sums.set(sums.subarray(0, count));
    this.count = count;
    this.next = 0;
    this.#position = position;
    this.#from = position;
    this.#generation = generation;
    return count > 0;
  }
}
