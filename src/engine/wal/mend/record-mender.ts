import { crc32c } from '../../bytes/crc/checksum.js';
import { OneChangeSearch } from '../../bytes/crc/one-change.js';
import { CASTAGNOLI } from '../../bytes/crc/polynomial.js';
import { TwoBitsCheck } from '../../bytes/crc/two-bits.js';
import { readU32, writeU32 } from '../../bytes/halves.js';
import {
  applyMend,
  changeOf,
  isLostOrAdded,
  onlyByteOf,
  onlyMend,
  shiftedPart,
  shiftOf,
  type MendScope,
  type RecordMend,
} from '../../bytes/record-mend.js';
import { ROOT_BYTES, TAG_DELETE, TAG_PUT } from '../../rkyv/entry/wal-entry-format.js';
import { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import { HEADER, isPlausibleLength, RECORD_BYTES_MIN, RECORD_HEADER_BYTES } from '../format/record.js';
import { ANY_LENGTH, entryLengthOfRoot, hasShapeOfRoot } from '../format/root-shape.js';
import { mayStandBetween, type Neighbour } from './neighbours.js';

/** Lengths are multiples of this. */
const LENGTH_STEP = 8;
/**
 * The longest data that a wrong bit, a wrong byte, a lost or an added one is looked for in. Of `n` bytes damaged in any other
 * way, whose length, root and place are right all the same, the sum would be right by chance after one of the changes tried in
 * `8n`, `255n`, `256n` and `n` of 2^32 cases: at these lengths one of 256 (of 200 bytes, as most records have, one of
 * 2.7 million for a bit). What is not of those bytes at random is told apart for certain: no two wrong bits look like one, since CRC-32C
 * tells an even number of them from an odd one, and no other number up to four does in 655 bytes; and a byte is not put right where
 * two bits elsewhere would explain the sum as well. A record is also held against its neighbours (neighbours.ts): a
 * sequence that is the next one of 2^64, the core, the epoch.
 */
const BIT_BYTES_MAX = 2 * 1024 * 1024;
const BYTE_BYTES_MAX = 8 * 1024;
const LOST_BYTES_MAX = 64 * 1024;
const ADDED_BYTES_MAX = BIT_BYTES_MAX;

/** A damaged record, and what is known of the place where it stands. */
export interface BadRecord {
  /** From its first byte on, as many as may belong to it; they are changed while it is looked at, and put back. */
  readonly bytes: Uint8Array;
  /** Start of the record in its file. */
  readonly position: number;
  /**
   * Start of the next good record or end of the file, counted from the record's first byte; -1 if that is not
   * known.
   */
  readonly end: number;
  /** The record that ends where it starts, if that is good. */
  readonly before: Neighbour | undefined;
  /** The good record that starts so many bytes behind its first one. */
  readonly after: (end: number) => Neighbour | undefined;
}

/**
 * Finds the one change that puts a damaged record of a segment right: where checksum, layout, sequence, core and epoch all fit
 * after exactly one, and never where two would do. The extent is taken from the length that the record states, from
 * a root of the next sequence that says so, and from where the next good record starts.
 */
export class RecordMender {
  readonly #search = new OneChangeSearch(CASTAGNOLI);
  readonly #twoBits = new TwoBitsCheck(CASTAGNOLI);
  readonly #view = new WalEntryView();

  /** @returns undefined where no change, or more than one, would do */
  mend(bad: BadRecord, scope: MendScope): RecordMend | undefined {
    if (bad.bytes.length < RECORD_BYTES_MIN - 1) return undefined;
    const mends = this.#lengthMends(bad);
    if (scope === 'all') mends.push(...this.#changedMends(bad), ...this.#shiftedMends(bad));
    const mend = onlyMend(mends);
    return mend === undefined || (mend.kind === 'byte' && this.#mayBeTwoBits(bad, mend)) ? undefined : mend;
  }

  /** Mends for a wrong length: the data has the checksum that the header states. */
  #lengthMends(bad: BadRecord): RecordMend[] {
    const { bytes } = bad;
    const mends: RecordMend[] = [];
    const stated = readU32(bytes, HEADER.length);
    const crc = readU32(bytes, HEADER.crc);
    for (let end = RECORD_BYTES_MIN; end <= bytes.length; end += LENGTH_STEP) {
      const length = end - RECORD_HEADER_BYTES;
      const implied = entryLengthOfRoot(bytes, end - ROOT_BYTES);
      if (implied !== length && (implied !== ANY_LENGTH || end !== bad.end)) continue;
      if (length === stated || !this.#isInPlace(bad, bytes, RECORD_HEADER_BYTES, end, end)) continue;
      if (crc32c(bytes, RECORD_HEADER_BYTES, end) !== crc) continue;
      const after = new Uint8Array(RECORD_HEADER_BYTES - HEADER.crc);
      writeU32(after, 0, length);
      mends.push({
        kind: 'length',
        at: HEADER.length,
        before: bytes.slice(HEADER.length, HEADER.crc),
        after,
        end,
      });
    }
    return mends;
  }

  /** Mends for one wrong byte of the checksum or of the data: the length is right. */
  #changedMends(bad: BadRecord): RecordMend[] {
    const { bytes } = bad;
    const length = readU32(bytes, HEADER.length);
    const end = RECORD_HEADER_BYTES + length;
    if (!isPlausibleLength(length) || end > bytes.length || length > BIT_BYTES_MAX) return [];
    const sum = crc32c(bytes, RECORD_HEADER_BYTES, end);
    const wanted = readU32(bytes, HEADER.crc);
    if (sum === wanted) return [];
    const mends: RecordMend[] = [];
    const sumByte = onlyByteOf(sum ^ wanted);
    if (sumByte >= 0) mends.push(changeOf(bytes, HEADER.crc + sumByte, (sum >>> (8 * sumByte)) & 0xff, end));
    const kinds = { wrong: true, lost: false, added: false };
    for (const { at, byte } of this.#search.find(bytes, RECORD_HEADER_BYTES, end, sum, wanted, kinds)) {
      mends.push(changeOf(bytes, RECORD_HEADER_BYTES + at, byte, end));
    }
    return mends.filter((mend) => this.#holdsAfter(bad, mend, length));
  }

  /** Mends for a next good record that starts a byte earlier or later than the length says. */
  #shiftedMends(bad: BadRecord): RecordMend[] {
    const { bytes, end } = bad;
    if (end < RECORD_BYTES_MIN - 1 || end > bytes.length) return [];
    const stated = readU32(bytes, HEADER.length);
    const inHeader = this.#shiftedHeader(bad);
    if (!isPlausibleLength(stated)) return inHeader;
    const missing = stated - (end - RECORD_HEADER_BYTES);
    const isLost = missing === 1 && stated <= LOST_BYTES_MAX;
    const isAdded = missing === -1 && stated <= ADDED_BYTES_MAX;
    if (!isLost && !isAdded) return inHeader;
    const sum = crc32c(bytes, RECORD_HEADER_BYTES, end);
    const kinds = { wrong: false, lost: isLost, added: isAdded };
    const changes = this.#search.find(
      bytes,
      RECORD_HEADER_BYTES,
      end,
      sum,
      readU32(bytes, HEADER.crc),
      kinds,
    );
    const mends = changes.map((change) => shiftOf({ ...change, at: RECORD_HEADER_BYTES + change.at }, end));
    return [...inHeader, ...mends.filter((mend) => this.#holdsAfter(bad, mend, stated))];
  }

  /** Mends for a byte of the header itself that was lost or added: root and data say what all of it must be. */
  #shiftedHeader(bad: BadRecord): RecordMend[] {
    const { bytes, end } = bad;
    const mends: RecordMend[] = [];
    for (const found of [RECORD_HEADER_BYTES - 1, RECORD_HEADER_BYTES + 1]) {
      const length = end - found;
      if (!isPlausibleLength(length) || !hasShapeOfRoot(bytes, end - ROOT_BYTES, length)) continue;
      if (length > BIT_BYTES_MAX || !this.#isInPlace(bad, bytes, found, end, end)) continue;
      const header = new Uint8Array(RECORD_HEADER_BYTES);
      writeU32(header, HEADER.length, length);
      writeU32(header, HEADER.crc, crc32c(bytes, found, end));
      const change = shiftedPart(bytes.subarray(0, found), header);
      if (change !== undefined) mends.push(shiftOf(change, end));
    }
    return mends;
  }

  /** Whether a record is one that a writer made, for this place, once it was put right. */
  #holdsAfter(bad: BadRecord, mend: RecordMend, length: number): boolean {
    if (isLostOrAdded(mend)) {
      const whole = applyMend(bad.bytes, mend);
      return this.#isInPlace(bad, whole, RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + length, mend.end);
    }
    bad.bytes.set(mend.after, mend.at);
    const holds = this.#isInPlace(bad, bad.bytes, RECORD_HEADER_BYTES, mend.end, mend.end);
    bad.bytes.set(mend.before, mend.at);
    return holds;
  }

  /** Whether `bytes[start, end)` is an entry as writers lay it out, and belongs between its neighbours. */
  #isInPlace(bad: BadRecord, bytes: Uint8Array, start: number, end: number, sourceEnd: number): boolean {
    if (!hasShapeOfRoot(bytes, end - ROOT_BYTES, end - start)) return false;
    // The map of a Commit is checked as a whole: where it cannot be this one, that would take long.
    if (this.#view.decode(bytes, start, end) !== undefined || !hasZeroPadding(this.#view)) return false;
    return mayStandBetween(this.#view, bad.position, bad.before, bad.after(sourceEnd));
  }

  #mayBeTwoBits({ bytes }: BadRecord, { end }: RecordMend): boolean {
    const length = end - RECORD_HEADER_BYTES;
    if (length > BYTE_BYTES_MAX) return true;
    const sum = crc32c(bytes, RECORD_HEADER_BYTES, end);
    return this.#twoBits.explains(sum ^ readU32(bytes, HEADER.crc), length);
  }
}

/** Whether what lies between the content and the root is as writers leave it. */
function hasZeroPadding({
  tag,
  bytes,
  rootStart,
  keyStart,
  keyLength,
  valueStart,
  valueLength,
}: WalEntryView): boolean {
  if (tag !== TAG_PUT && tag !== TAG_DELETE) return true;
  const contentEnd = tag === TAG_PUT ? valueStart + valueLength : keyStart + keyLength;
  return bytes.subarray(contentEnd, rootStart).every((byte) => byte === 0);
}
