import { checksumRecords } from './batch-sum.js';
import type { WordBuffer } from './record-words.js';

const WORD_BYTES = 4;

/**
 * Records on their way to a file: encoded in place, checksummed together, written together.
 *
 * Invariants:
 * - `bytes[0, filled)` are whole records;
 * - those in `bytes[0, sealed)` have their checksums.
 */
export class RecordBuffer implements WordBuffer {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  filled = 0;
  #sealed = 0;

  /** @param capacity in bytes, rounded down to whole words */
  constructor(capacity: number) {
    this.words = new Int32Array(Math.floor(capacity / WORD_BYTES));
    this.bytes = new Uint8Array(this.words.buffer);
  }

  /** How many bytes are left. */
  get room(): number {
    return this.bytes.length - this.filled;
  }

  /** Gives all records their checksums. @returns the bytes to write: a view */
  seal(): Uint8Array {
    checksumRecords(this.bytes, this.#sealed, this.filled);
    this.#sealed = this.filled;
    return this.bytes.subarray(0, this.filled);
  }

  clear(): void {
    this.filled = 0;
    this.#sealed = 0;
  }
}
