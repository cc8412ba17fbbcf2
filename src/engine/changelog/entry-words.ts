/**
 * One entry in a changelog's memory, as 32-bit words: laid out as LaminarDB's entry is, epoch
 * u64, key hash u64, offset u64, length u32, op u8, 3 bytes unused. It never leaves the
 * process, so that bytes are in the machine's order (little-endian wherever we run).
 *
 * The constants are not exported, and the hot paths' inner parts are here with them: an
 * imported constant is loaded and checked each time, one of this module is folded.
 */
import { assert } from '../assert.js';
import type { StateOp } from './entry.js';
import { StateChangelogEntry } from './entry.js';

const WORD_BYTES = 4;

/** In 32-bit words; the low half of a 64-bit field comes first. */
const EPOCH = 0;
const KEY_HASH = EPOCH + 2;
const OFFSET = KEY_HASH + 2;
const LENGTH = OFFSET + 2;
const OP = LENGTH + 1;
const ENTRY_WORDS = OP + 1;
/** An entry's number is shifted by this to give its first word. */
const ENTRY_SHIFT = 3;
const HALF_RANGE = 2 ** 32;

/** Size of one entry. */
export const ENTRY_BYTES = ENTRY_WORDS * WORD_BYTES;

assert(ENTRY_BYTES === 32, 'an entry takes 32 bytes, as in the original');
assert(ENTRY_WORDS === 1 << ENTRY_SHIFT, 'an entry number is shifted to its word');

/**
 * Takes one entry, field by field. 64-bit fields come as two signed 32-bit halves, which
 * never allocate (`high * 2 ** 32 + (low >>> 0)` puts them together); `valueLength` is
 * unsigned. It must not pop, drain, clear or detach the changelog that it is called from.
 */
export type ChangelogVisitor = (
  epochLow: number,
  epochHigh: number,
  keyHashLow: number,
  keyHashHigh: number,
  offsetLow: number,
  offsetHigh: number,
  valueLength: number,
  op: StateOp,
) => void;

/** The first word, from the first entry's, of the entry for a position. */
export function entryWord(position: number, mask: number): number {
  return (position & mask) << ENTRY_SHIFT;
}

/** Writes an entry at word `at`; `offset` is an integer below 2^53. */
export function writeRecord(
  words: Int32Array,
  at: number,
  epochLow: number,
  epochHigh: number,
  keyHashLow: number,
  keyHashHigh: number,
  offset: number,
  valueLength: number,
  op: StateOp,
): void {
  words[at + EPOCH] = epochLow;
  words[at + EPOCH + 1] = epochHigh;
  words[at + KEY_HASH] = keyHashLow;
  words[at + KEY_HASH + 1] = keyHashHigh;
  words[at + OFFSET] = offset;
  words[at + OFFSET + 1] = offset < HALF_RANGE ? 0 : Math.floor(offset / HALF_RANGE);
  words[at + LENGTH] = valueLength;
  words[at + OP] = op;
}

/** Sets the offset of the entry at word `at`, all 64 bits of it. */
export function writeOffset(longs: BigUint64Array, at: number, offset: bigint): void {
  longs[(at + OFFSET) >> 1] = offset;
}

/** Hands the entry at word `at` to `visit`. */
export function visitRecord(words: Int32Array, at: number, visit: ChangelogVisitor): void {
  visit(
    words[at + EPOCH]!,
    words[at + EPOCH + 1]!,
    words[at + KEY_HASH]!,
    words[at + KEY_HASH + 1]!,
    words[at + OFFSET]!,
    words[at + OFFSET + 1]!,
    words[at + LENGTH]! >>> 0,
    words[at + OP] as StateOp,
  );
}

/** Writes an entry at word `at`. */
export function writeEntry(
  words: Int32Array,
  longs: BigUint64Array,
  at: number,
  entry: StateChangelogEntry,
): void {
  longs[(at + EPOCH) >> 1] = entry.epoch;
  longs[(at + KEY_HASH) >> 1] = entry.keyHash;
  longs[(at + OFFSET) >> 1] = entry.mmapOffset;
  words[at + LENGTH] = entry.valueLength;
  words[at + OP] = entry.op;
}

/** The entry at word `at`, as an object. */
export function readEntry(words: Int32Array, longs: BigUint64Array, at: number): StateChangelogEntry {
  return new StateChangelogEntry(
    longs[(at + EPOCH) >> 1]!,
    longs[(at + KEY_HASH) >> 1]!,
    longs[(at + OFFSET) >> 1]!,
    words[at + LENGTH]! >>> 0,
    words[at + OP] as StateOp,
  );
}
