import { crc32 } from '../../bytes/crc/checksum.js';
import { equalBytes } from '../../bytes/compare.js';
import { OneChangeSearch } from '../../bytes/crc/one-change.js';
import { IEEE } from '../../bytes/crc/polynomial.js';
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
import { RECORD_BYTES_MIN, TYPE_AT } from '../format/format.js';
import { FoldRecord } from '../format/record.js';
import { lengthMends } from './length-mends.js';

/**
 * The longest data in which a wrong bit is looked for: up to 91,575 bits no two wrong ones look like one to CRC-32 (Koopman,
 * "32-Bit Cyclic Redundancy Codes for Internet Applications", 2002); beyond, they may, and nothing would tell them apart.
 */
const BIT_BYTES_MAX = 11_446;
/**
 * The longest record in which a wrong, a lost or an added byte is looked for. Of `n` bytes damaged in any
 * other way, whose lengths, type and key are right all the same, and behind which a good record starts, the
 * sum would be right by chance after one of the changes tried in `8n` (a bit), `255n`, `256n` and `n` of 2^32
 * cases; one that two wrong bits anywhere explain as well is left as it is.
 */
const BYTE_BYTES_MAX = 8 * 1024;

/** Fewer bytes than this are no record, not even one that lost a byte. */
export const MENDED_BYTES_MIN = RECORD_BYTES_MIN - 1;

/** A damaged record of a fold log, and what is known of the place where it stands. */
export interface BadFoldRecord {
  /** From its first byte on, as many as may belong to it. */
  readonly bytes: Uint8Array;
  /** Possible ends of the record, counted from its first byte: starts of good records, or the end of the log. */
  readonly ends: readonly number[];
  /** Whether a record that was put right may stand here, before what follows at `end`, by its revision. */
  readonly isInOrder: (record: FoldRecord, end: number) => boolean;
}

/**
 * Finds the one change that puts a damaged record of a fold log right: where checksum, lengths, type, key, and the order of
 * revisions all fit after exactly one, up to where a good record or the end follows; and never where two would do.
 */
export class FoldRecordMender {
  readonly #search = new OneChangeSearch(IEEE);
  readonly #twoBits = new TwoBitsCheck(IEEE);
  readonly #record = new FoldRecord();

  /** @returns undefined where no change, or more than one, would do */
  mend(bad: BadFoldRecord, scope: MendScope): RecordMend | undefined {
    const mends: RecordMend[] = [];
    for (const end of new Set(bad.ends)) {
      if (end < MENDED_BYTES_MIN || end > bad.bytes.length) continue;
      const found = [...lengthMends(bad.bytes, end)];
      if (scope === 'all')
        found.push(...this.#changedMends(bad.bytes, end), ...this.#shiftedMends(bad.bytes, end));
      for (const mend of found) {
        const isKnown = mends.some((one) => isSame(bad.bytes, one, mend));
        if (!isKnown && this.#holdsAfter(bad, mend)) mends.push(mend);
      }
    }
    const mend = onlyMend(mends);
    if (mend === undefined || mend.kind === 'length' || mend.kind === 'bit') return mend;
    return this.#mayBeTwoBits(bad.bytes, mend) ? undefined : mend;
  }

  *#changedMends(bytes: Uint8Array, end: number): Generator<RecordMend, void> {
    const data = end - TYPE_AT;
    if (data > BIT_BYTES_MAX || data < 1) return;
    const sum = crc32(bytes, TYPE_AT, end);
    const wanted = readU32(bytes, 0);
    if (sum === wanted) return;
    const sumByte = onlyByteOf(sum ^ wanted);
    if (sumByte >= 0) yield changeOf(bytes, sumByte, (sum >>> (8 * sumByte)) & 0xff, end);
    const kinds = { wrong: true, lost: false, added: false };
    for (const { at, byte } of this.#search.find(bytes, TYPE_AT, end, sum, wanted, kinds)) {
      yield changeOf(bytes, TYPE_AT + at, byte, end);
    }
  }

  *#shiftedMends(bytes: Uint8Array, end: number): Generator<RecordMend, void> {
    if (end - TYPE_AT > BYTE_BYTES_MAX || end < MENDED_BYTES_MIN) return;
    const sum = crc32(bytes, TYPE_AT, end);
    const kinds = { wrong: false, lost: true, added: true };
    for (const change of this.#search.find(bytes, TYPE_AT, end, sum, readU32(bytes, 0), kinds)) {
      yield shiftOf({ ...change, at: TYPE_AT + change.at }, end);
    }
    // A byte of the checksum itself: the data says what all four must be.
    for (const found of [TYPE_AT - 1, TYPE_AT + 1]) {
      const whole = new Uint8Array(TYPE_AT);
      writeU32(whole, 0, crc32(bytes, found, end));
      const change = shiftedPart(bytes.subarray(0, found), whole);
      if (change !== undefined) yield shiftOf(change, end);
    }
  }

  #holdsAfter({ bytes, isInOrder }: BadFoldRecord, mend: RecordMend): boolean {
    const record = this.#record;
    const whole = applyMend(bytes, mend);
    if (record.parse(whole, 0, whole.length) !== 'whole' || record.length !== whole.length) return false;
    if (!record.checksumHolds() || !record.tokenIsKnown() || !record.keyIsUtf8()) return false;
    return isInOrder(record, mend.end);
  }

  #mayBeTwoBits(bytes: Uint8Array, mend: RecordMend): boolean {
    const data = mend.end - TYPE_AT;
    if (data > BYTE_BYTES_MAX) return true;
    // One that is a byte short, or long, may be whole for all its length says, with two wrong bits in it.
    return this.#twoBits.explains(crc32(bytes, TYPE_AT, mend.end) ^ readU32(bytes, 0), data);
  }
}

/** Whether two mends come to the same: a length that is wrong in one bit is both. */
function isSame(bytes: Uint8Array, one: RecordMend, other: RecordMend): boolean {
  if (one.end !== other.end || isLostOrAdded(one) !== isLostOrAdded(other)) return false;
  return equalBytes(applyMend(bytes, one), applyMend(bytes, other));
}
