import { crc32c } from '../bytes/checksum.js';
import { readU32, writeU32 } from '../bytes/halves.js';
import { HEADER, RECORD_HEADER_BYTES } from './record.js';

/**
 * Computes the checksums of whole records that lie back to back in `bytes[from, to)`, their lengths
 * already in place. All of a batch are done in one go, just before it is written.
 */
export function checksumRecords(bytes: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to;) {
    const data = at + RECORD_HEADER_BYTES;
    const end = data + readU32(bytes, at + HEADER.length);
    writeU32(bytes, at + HEADER.crc, crc32c(bytes, data, end));
    at = end;
  }
}

/**
 * Records on their way to a file: encoded in place, checksummed together, written together.
 *
 * Invariants:
 * - `bytes[0, filled)` are whole records;
 * - those in `bytes[0, sealed)` have their checksums.
 */
export class RecordBuffer {
  readonly bytes: Uint8Array;
  filled = 0;
  #sealed = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
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
