import { checksumRecords } from '../sums/batch-sum.js';
import type { WordBuffer } from '../format/record-words.js';

const WORD_BYTES = 4;
/** A buffer's first size: a writer of one record does not need more. */
const FIRST_BYTES = 16 * 1024;

/**
 * Records on their way to a file: encoded in place, checksummed together, written together.
 *
 * Invariants:
 * - `bytes[0, filled)` are whole records;
 * - those in `bytes[0, sealed)` have their checksums.
 */
export class RecordBuffer implements WordBuffer {
  bytes: Uint8Array;
  words: Int32Array;
  filled = 0;
  #sealed = 0;
  readonly #capacity: number;

  /**
   * @param capacity in bytes, rounded down to whole words
   * @param firstBytes what it starts with, as far as that is known to be needed
   */
  constructor(capacity: number, firstBytes = FIRST_BYTES) {
    this.#capacity = capacity - (capacity % WORD_BYTES);
    this.words = new Int32Array(Math.ceil(Math.min(this.#capacity, firstBytes) / WORD_BYTES));
    this.bytes = new Uint8Array(this.words.buffer);
  }

  /** How many bytes are left. */
  get room(): number {
    return this.#capacity - this.filled;
  }

  /** Makes sure that `count` bytes can be written behind those that are filled; there must be room for them. */
  reserve(count: number): void {
    if (this.filled + count > this.bytes.length) this.#widen(this.filled + count);
  }

  /** Gives all records their checksums. @returns the bytes to write: a view */
  seal(): Uint8Array {
    checksumRecords(this, this.#sealed, this.filled);
    this.#sealed = this.filled;
    return this.bytes.subarray(0, this.filled);
  }

  clear(): void {
    this.filled = 0;
    this.#sealed = 0;
  }

  #widen(bytesMin: number): void {
    const bytes = Math.min(Math.max(bytesMin, 4 * this.bytes.length), this.#capacity);
    const words = new Int32Array(Math.ceil(bytes / WORD_BYTES));
    const wider = new Uint8Array(words.buffer);
    wider.set(this.bytes.subarray(0, this.filled));
    this.words = words;
    this.bytes = wider;
  }
}
