import { RangeChecksum, SUM_BLOCK_BYTES } from '../../bytes/crc/range-checksum.js';
import { CURSOR_TYPE, FIELDS_AT, RECORD_BYTES_MIN, TYPE_AT } from '../format/format.js';
import type { LogWindow } from './log-window.js';
import { FoldRecord } from '../format/record.js';

/** Records of at most this many bytes are summed up directly: that costs less than two partial sums. */
const DIRECT_BYTES_MAX = 256;
/** Whether what was passed is a hole is asked after at least so many bytes, since to ask is not free. */
const HOLE_BYTES_MIN = 256 * 1024;

/**
 * Finds the next record after damage. Records are not aligned, so each offset is tried: first by
 * its type byte and its lengths, which turns away all but a few in 256, then by its checksum, told
 * from running sums so that overlapping false starts of 16 MiB each cost no more than short ones.
 * The time is linear in the bytes searched, and the memory that of the window and of one
 * sum for 64 bytes of it, whatever the bytes are.
 */
export class NextRecordSearch {
  readonly #window: LogWindow;
  readonly #candidate = new FoldRecord();
  #sums: RangeChecksum | undefined;
  /** No record whose checksum holds starts from `#searchedFrom` on before `#searchedTo`. */
  #searchedFrom = 0;
  #searchedTo = 0;

  constructor(window: LogWindow) {
    this.#window = window;
  }

  /** Offset of the first record from `from` on, and before `limit`, whose checksum holds. */
  find(from: number, limit = this.#window.size): number | undefined {
    const isKnown = from >= this.#searchedFrom && from <= this.#searchedTo;
    if (!isKnown) this.#searchedFrom = from;
    let offset = this.#nextPlausibleType(isKnown ? this.#searchedTo : from);
    while (offset < limit && this.#lengthAt(offset) === 0) offset = this.#nextPlausibleType(offset + 1);
    this.#searchedTo = Math.max(isKnown ? this.#searchedTo : from, Math.min(offset, limit));
    return offset < limit ? offset : undefined;
  }

  /**
   * Offset of the first record from `from` on that begins a row of good ones, each where the last one
   * ends, up to exactly `end`. What only looks like records, within a value, does not end there.
   */
  findRowTo(from: number, end: number): number | undefined {
    for (let next = this.find(from, end); next !== undefined;) {
      let rowEnd = next;
      for (let length = this.#lengthAt(rowEnd); length > 0 && rowEnd < end; length = this.#lengthAt(rowEnd)) {
        rowEnd += length;
      }
      if (rowEnd === end) return next;
      // Every record of this row leads to the same dead end, so none of them is tried again.
      next = this.find(Math.max(rowEnd, next + 1), end);
    }
    return undefined;
  }

  /** Length of the record at `offset`, or 0 if there is none whose checksum holds. */
  #lengthAt(offset: number): number {
    const { size } = this.#window;
    if (offset + RECORD_BYTES_MIN > size) return 0;
    this.#reach(offset, RECORD_BYTES_MIN);
    for (;;) {
      const { bytes, start, end } = this.#window;
      const shape = this.#candidate.parse(bytes, offset - start, end - start);
      if (shape === 'whole') return this.#checksumHolds(offset) ? this.#candidate.length : 0;
      if (shape !== 'short' || offset + this.#candidate.needed > size) return 0;
      this.#reach(offset, this.#candidate.needed);
    }
  }

  /** The first offset from `from` on where the type byte is one of ours; past the end if there is none. */
  #nextPlausibleType(from: number): number {
    const window = this.#window;
    for (let offset = from; offset + FIELDS_AT <= window.size;) {
      this.#reach(offset, FIELDS_AT);
      const { bytes, start } = window;
      const last = window.end - start;
      for (let at = offset - start + TYPE_AT; at < last; at++) {
        // 0 becomes the largest number there is, so that one comparison does for both bounds.
        if ((bytes[at]! - 1) >>> 0 < CURSOR_TYPE) return start + at - TYPE_AT;
      }
      offset = window.end - TYPE_AT;
      if (last >= HOLE_BYTES_MIN) offset = Math.max(offset, window.skipHole(offset) - TYPE_AT);
    }
    return window.size;
  }

  #checksumHolds(offset: number): boolean {
    const candidate = this.#candidate;
    if (candidate.length <= DIRECT_BYTES_MAX) {
      return candidate.checksumHolds();
    }
    this.#sums ??= new RangeChecksum();
    const { bytes, start } = this.#window;
    const sum = this.#sums.of(bytes, start, offset + TYPE_AT, offset + candidate.length);
    return sum === candidate.storedChecksum;
  }

  /** With a block before it, where a partial sum may start. */
  #reach(offset: number, length: number): void {
    const lead = Math.min(offset, SUM_BLOCK_BYTES);
    this.#window.reach(offset - lead, lead + length);
  }
}
