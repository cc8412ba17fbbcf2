import { readU32 } from '../../bytes/halves.js';
import { ROOT, ROOT_BYTES, TAG_COMMIT } from '../../rkyv/entry/wal-entry-format.js';
import { KeptOrder } from '../format/merge-order.js';
import type { RecordOrder, Standing } from '../format/record-order.js';
import type { RecordReader } from '../record/record-reader.js';
import { HEADER, isPlausibleLength, RECORD_BYTES_MIN, RECORD_HEADER_BYTES } from '../format/record.js';
import { hasShapeOfRoot, hasTag } from '../format/root-shape.js';

/** Highest top byte of a plausible length: 256 MiB is 0x10000000. */
const LENGTH_TOP_BYTE_MAX = 0x10;
const LENGTH_LOW_BITS = 7;
/** The most bytes of a length that can be zero, and lie in a hole, before the first that is not. */
const LENGTH_BYTES_BEFORE = 3;
/** Whether zeros are a hole is asked after at least so many, since to ask is not free. */
const HOLE_BYTES_MIN = 256 * 1024;

/** Decides whether a candidate may be the next record: a `RecordOrder`, as a rule. */
export type JudgesOrder = Pick<RecordOrder, 'judge' | 'isAfterMissing'>;

/**
 * Finds records after damage, at any byte offset, since bytes may have been lost or added. At each
 * offset the cheap questions come first: a plausible length, a root of the right shape where it
 * would be, core, epoch and sequence that fit. Only then is anything checksummed.
 */
export class RecordSearch {
  /** How the record found last stands to the last good one. */
  standing: Standing = 'follows';
  /** Whether the root looked at last says how long its entry is. */
  rootSaysLength = false;
  readonly #reader: RecordReader;
  readonly #order: JudgesOrder;
  readonly #fields = new KeptOrder();
  readonly #far = new Uint8Array(ROOT_BYTES);
  /** The root that is in `#far`, if any, and the window when it was read. */
  #farRoot = -1;
  #farGeneration = -1;

  constructor(reader: RecordReader, order: JudgesOrder) {
    this.#reader = reader;
    this.#order = order;
  }

  /**
   * The first offset in [from, limit) where a good record starts that may come after the last good
   * one; the reader then holds it. -1 if there is none.
   */
  next(from: number, limit: number): number {
    const { window } = this.#reader;
    let position = from;
    while (position < limit && position + RECORD_BYTES_MIN <= window.end) {
      const at = window.load(position, RECORD_BYTES_MIN);
      if (at < 0) return -1;
      const stop = Math.min(window.availableFrom(position) - RECORD_BYTES_MIN + 1, limit - position);
      const step = nextPlausible(window.bytes, at, at + stop) - at;
      position += step;
      if (step === stop) {
        position = this.#skipHole(position, stop);
        continue;
      }
      this.#reader.reach(position);
      if (this.#isGood(position)) return position;
      position += 1;
    }
    return -1;
  }

  /**
   * True if a record of `length` bytes of data at `position` would end with the root of the very
   * entry that comes next: its extent is then certain, even if it is not good.
   */
  endsWithNext(position: number, length: number): boolean {
    return (
      this.#mayHaveRoot(position, RECORD_HEADER_BYTES + length) &&
      this.#readRoot(position, length) &&
      this.#order.isAfterMissing(0, this.#fields)
    );
  }

  /** The position to go on at after a stretch without a plausible length: a hole of a sparse file is not read. */
  #skipHole(position: number, passed: number): number {
    if (passed < HOLE_BYTES_MIN) return position;
    return Math.max(position, this.#reader.window.skipHole(position) - LENGTH_BYTES_BEFORE);
  }

  #isGood(position: number): boolean {
    const reader = this.#reader;
    const { window } = reader;
    const at = window.indexOf(position);
    const length = readU32(window.bytes, at + HEADER.length);
    const bytes = RECORD_HEADER_BYTES + length;
    if (!isPlausibleLength(length) || position + bytes > window.end) return false;
    if (!this.#mayHaveRoot(position, bytes)) return false;
    const crc = readU32(window.bytes, at + HEADER.crc);
    if (!this.#readRoot(position, length)) return false;
    this.standing = this.#order.judge(this.#fields, position, crc);
    if (!belongs(this.standing)) return false;
    return reader.check(position) === 'good';
  }

  /** Whether a root may stand where a record of so many bytes ends; once reads far away have cost too much, the index ahead says so. */
  #mayHaveRoot(position: number, bytes: number): boolean {
    const { window, checksums } = this.#reader;
    if (window.holds(position, bytes)) {
      return hasTag(window.bytes, window.indexOf(position) + bytes - ROOT_BYTES);
    }
    return !checksums.isExhausted || checksums.indexAt(position, window.end).claims(position, bytes);
  }

  /** Reads the root's fields. @returns false if what is there does not look like one */
  #readRoot(position: number, length: number): boolean {
    const { window } = this.#reader;
    const root = position + RECORD_HEADER_BYTES + length - ROOT_BYTES;
    let bytes = window.bytes;
    let at = window.indexOf(root);
    if (!window.holds(root, ROOT_BYTES)) {
      // Many headers may claim the same end.
      if (root !== this.#farRoot || window.generation !== this.#farGeneration) {
        this.#reader.checksums.countPeek();
        this.#farRoot = -1;
        if (!window.peek(root, ROOT_BYTES, this.#far)) return false;
        this.#farRoot = root;
        this.#farGeneration = window.generation;
      }
      bytes = this.#far;
      at = 0;
    }
    if (!hasShapeOfRoot(bytes, at, length)) return false;
    this.rootSaysLength = bytes[at + ROOT.tag] !== TAG_COMMIT;
    this.#fields.read(bytes, at);
    return true;
  }
}

/** True if a record that stands so may be a good one of this segment. */
export function belongs(standing: Standing): boolean {
  return standing === 'follows' || standing === 'restart' || standing === 'jump';
}

/** The first index in [from, to) where a plausible length may start; `to` if there is none. */
function nextPlausible(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to) {
    if ((bytes[at]! & LENGTH_LOW_BITS) === 0 && bytes[at + 3]! <= LENGTH_TOP_BYTE_MAX) {
      if ((bytes[at]! | bytes[at + 1]! | bytes[at + 2]! | bytes[at + 3]!) !== 0) return at;
      at = skipZeros(bytes, at + 4, to + 3) - 4;
    }
    at += 1;
  }
  return to;
}

/** The first index from `at` on whose byte is not zero; `to` if there is none. */
function skipZeros(bytes: Uint8Array, at: number, to: number): number {
  while (at < to && bytes[at] === 0) at++;
  return Math.min(at, to);
}
