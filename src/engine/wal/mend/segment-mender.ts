import { readU32 } from '../../bytes/halves.js';
import { MendBudget, type MendEffort, type MendSearch } from '../../bytes/mend-budget.js';
import type { MendScope, PlacedLook, RecordMend } from '../../bytes/record-mend.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { HEADER, isPlausibleLength, RECORD_HEADER_BYTES, RECORD_LENGTH_MAX } from '../format/record.js';
import { ROOT_BYTES } from '../../rkyv/entry/wal-entry-format.js';
import { entryLengthOfRoot } from '../format/root-shape.js';
import { RecordSweep } from '../scan/record-sweep.js';
import { neighbourOf, type Neighbour } from './neighbours.js';
import { RecordMender } from './record-mender.js';

/** How far a record is looked for beyond the next one that is good, which may be a part of its value; and the longest gap that is read unasked. */
const BEYOND_BYTES = 1024 * 1024;

/** Bytes to read at once where fewer are asked for. */
const READ_BYTES = 64 * 1024;

/**
 * Goes through a segment, wherever its records belong, and tells of each damaged one that exactly one change puts right. Memory is
 * that of the longest record; time linear in the file.
 */
export class SegmentMender {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #size: number;
  readonly #scope: MendScope;
  readonly #effort: MendEffort;
  readonly #sweep: RecordSweep;
  readonly #mender = new RecordMender();
  readonly #near: MendBudget;
  readonly #beyond: MendBudget;
  /** The bytes that were read last, and where they stand. */
  #bytes = new Uint8Array();
  #start = 0;
  #filled = 0;
  #hasBad = false;

  constructor(
    fileSystem: FileSystem,
    descriptor: FileDescriptor,
    scope: MendScope,
    { effort, from }: MendSearch = { effort: 'repair', from: 0 },
  ) {
    this.#effort = effort;
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#size = fileSystem.statusOf(descriptor).size;
    this.#scope = scope;
    this.#sweep = new RecordSweep(fileSystem, descriptor, from, this.#size);
    this.#near = new MendBudget(effort, this.#size);
    this.#beyond = new MendBudget(effort, this.#size);
  }

  /** Once all was gone through: whether no bytes are bad, and records are there. */
  get isWhole(): boolean {
    return !this.#hasBad && this.#sweep.lastGood >= 0;
  }

  /** Yields each damaged record that can be told from others, in the order in which they lie, mended or not. */
  *looks(): Generator<PlacedLook, void> {
    const sweep = this.#sweep;
    for (let badAt = sweep.nextBad(); badAt >= 0; badAt = sweep.nextBad()) {
      this.#hasBad = true;
      const last = sweep.recordAt(sweep.lastGood);
      const before = last === undefined ? undefined : neighbourOf(last);
      // Of what is mostly false claims nothing is told beforehand.
      if (this.#effort === 'hint' && sweep.isExhausted) return;
      const goodAt = sweep.goodBehind(badAt);
      const end = goodAt < 0 ? this.#size : goodAt;
      const went = yield* this.#mendFrom(badAt, end, before);
      if (went >= this.#size) return;
      sweep.goOnAt(went);
    }
  }

  /** Mends the records from `badAt` on up to the next good one, as far as each leads to the next. @returns where to go on */
  *#mendFrom(badAt: number, end: number, last: Neighbour | undefined): Generator<PlacedLook, number> {
    let before = last;
    let offset = badAt;
    while (offset < end) {
      const mend = this.#mendAt(offset, end, before);
      yield { offset, mend };
      // Where it ends for certain, mended or not, the next one starts.
      const next = mend?.end ?? this.#certainEnd(offset, end);
      if (next === undefined) return end;
      before = before === undefined ? undefined : { ...before, sequence: before.sequence + 1n };
      offset += next;
    }
    return offset;
  }

  #mendAt(offset: number, end: number, before: Neighbour | undefined): RecordMend | undefined {
    if (!this.#isWorthReading(offset, end)) return this.#mendBeyond(offset, end, before);
    const to = this.#near.spend(end - offset) ? end : this.#statedEnd(offset, end);
    const mend = this.#mendWithin(offset, end, to, before);
    return mend ?? this.#mendBeyond(offset, end, before);
  }

  /** Mends beyond the apparent end: the next good record may be a part of this one's value. */
  #mendBeyond(offset: number, end: number, before: Neighbour | undefined): RecordMend | undefined {
    const to = Math.min(this.#size, Math.max(end, offset) + BEYOND_BYTES, offset + 2 * BEYOND_BYTES);
    if (to <= end && this.#isWorthReading(offset, end)) return undefined;
    return this.#beyond.spend(to - offset) ? this.#mendWithin(offset, end, to, before) : undefined;
  }

  #mendWithin(
    offset: number,
    end: number,
    to: number,
    before: Neighbour | undefined,
  ): RecordMend | undefined {
    const bytes = this.#read(offset, to - offset);
    const after = (at: number): Neighbour | undefined => {
      const view = this.#sweep.recordAt(offset + at);
      return view === undefined ? undefined : neighbourOf(view);
    };
    return this.#mender.mend({ bytes, position: offset, end: end - offset, before, after }, this.#scope);
  }

  /** Whether the bytes up to the next good record may be one: of those that are far apart only the last are looked at first. */
  #isWorthReading(offset: number, end: number): boolean {
    const length = end - offset - RECORD_HEADER_BYTES;
    if (length <= BEYOND_BYTES) return true;
    if (length > RECORD_LENGTH_MAX) return false;
    const implied = entryLengthOfRoot(this.#read(end - ROOT_BYTES, ROOT_BYTES), 0);
    return implied === length;
  }

  /** End of a record that cannot be mended, counted from its start, if its length and its root agree. */
  #certainEnd(offset: number, end: number): number | undefined {
    const next = this.#statedEnd(offset, end);
    if (next <= offset || next === end) return undefined;
    const length = next - offset - RECORD_HEADER_BYTES;
    const isCertain = entryLengthOfRoot(this.#read(next - ROOT_BYTES, ROOT_BYTES), 0) === length;
    return isCertain ? next - offset : undefined;
  }

  /** End of a record by the length that it states, at most `end`; its start where that says nothing. */
  #statedEnd(offset: number, end: number): number {
    const header = this.#read(offset, RECORD_HEADER_BYTES);
    if (header.length < RECORD_HEADER_BYTES) return offset;
    const length = readU32(header, HEADER.length);
    return isPlausibleLength(length) ? Math.min(offset + RECORD_HEADER_BYTES + length, end) : offset;
  }

  /** Bytes of the file, until the next call. */
  #read(offset: number, bytes: number): Uint8Array {
    const isHere = offset >= this.#start && offset + bytes <= this.#start + this.#filled;
    if (!isHere) this.#readOn(offset, bytes);
    const at = offset - this.#start;
    return this.#bytes.subarray(at, Math.min(at + bytes, this.#filled));
  }

  /** Reads so many bytes, and what comes behind them: as a rule that is asked for next. */
  #readOn(offset: number, bytes: number): void {
    const wanted = Math.max(bytes, READ_BYTES);
    if (this.#bytes.length < wanted) this.#bytes = new Uint8Array(wanted);
    this.#start = offset;
    this.#filled = this.#fileSystem.read(this.#descriptor, this.#bytes, 0, wanted, offset);
  }
}
