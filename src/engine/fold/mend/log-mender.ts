import { MendBudget, type MendSearch } from '../../bytes/mend-budget.js';
import type { MendScope, PlacedLook, RecordMend } from '../../bytes/record-mend.js';
import { HEADER_BYTES, RECORD_BYTES_MAX } from '../format/format.js';
import type { FoldRecord } from '../format/record.js';
import { type RecordFault, type UnknownAllowance, FoldRecordReader } from '../record/record-reader.js';
import { readLog, type OpenLog } from '../record/log-window.js';
import { AppendSigns } from '../scan/append-signs.js';
import { FoldRecordMender, MENDED_BYTES_MIN } from './record-mender.js';

/** Records that are damaged one behind the other, and can be told from each other by what stands behind them. */
const DEPTH_MAX = 16;
const REVISION_BYTES = 8;
/** For a search whose mends are only told. */
const UNKNOWN_IN_HINTS: UnknownAllowance = { bytesMax: 1024 * 1024, ratio: 0 };
/** Revisions that ascended so far, before which it may have been by chance. */
const REVISIONS_MIN = 8;

/**
 * Goes through a fold log behind its header, and tells of each damaged record that exactly one change puts right. A record is put
 * right only where a good one, the log's end, or another that is put right follows it.
 */
export class FoldLogMender {
  readonly #log: OpenLog;
  readonly #scope: MendScope;
  readonly #reader: FoldRecordReader;
  readonly #ahead: FoldRecordReader;
  readonly #mender = new FoldRecordMender();
  readonly #budget: MendBudget;
  readonly #from: number;
  readonly #signs = new AppendSigns();
  #lastRevision: bigint | undefined;
  #revisionsAscend = true;
  #revisions = 0;
  #records = 0;
  #hasBad = false;
  /** By offset: what was found out of records further on. */
  readonly #known = new Map<number, RecordMend | undefined>();

  constructor(log: OpenLog, scope: MendScope, { effort, from }: MendSearch = { effort: 'repair', from: 0 }) {
    this.#from = Math.max(from, HEADER_BYTES);
    this.#log = log;
    this.#scope = scope;
    this.#budget = new MendBudget(effort, log.size);
    // Records of other releases are told before; here they only cost.
    const unknown = effort === 'hint' ? UNKNOWN_IN_HINTS : undefined;
    this.#reader = new FoldRecordReader(log, unknown);
    this.#ahead = new FoldRecordReader(log, unknown);
  }

  /** Once all was gone through: whether no bytes behind the header are bad, and records are there. */
  get isWhole(): boolean {
    return !this.#hasBad && this.#records > 0;
  }

  /** Yields each run of damaged bytes that may be a record, in the order in which they lie, mended or not. */
  *looks(): Generator<PlacedLook, void> {
    const { size } = this.#log;
    for (let offset = this.#from; offset < size;) {
      const fault = this.#reader.readAt(offset);
      if (fault === undefined) {
        this.#see(this.#reader.record);
        offset += this.#reader.record.length;
        continue;
      }
      this.#hasBad = true;
      const mend = this.#mendAt(fault, 0);
      yield { offset, mend };
      offset = mend === undefined ? (this.#ahead.resumeAfter(fault) ?? size) : offset + mend.end;
    }
  }

  #mendAt(fault: RecordFault, depth: number): RecordMend | undefined {
    const { offset, kind } = fault;
    if (kind === 'foreign' || kind === 'unknown' || kind === 'zeros' || depth > DEPTH_MAX) return undefined;
    if (this.#known.has(offset)) return this.#known.get(offset);
    const ends = this.#endsOf(fault, depth);
    const longest = Math.max(0, ...ends);
    if (longest < MENDED_BYTES_MIN || !this.#budget.spend(longest)) return undefined;
    const bytes = new Uint8Array(longest);
    readLog(this.#log, bytes, 0, longest, offset);
    const isInOrder = (record: FoldRecord, end: number): boolean => this.#isInOrder(record, offset + end);
    const mend = this.#mender.mend({ bytes, ends, isInOrder }, this.#scope);
    this.#known.set(offset, mend);
    return mend;
  }

  /** Possible ends of a bad record, counted from its start. */
  #endsOf(fault: RecordFault, depth: number): number[] {
    const { offset, statedEnd } = fault;
    const { size } = this.#log;
    const ahead = this.#ahead;
    const resume = ahead.resumeAfter(fault);
    const ends = [(resume ?? size) - offset];
    if (statedEnd !== undefined && statedEnd < size && statedEnd !== resume) {
      const next = ahead.readAt(statedEnd);
      if (next === undefined || this.#mendAt(next, depth + 1) !== undefined) ends.push(statedEnd - offset);
    }
    return ends.filter((end) => end <= RECORD_BYTES_MAX);
  }

  #see(record: FoldRecord): void {
    this.#records += 1;
    this.#signs.see(record);
    const revision = revisionOf(record);
    if (revision === undefined) return;
    if (this.#lastRevision !== undefined && revision < this.#lastRevision) this.#revisionsAscend = false;
    this.#lastRevision = revision;
    this.#revisions += 1;
  }

  get #areInOrder(): boolean {
    return this.#revisions >= REVISIONS_MIN && this.#revisionsAscend && this.#signs.appended;
  }

  /** By its revision, in a log that was appended to in their order; a compact one is in the order of its keys. */
  #isInOrder(record: FoldRecord, end: number): boolean {
    const revision = revisionOf(record);
    if (revision === undefined || !this.#areInOrder) return true;
    if (this.#lastRevision !== undefined && revision < this.#lastRevision) return false;
    if (end >= this.#log.size || this.#ahead.readAt(end) !== undefined) return true;
    const next = revisionOf(this.#ahead.record);
    return next === undefined || next >= revision;
  }
}

function revisionOf(record: FoldRecord): bigint | undefined {
  if (record.tokenLength !== REVISION_BYTES) return undefined;
  return record.token().asU64();
}
