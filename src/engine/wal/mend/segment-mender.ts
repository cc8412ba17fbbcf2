import { readU32 } from '../../bytes/halves.js';
import type { MendScope, RecordMend } from '../../bytes/record-mend.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { HEADER, isPlausibleLength, RECORD_HEADER_BYTES, RECORD_LENGTH_MAX } from '../format/record.js';
import { ROOT_BYTES } from '../../rkyv/entry/wal-entry-format.js';
import { entryLengthOfRoot } from '../format/root-shape.js';
import { RecordSweep } from '../scan/record-sweep.js';
import { neighbourOf, type Neighbour } from './neighbours.js';
import { RecordMender } from './record-mender.js';

/** How far a record is looked for beyond the next one that is good, which may be a part of its value; and the longest gap that is read unasked. */
const BEYOND_BYTES = 1024 * 1024;
/** Bytes of damaged records that are looked at, of files that are nothing else: so much, and for each byte of the file so many more. */
const LOOKED_BYTES_FREE = 256 * 1024 * 1024;
const LOOKED_BYTES_A_BYTE = 4;

/** A damaged record of a file, and the change that puts it right. */
export interface PlacedMend {
  /** Start of the record. */
  readonly offset: number;
  readonly mend: RecordMend;
}

/**
 * Goes through a segment, wherever its records belong, and tells of each damaged one that exactly one change puts right. Memory is
 * that of the longest record; time linear in the file.
 */
export class SegmentMender {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #size: number;
  readonly #scope: MendScope;
  readonly #sweep: RecordSweep;
  readonly #mender = new RecordMender();
  #lookedBytes: number;
  #hasBad = false;

  constructor(fileSystem: FileSystem, descriptor: FileDescriptor, scope: MendScope) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#size = fileSystem.statusOf(descriptor).size;
    this.#scope = scope;
    this.#sweep = new RecordSweep(fileSystem, descriptor, 0, this.#size);
    this.#lookedBytes = -LOOKED_BYTES_A_BYTE * this.#size;
  }

  /** Once all was gone through: whether no bytes are bad, and records are there. */
  get isWhole(): boolean {
    return !this.#hasBad && this.#sweep.lastGood >= 0;
  }

  /** Yields the possible mends, in the order in which they lie. */
  *mends(): Generator<PlacedMend, void> {
    const sweep = this.#sweep;
    for (let badAt = sweep.nextBad(); badAt >= 0; badAt = sweep.nextBad()) {
      this.#hasBad = true;
      const last = sweep.recordAt(sweep.lastGood);
      const before = last === undefined ? undefined : neighbourOf(last);
      const goodAt = sweep.goodBehind(badAt);
      const end = goodAt < 0 ? this.#size : goodAt;
      const went = yield* this.#mendFrom(badAt, end, before);
      if (went >= this.#size) return;
      sweep.goOnAt(went);
    }
  }

  /** Mends the records from `badAt` on up to the next good one, as far as each leads to the next. @returns where to go on */
  *#mendFrom(badAt: number, end: number, last: Neighbour | undefined): Generator<PlacedMend, number> {
    let before = last;
    let offset = badAt;
    while (offset < end) {
      const mend = this.#mendAt(offset, end, before);
      if (mend !== undefined) yield { offset, mend };
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
    const mend = this.#mendWithin(offset, end, end, before);
    return mend ?? this.#mendBeyond(offset, end, before);
  }

  /** Mends beyond the apparent end: the next good record may be a part of this one's value. */
  #mendBeyond(offset: number, end: number, before: Neighbour | undefined): RecordMend | undefined {
    const to = Math.min(this.#size, Math.max(end, offset) + BEYOND_BYTES, offset + 2 * BEYOND_BYTES);
    if (to <= end && this.#isWorthReading(offset, end)) return undefined;
    this.#lookedBytes += to - offset;
    return this.#lookedBytes > LOOKED_BYTES_FREE ? undefined : this.#mendWithin(offset, end, to, before);
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
    const header = this.#read(offset, RECORD_HEADER_BYTES);
    if (header.length < RECORD_HEADER_BYTES) return undefined;
    const length = readU32(header, HEADER.length);
    const next = RECORD_HEADER_BYTES + length;
    if (!isPlausibleLength(length) || offset + next >= end) return undefined;
    return entryLengthOfRoot(this.#read(offset + next - ROOT_BYTES, ROOT_BYTES), 0) === length
      ? next
      : undefined;
  }

  #read(offset: number, bytes: number): Uint8Array {
    const into = new Uint8Array(bytes);
    return into.subarray(0, this.#fileSystem.read(this.#descriptor, into, 0, bytes, offset));
  }
}
