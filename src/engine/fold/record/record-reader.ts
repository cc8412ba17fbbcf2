import { checksumHex } from '../../bytes/crc/checksum.js';
import {
  CURSOR_AT,
  CURSOR_TYPE,
  FIELDS_AT,
  HEADER_BYTES,
  RECORD_BYTES_MIN,
  TOKEN_LENGTH_BYTES,
  TYPE_AT,
  VALUE_BYTES_MAX,
} from '../format/format.js';
import { LogWindow, type OpenLog } from './log-window.js';
import { NextRecordSearch } from './next-record.js';
import { FoldRecord } from '../format/record.js';
import { UnknownRecordSearch } from './unknown-record.js';

/**
 * Why the bytes at an offset are no good record.
 * - `short`: its lengths reach past the end of the file
 * - `bad-type`, `bad-length`: a tag that is not ours, a length past its limit
 * - `checksum`: the checksum does not hold
 * - `foreign`: the checksum holds, yet the key is not UTF-8, so that it was written like this
 * - `unknown`: the checksum holds, yet the type, a length or a flag is none that is known: another release wrote it
 * - `zeros`: a run of zeros, to the end or not
 */
export type FaultKind = 'short' | 'bad-type' | 'bad-length' | 'checksum' | 'foreign' | 'unknown' | 'zeros';

/** Bytes that are no good record. */
export interface RecordFault {
  readonly kind: FaultKind;
  readonly offset: number;
  /** End of the record by its own lengths, or end of the zeros; undefined if that is not known. */
  readonly statedEnd: number | undefined;
  /** The byte where the type stands. */
  readonly type: number;
  /** End of the record if it is a cursor. */
  readonly cursorEnd: number;
  /** For a message, if there is one: of a log that is bad at every few bytes nobody can read all. */
  readonly compared?: (() => ComparedValues) | undefined;
}

/** The value that was expected and the one that was found. */
export interface ComparedValues {
  readonly expected: string;
  readonly found: string;
}

/** For each byte that the reading has come on, this many may be looked at ahead, of a stock that is full at first. */
const AHEAD_RATIO = 2;
const AHEAD_BYTES_MAX = 64 * 1024 * 1024;

/** How far the ends of records of unknown types are looked for in vain: a stock of bytes, and for each byte that the reading has come on so many more. */
export interface UnknownAllowance {
  readonly bytesMax: number;
  readonly ratio: number;
}

const UNKNOWN_USUAL: UnknownAllowance = { bytesMax: AHEAD_BYTES_MAX, ratio: 1 / 4 };

/** Reads single records of a log by their offsets, and finds the next after one that is bad. */
export class FoldRecordReader {
  /** The record that `readAt` read last. */
  readonly record = new FoldRecord();
  readonly size: number;
  readonly #window: LogWindow;
  readonly #search: NextRecordSearch;
  readonly #unknown: UnknownRecordSearch;
  readonly #ahead = new FoldRecord();
  /** Bytes that may still be looked at ahead, and the fault for which some were last. */
  #aheadBytes = AHEAD_BYTES_MAX;
  #unknownBytes: number;
  readonly #unknownAllowance: UnknownAllowance;
  #lastFault = 0;
  /** Bytes of records with longer values than are known that may still be summed up: the file's, once. */
  #longBytes: number;

  constructor(log: OpenLog, unknown = UNKNOWN_USUAL) {
    this.size = log.size;
    this.#unknownAllowance = unknown;
    this.#unknownBytes = Math.min(unknown.bytesMax, log.size);
    this.#longBytes = log.size;
    this.#window = new LogWindow(log);
    this.#search = new NextRecordSearch(this.#window);
    this.#unknown = new UnknownRecordSearch(this.#window);
  }

  /** The header's bytes, fewer where the file is shorter. */
  header(): Uint8Array {
    const length = Math.min(HEADER_BYTES, this.size);
    this.#window.reach(0, length);
    return this.#window.bytes.slice(0, length);
  }

  /** True if a good record starts where the header ends. */
  hasRecordAfterHeader(): boolean {
    return this.#recordHoldsAt(HEADER_BYTES, 0);
  }

  /** Start of the first record, if it does not follow the header as it should. */
  firstRecord(): number | undefined {
    return this.hasRecordAfterHeader() ? HEADER_BYTES : this.#search.find(1);
  }

  /** Reads the record at `offset` into `record`; undefined if it is good. */
  readAt(offset: number): RecordFault | undefined {
    const window = this.#window;
    const { record } = this;
    window.reach(offset, Math.min(RECORD_BYTES_MIN, this.size - offset));
    record.offset = offset;
    for (;;) {
      const { bytes, start, end } = window;
      const shape = record.parse(bytes, offset - start, end - start);
      if (shape === 'whole') return this.#check();
      if (shape === 'bad-type') return this.#badType(offset);
      if (shape === 'bad-length') return this.#badLength(offset);
      if (offset + record.needed > this.size) return this.#short(offset);
      window.reach(offset, record.needed);
    }
  }

  /** Start of the next record whose checksum holds; undefined if there is none. */
  resumeAfter(fault: RecordFault): number | undefined {
    const { kind, offset, statedEnd } = fault;
    if (kind === 'foreign' || kind === 'unknown') return statedEnd === this.size ? undefined : statedEnd;
    if (kind === 'zeros') return this.#search.find(Math.max(offset + 1, statedEnd! - TYPE_AT));
    const isLast = statedEnd === this.size;
    if (statedEnd === undefined || !(isLast || this.#recordHoldsAt(statedEnd, offset))) {
      return this.#search.find(offset + 1);
    }
    // Most often the lengths are whole, and what lies within the record must not be taken for records.
    // But a wrong length may end at a later record by chance: then a row of good ones leads up to it.
    return this.#search.findRowTo(offset + 1, statedEnd) ?? (isLast ? undefined : statedEnd);
  }

  /**
   * True if a good record starts at `offset`, after bad bytes at `faultOffset`. How far it looks ahead
   * is bounded by how far the reading has come, lest a file full of faults that each point at 16 MiB
   * be read a thousand times.
   */
  #recordHoldsAt(offset: number, faultOffset: number): boolean {
    this.#refillAhead(faultOffset);
    const ahead = this.#ahead;
    for (let needed = RECORD_BYTES_MIN; this.#affords(offset, needed); { needed } = ahead) {
      this.#window.reach(offset, needed);
      const { bytes, start, end } = this.#window;
      const shape = ahead.parse(bytes, offset - start, end - start);
      if (shape === 'short') continue;
      if (shape !== 'whole' || !this.#affords(offset, ahead.length)) return false;
      this.#aheadBytes -= ahead.length;
      return ahead.checksumHolds();
    }
    return false;
  }

  #refillAhead(faultOffset: number): void {
    const came = faultOffset - this.#lastFault;
    const { bytesMax, ratio } = this.#unknownAllowance;
    this.#aheadBytes = Math.min(this.#aheadBytes + AHEAD_RATIO * came, AHEAD_BYTES_MAX);
    this.#unknownBytes = Math.min(this.#unknownBytes + ratio * came, bytesMax);
    this.#lastFault = faultOffset;
  }

  #affords(offset: number, needed: number): boolean {
    return offset + needed <= this.size && needed <= this.#aheadBytes;
  }

  #check(): RecordFault | undefined {
    const { record } = this;
    const computed = record.computedChecksum();
    const stored = record.storedChecksum;
    const statedEnd = record.offset + record.length;
    if (computed !== stored) {
      return this.#fault('checksum', statedEnd, () => ({
        expected: `crc32 ${checksumHex(stored)}`,
        found: `crc32 ${checksumHex(computed)}`,
      }));
    }
    if (!record.tokenIsKnown()) {
      const what = record.type === CURSOR_TYPE ? 'cursor' : 'version';
      const { tokenLength } = record;
      return this.#fault('unknown', statedEnd, () => ({
        expected: `a ${what} that is known`,
        found: `one of ${tokenLength} bytes`,
      }));
    }
    return record.keyIsUtf8() ? undefined : this.#fault('foreign', statedEnd);
  }

  #short(offset: number): RecordFault {
    const { needed } = this.record;
    return this.#fault('short', undefined, () => ({
      expected: `${needed} bytes or more`,
      found: `${this.size - offset} bytes to the end`,
    }));
  }

  #badType(offset: number): RecordFault {
    const { record } = this;
    if (record.type === 0 && record.storedChecksum === 0) {
      return this.#fault('zeros', this.#window.endOfZeros(offset));
    }
    const { type } = record;
    const fault = this.#fault('bad-type', undefined, () => ({
      expected: 'type 1, 2 or 3',
      found: `type ${type}`,
    }));
    this.#refillAhead(offset);
    const end = this.#endOfUnknown(
      offset,
      (next) =>
        next === this.size ||
        this.#recordHoldsAt(next, offset) ||
        // Two checksums in a row do not hold by chance.
        this.#endOfUnknown(next, () => true) !== undefined,
    );
    return end === undefined ? fault : { ...fault, kind: 'unknown', statedEnd: end };
  }

  #endOfUnknown(offset: number, endsWell: (end: number) => boolean): number | undefined {
    if (offset + FIELDS_AT >= this.size) return undefined;
    const bytesMax = Math.floor(this.#unknownBytes);
    const end = this.#unknown.endOfUnknownType(offset, bytesMax, endsWell);
    // What was found is passed over by the reading, and so costs no more than that.
    if (end === undefined) this.#unknownBytes -= Math.min(this.#unknownBytes, this.size - offset);
    return end;
  }

  /** A value longer than is known is no damage where the checksum holds over it. */
  #badLength(offset: number): RecordFault {
    const { record } = this;
    const { valueLength } = record;
    const fault = this.#fault('bad-length', undefined, () => ({
      expected: `a value of at most ${VALUE_BYTES_MAX} bytes`,
      found: `${valueLength} bytes`,
    }));
    const valueEnd = offset + record.valueStart - record.start + record.valueLength;
    if (valueEnd >= this.size) return fault;
    this.#window.reach(valueEnd, TOKEN_LENGTH_BYTES);
    const tokenLength = this.#window.bytes[valueEnd - this.#window.start]!;
    const statedEnd = valueEnd + TOKEN_LENGTH_BYTES + tokenLength;
    const bytes = statedEnd - offset;
    if (statedEnd > this.size || bytes > this.#longBytes) return fault;
    this.#longBytes -= bytes;
    return this.#unknown.checksumHolds(offset, statedEnd) ? { ...fault, kind: 'unknown', statedEnd } : fault;
  }

  #fault(kind: FaultKind, statedEnd?: number, compared?: () => ComparedValues): RecordFault {
    const { bytes, start, offset } = this.record;
    const cursorEnd = offset + CURSOR_AT + (bytes[start + FIELDS_AT] ?? 0);
    return { kind, offset, statedEnd, type: bytes[start + TYPE_AT] ?? 0, cursorEnd, compared };
  }
}
