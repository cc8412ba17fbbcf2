/**
 * How a changelog lies in shared memory: three lines of header, then the entries.
 *
 * | line | written by | words |
 * |---|---|---|
 * | 0 | its creator | magic, capacity, count of attached objects |
 * | 1 | the producer | claim, head, overflows, epoch |
 * | 2 | the consumer | claim, tail, cleared |
 *
 * Head, tail, overflows and cleared are positions (`bytes/shared/shared-position.ts`). A line is two
 * cache lines long: processors fetch them in pairs, and the producer's stores shall not
 * take the consumer's line away from it.
 */
import { assert } from '../assert.js';
import { nextClaimant } from '../bytes/shared/shared-claim.js';
import { POSITION_WORDS } from '../bytes/shared/shared-position.js';
import { ENTRY_BYTES } from './entry-words.js';

const WORD_BYTES = 4;
const LINE_WORDS = 32;

const MAGIC = 0x5343_4c31; // "SCL1"

const CREATOR_LINE = 0;
const MAGIC_WORD = CREATOR_LINE;
const CAPACITY_WORD = MAGIC_WORD + 1;

/** Counts the objects that were attached, to number them. */
export const ATTACHED = CAPACITY_WORD + 1;

const PRODUCER_LINE = CREATOR_LINE + LINE_WORDS;

/** The claim of the producer (`bytes/shared/shared-claim.ts`). */
export const PRODUCER_CLAIM = PRODUCER_LINE;
/** Position: how many entries were ever accepted and published. */
export const HEAD = PRODUCER_CLAIM + 1;
/** Position: how many pushes found no room. */
export const OVERFLOWS = HEAD + POSITION_WORDS;
/** The epoch for new entries, in two words. */
export const EPOCH = PRODUCER_LINE + LINE_WORDS / 2;

const CONSUMER_LINE = PRODUCER_LINE + LINE_WORDS;

/** The claim of the consumer. */
export const CONSUMER_CLAIM = CONSUMER_LINE;
/** Position: how many entries have left, drained or cleared. */
export const TAIL = CONSUMER_CLAIM + 1;
/** Position: how many of those were cleared. */
export const CLEARED = TAIL + POSITION_WORDS;

/** Word of the first entry. */
export const ENTRIES = CONSUMER_LINE + LINE_WORDS;

assert(EPOCH % 2 === 0 && ENTRIES % 2 === 0, 'what is read as 64-bit words starts on one');

/** The most entries that a changelog can hold: 2 GiB of them. */
export const CAPACITY_MAX = 2 ** 26;

/** How many entries pass, at most, before a batch is published. */
const BATCH_MAX = 64;

/** A changelog's memory as both ends see it. */
export interface ChangelogMemory {
  readonly sharedBuffer: SharedArrayBuffer;
  /** The memory as 32-bit and as 64-bit words. */
  readonly words: Int32Array;
  readonly longs: BigUint64Array;
  readonly capacity: number;
  /** Takes a position to its entry's number. */
  readonly mask: number;
  /** Head and tail are published where a position has none of these bits. */
  readonly batchMask: number;
  /** This attachment's number among all. */
  readonly claimant: number;
}

/** Memory for `capacity` entries, a power of two up to `CAPACITY_MAX`. */
export function createChangelogMemory(capacity: number): SharedArrayBuffer {
  const sharedBuffer = new SharedArrayBuffer(ENTRIES * WORD_BYTES + capacity * ENTRY_BYTES);
  const words = new Int32Array(sharedBuffer);
  words[CAPACITY_WORD] = capacity;
  Atomics.store(words, MAGIC_WORD, MAGIC);
  return sharedBuffer;
}

/**
 * The two views of a changelog's memory. Throws a `TypeError` if it is no SharedArrayBuffer
 * that `createChangelogMemory` made.
 */
export function openChangelogMemory(sharedBuffer: SharedArrayBuffer): ChangelogMemory {
  if (!isChangelogMemory(sharedBuffer)) throw new TypeError('not the shared memory of a changelog');
  const words = new Int32Array(sharedBuffer);
  const capacity = words[CAPACITY_WORD] ?? 0;
  return {
    sharedBuffer,
    words,
    longs: new BigUint64Array(sharedBuffer),
    capacity,
    mask: capacity - 1,
    batchMask: Math.max(1, Math.min(BATCH_MAX, capacity / 4)) - 1,
    claimant: nextClaimant(words, ATTACHED),
  };
}

function isChangelogMemory(sharedBuffer: SharedArrayBuffer): boolean {
  if (!(sharedBuffer instanceof SharedArrayBuffer) || sharedBuffer.byteLength < ENTRIES * WORD_BYTES)
    return false;
  const header = new Int32Array(sharedBuffer, 0, ENTRIES);
  const capacity = header[CAPACITY_WORD] ?? 0;
  return (
    Atomics.load(header, MAGIC_WORD) === MAGIC &&
    isCapacity(capacity) &&
    sharedBuffer.byteLength === ENTRIES * WORD_BYTES + capacity * ENTRY_BYTES
  );
}

function isCapacity(capacity: number): boolean {
  return capacity >= 1 && capacity <= CAPACITY_MAX && (capacity & (capacity - 1)) === 0;
}
