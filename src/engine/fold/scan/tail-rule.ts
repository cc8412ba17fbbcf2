import { CURSOR_BYTES_MAX, CURSOR_TYPE, RECORD_BYTES_MIN } from '../format/format.js';
import type { OpenLog } from '../record/log-window.js';
import { type RecordFault, FoldRecordReader } from '../record/record-reader.js';

/** The facts that a verdict about bad bytes rests on. */
export interface TailFacts {
  readonly fault: RecordFault;
  /** Size of the file. */
  readonly size: number;
  /** True where the bytes were certainly appended (append-signs.ts). */
  readonly appended: boolean;
  /** True where a cursor record stands before the bytes. */
  readonly cursorSeen: boolean;
  /** Offset of the next record whose checksum holds. */
  readonly resume: number | undefined;
}

/**
 * Tells an unfinished last write from damage (docs/formats/fold-log.md, "Torn or damaged").
 *
 * One apply writes its records and then one cursor, and the cursor is written only when all before it is on disk or in
 * the same page (writing-session.ts). So bad bytes with a good cursor behind them were on disk once: they rotted. Only
 * what follows the last cursor may never have reached the disk, in any part. And nothing of the
 * compact form is ever torn.
 */
export class TailRule {
  readonly #applies: CursorAhead;
  readonly #groups: CursorAhead;

  constructor(log: OpenLog) {
    this.#applies = new CursorAhead(log, false);
    this.#groups = new CursorAhead(log, true);
  }

  /** True where the bytes are the unfinished end of the log, false where they are damage. */
  isTorn({ fault, size, appended, cursorSeen, resume }: TailFacts): boolean {
    if (fault.kind === 'foreign' || fault.kind === 'unknown') return false;
    if (fault.kind === 'zeros' && fault.statedEnd === size) return true;
    if (resume !== undefined) {
      return cursorSeen && !wasCursor(fault, resume) && this.#applies.isMissingFrom(resume);
    }
    if (appended || fault.kind === 'short') return true;
    // Nothing but a first cursor is ever appended to a compact log (append-log writer, "boundary").
    const boundaryCutShort = size - fault.offset <= CURSOR_BYTES_MAX;
    const lastRecord = fault.kind === 'checksum' && size - fault.statedEnd! < RECORD_BYTES_MIN;
    return boundaryCutShort || lastRecord;
  }

  /** True where what follows the mark of a group, from `from` on, was never acknowledged: no cursor is behind it. */
  isGroupUnfinished(from: number): boolean {
    return this.#groups.isMissingFrom(from);
  }
}

/** Looks ahead for the next cursor. */
class CursorAhead {
  readonly #log: OpenLog;
  readonly #endCounts: boolean;
  #ahead: FoldRecordReader | undefined;
  /** The last answer: from which offset, up to which record, and whether no cursor was there. */
  #askedFrom = -1;
  #knownUpTo = -1;
  #isMissing = false;

  /** @param endCounts whether bad bytes at the very end count as the cursor that they were: all before them is there then */
  constructor(log: OpenLog, endCounts: boolean) {
    this.#log = log;
    this.#endCounts = endCounts;
  }

  /** True where no cursor follows from `from` on: an apply that was never acknowledged. */
  isMissingFrom(from: number): boolean {
    if (from >= this.#askedFrom && from <= this.#knownUpTo) return this.#isMissing;
    this.#ahead ??= new FoldRecordReader(this.#log);
    this.#askedFrom = from;
    const { record, size } = this.#ahead;
    let next: number | undefined = from;
    while (next !== undefined && next < size) {
      const fault = this.#ahead.readAt(next);
      this.#knownUpTo = next;
      if (fault === undefined) {
        if (record.type === CURSOR_TYPE) return (this.#isMissing = false);
        next += record.length;
      } else {
        next = this.#ahead.resumeAfter(fault);
        const wasWritten = fault.kind === 'foreign' || fault.kind === 'unknown';
        const isEnd =
          next === undefined ? this.#endCounts && endsAsCursor(fault, size) : wasCursor(fault, next);
        if (wasWritten || isEnd) return (this.#isMissing = false);
      }
    }
    this.#knownUpTo = size;
    return (this.#isMissing = true);
  }
}

/**
 * True where bad bytes, up to the next good record, are a cursor of which a type, a length or the
 * rest was hit: an apply ended here, so what follows was written after it had been synced. A
 * put or delete is never as short as its key's length makes it then.
 */
function wasCursor({ kind, offset, type, cursorEnd }: RecordFault, resume: number): boolean {
  // Zeros are what a write leaves that never reached the disk, such as a closing cursor's.
  if (kind === 'zeros' || resume - offset > CURSOR_BYTES_MAX) return false;
  return type === CURSOR_TYPE || cursorEnd === resume;
}

/** True where bad bytes at the end of the file are of a cursor, by their type: those of a put that was cut may have its length. */
function endsAsCursor({ kind, offset, type }: RecordFault, size: number): boolean {
  return kind !== 'zeros' && size - offset <= CURSOR_BYTES_MAX && type === CURSOR_TYPE;
}

/** Counts the good records of a log from the one at `from` on. */
export function countGood(log: OpenLog, from: number): number {
  const reader = new FoldRecordReader(log);
  let records = 0;
  let next: number | undefined = from;
  while (next !== undefined && next < reader.size) {
    const fault = reader.readAt(next);
    if (fault === undefined) records += 1;
    next = fault === undefined ? next + reader.record.length : reader.resumeAfter(fault);
  }
  return records;
}
