import { readU32 } from '../../bytes/halves.js';
import type { RecordOrder } from '../format/record-order.js';
import type { RecordReader } from '../record/record-reader.js';
import { belongs, RecordSearch } from './record-search.js';
import { HEADER, isPlausibleLength, RECORD_HEADER_BYTES } from '../format/record.js';

/** How far to look for a record that fits better than one whose sequence jumps. */
const LOOKAHEAD_BYTES = 1024 * 1024;
/** The account of such looks: so much at first, and for each byte of progress so much more. */
const LOOKED_BYTES_FREE = 8 * 1024 * 1024;
const LOOKED_BYTES_A_BYTE = 1 / 2;
const LENGTH_BITS = 32;

/**
 * Decides where reading goes on after damage. Any good record that comes later in the order would
 * do, were it not for bytes that only look like this segment's: a block copied from elsewhere in it,
 * or a value that itself holds records. So
 *
 * - a bad record whose own end is certain (its root, or the record behind it, is the very next one in
 *   order) is passed over whole;
 * - a record whose sequence is no further on than the bytes passed over account for is taken at once;
 * - one that jumps further is taken unless, within the lookahead, one that fits follows and could then
 *   not be taken any more; and not if it lies in a run that breaks off within the extent that the bad
 *   record claims.
 */
export class Landing {
  /** Whether the record landed on jumps further than the bytes passed over account for. */
  jumps = false;
  readonly #reader: RecordReader;
  readonly #search: RecordSearch;
  readonly #order: RecordOrder;
  readonly #from: number;
  #lookedBytes = 0;
  /** The order of the records up to the last one that jumps, if those are taken. */
  readonly #afterRun: RecordOrder;

  constructor(reader: RecordReader, order: RecordOrder, from: number) {
    this.#reader = reader;
    this.#order = order;
    this.#afterRun = order.clone();
    this.#search = new RecordSearch(reader, order);
    this.#from = from;
  }

  /**
   * The next good record after a bad one.
   * @param badAt where the bad one starts
   * @param from the first offset to try: `badAt` for a good record that jumps, its end for one that
   * does not belong, `badAt + 1` for bytes that are no record
   * @returns its offset; -1 if no more follow
   */
  find(badAt: number, from: number): number {
    this.jumps = false;
    const { window } = this.#reader;
    const claimedEnd = from === badAt + 1 ? this.#claimedEnd(badAt) : badAt;
    let at = from === badAt + 1 ? this.#certainEnd(badAt) : from;
    let jumpAt = -1;
    let runEnd = -1;
    let limit = window.end;
    for (;;) {
      at = this.#search.next(at, limit);
      if (at < 0) break;
      if (this.#search.standing !== 'jump') {
        if (jumpAt < 0 || !this.#comesAfterRun(at)) return at;
        break;
      }
      const { view, recordBytes, headerCrc } = this.#reader;
      if (jumpAt < 0 || (at !== runEnd && runEnd <= claimedEnd)) {
        jumpAt = at;
        limit = Math.min(window.end, at + this.#lookahead(at));
        this.#afterRun.copyFrom(this.#order);
      }
      runEnd = at + recordBytes;
      this.#afterRun.accept(view, at, recordBytes, headerCrc);
      this.#lookedBytes += recordBytes;
      at = runEnd;
    }
    if (jumpAt < 0) return -1;
    const lookedToTheEnd = at < 0 && limit === window.end;
    if (lookedToTheEnd && runEnd <= claimedEnd && runEnd !== window.end) return -1;
    this.jumps = true;
    return jumpAt;
  }

  /** True if the record at hand can still be taken after those that jump: by the order in which it would be read then. */
  #comesAfterRun(at: number): boolean {
    const { view, headerCrc } = this.#reader;
    return belongs(this.#afterRun.judge(view, at, headerCrc));
  }

  #lookahead(position: number): number {
    const allowed = LOOKED_BYTES_FREE + LOOKED_BYTES_A_BYTE * (position - this.#from);
    return this.#lookedBytes > allowed ? 1 : LOOKAHEAD_BYTES;
  }

  /** End of the bad record by its own header, past the end of the file too; `badAt` if that says nothing. */
  #claimedEnd(badAt: number): number {
    const length = this.#lengthAt(badAt);
    return isPlausibleLength(length) ? badAt + RECORD_HEADER_BYTES + length : badAt;
  }

  /** The certain end of the bad record, else the next byte. */
  #certainEnd(badAt: number): number {
    const length = this.#lengthAt(badAt);
    if (length < 0) return badAt + 1;
    const end = this.#endIfCertain(badAt, length);
    if (end > 0) return end;
    if (this.#isFollowedInOrder(badAt, length)) return badAt + RECORD_HEADER_BYTES + length;
    if (this.#reader.checksums.isExhausted) return badAt + 1;
    for (let bit = 0; bit < LENGTH_BITS; bit++) {
      const mended = this.#endIfCertain(badAt, (length ^ (1 << bit)) >>> 0);
      // A Commit may be whole further on, after a copied block: its end here would be chance.
      if (mended > 0 && this.#search.rootSaysLength) return mended;
    }
    return badAt + 1;
  }

  #endIfCertain(badAt: number, length: number): number {
    const end = badAt + RECORD_HEADER_BYTES + length;
    if (!isPlausibleLength(length) || end > this.#reader.window.end) return -1;
    if (!this.#search.endsWithNext(badAt, length)) return -1;
    // A Commit's root does not say how long its entry is: what follows must bear it out.
    const isSure = this.#search.rootSaysLength || end === this.#reader.window.end;
    return isSure || this.#reader.goodElsewhere(end) !== undefined ? end : -1;
  }

  #isFollowedInOrder(badAt: number, length: number): boolean {
    const end = badAt + RECORD_HEADER_BYTES + length;
    if (!isPlausibleLength(length) || end >= this.#reader.window.end) return false;
    const next = this.#reader.goodElsewhere(end);
    return next !== undefined && this.#order.isAfterMissing(1, next);
  }

  /** The length that a header claims; -1 where the file ends before it. */
  #lengthAt(position: number): number {
    const { window } = this.#reader;
    const at = window.load(position, RECORD_HEADER_BYTES);
    return at < 0 ? -1 : readU32(window.bytes, at + HEADER.length);
  }
}
