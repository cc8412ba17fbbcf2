/**
 * How a multicast buffer for bytes lies in shared memory: a line of header, one for the
 * producer, one for each consumer, then the slots.
 *
 * | line | written by | words |
 * |---|---|---|
 * | 0 | its creator | magic, capacity, consumer count, bytes a value at most, count of attached objects |
 * | 1 | the producer | claim, head |
 * | 2 + i | consumer i | claim, tail |
 *
 * A slot is the value's length, 4 bytes unused, and then its bytes: they start at a multiple of 8, since
 * V8 copies to shared memory by words only between two such places, and else byte by byte. Slots have
 * a fixed size: `capacity` then means the same as in one thread, a value is never split at the end of
 * the ring, and how far a consumer may stay behind does not depend on how long the values are. It
 * costs memory where values differ much in length, and longer values must go another way.
 *
 * Head and tails are positions (`bytes/shared/shared-position.ts`). A line is two cache lines long:
 * processors fetch them in pairs, and no thread's stores shall take another's line away.
 */
import { assert } from '../assert.js';
import { nextClaimant } from '../bytes/shared/shared-claim.js';
import { POSITION_WORDS } from '../bytes/shared/shared-position.js';
import { checkedCapacity, checkedConsumerCount, isCapacity } from './multicast.js';

const WORD_BYTES = 4;
const LINE_WORDS = 32;
const SLOT_ALIGNMENT_BYTES = 8;
/** Start of the value within a slot. */
export const VALUE_AT = SLOT_ALIGNMENT_BYTES;

const MAGIC = 0x534d_4332; // "SMC2"

const MAGIC_WORD = 0;
const CAPACITY_WORD = MAGIC_WORD + 1;
const CONSUMERS_WORD = CAPACITY_WORD + 1;
const VALUE_BYTES_WORD = CONSUMERS_WORD + 1;
const ATTACHED_WORD = VALUE_BYTES_WORD + 1;

/** The claim of the producer (`bytes/shared/shared-claim.ts`). */
export const PRODUCER_CLAIM = LINE_WORDS;
/** Position: how many values were ever published. */
export const HEAD = PRODUCER_CLAIM + 1;

const FIRST_CONSUMER_LINE = PRODUCER_CLAIM + LINE_WORDS;
const TAIL_IN_LINE = 1;

assert(TAIL_IN_LINE + POSITION_WORDS <= LINE_WORDS, 'a line holds a claim and a position');

/** How many values pass, at most, before a batch is published. */
const BATCH_MAX = 64;

/** The most memory that one buffer takes: offsets in it stay positive 32-bit numbers. */
const MEMORY_BYTES_MAX = 2 ** 31 - SLOT_ALIGNMENT_BYTES;

/** A multicast buffer's memory as each end sees it. */
export interface MulticastMemory {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly capacity: number;
  readonly consumerCount: number;
  readonly valueBytesMax: number;
  /** Byte offset of the first slot, and from one to the next. */
  readonly slotsStart: number;
  readonly slotBytes: number;
  /** Takes a position to its slot's number. */
  readonly mask: number;
  /** Head and tails are published where a position has none of these bits. */
  readonly batchMask: number;
  /** This attachment's number among all. */
  readonly claimant: number;
}

/** The claim of a consumer. */
export function consumerClaim(consumerIndex: number): number {
  return FIRST_CONSUMER_LINE + consumerIndex * LINE_WORDS;
}

/** Position: how many values this consumer has had. */
export function tailOf(consumerIndex: number): number {
  return consumerClaim(consumerIndex) + TAIL_IN_LINE;
}

function slotsStart(consumerCount: number): number {
  return consumerClaim(consumerCount) * WORD_BYTES;
}

function slotBytes(valueBytesMax: number): number {
  return Math.ceil((VALUE_AT + valueBytesMax) / SLOT_ALIGNMENT_BYTES) * SLOT_ALIGNMENT_BYTES;
}

function memoryBytes(capacity: number, consumerCount: number, valueBytesMax: number): number {
  return slotsStart(consumerCount) + capacity * slotBytes(valueBytesMax);
}

/** Memory for such a buffer; a `RangeError` if a number is out of range or it would pass 2 GiB. */
export function createMulticastMemory(
  capacity: number,
  consumerCount: number,
  valueBytesMax: number,
): SharedArrayBuffer {
  checkedCapacity(capacity);
  checkedConsumerCount(consumerCount);
  if (!Number.isSafeInteger(valueBytesMax) || valueBytesMax < 0) {
    throw new RangeError(`valueBytesMax must be an integer from 0, not ${valueBytesMax}`);
  }
  const byteLength = memoryBytes(capacity, consumerCount, valueBytesMax);
  if (byteLength > MEMORY_BYTES_MAX) throw new RangeError(`the buffer would take ${byteLength} bytes`);
  const sharedBuffer = new SharedArrayBuffer(byteLength);
  const words = new Int32Array(sharedBuffer);
  words[CAPACITY_WORD] = capacity;
  words[CONSUMERS_WORD] = consumerCount;
  words[VALUE_BYTES_WORD] = valueBytesMax;
  Atomics.store(words, MAGIC_WORD, MAGIC);
  return sharedBuffer;
}

/** The views of a buffer's memory; a `TypeError` if `createMulticastMemory` did not make it. */
export function openMulticastMemory(sharedBuffer: SharedArrayBuffer): MulticastMemory {
  if (!isMulticastMemory(sharedBuffer)) throw new TypeError('not the shared memory of a multicast buffer');
  const words = new Int32Array(sharedBuffer);
  const [, capacity = 0, consumerCount = 0, valueBytesMax = 0] = words.subarray(0, ATTACHED_WORD);
  return {
    words,
    bytes: new Uint8Array(sharedBuffer),
    capacity,
    consumerCount,
    valueBytesMax,
    slotsStart: slotsStart(consumerCount),
    slotBytes: slotBytes(valueBytesMax),
    mask: capacity - 1,
    batchMask: Math.max(1, Math.min(BATCH_MAX, capacity / 4)) - 1,
    claimant: nextClaimant(words, ATTACHED_WORD),
  };
}

function isMulticastMemory(sharedBuffer: SharedArrayBuffer): boolean {
  if (!(sharedBuffer instanceof SharedArrayBuffer)) return false;
  if (sharedBuffer.byteLength < slotsStart(1) || sharedBuffer.byteLength % WORD_BYTES !== 0) return false;
  const words = new Int32Array(sharedBuffer);
  const capacity = words[CAPACITY_WORD] ?? 0;
  const consumerCount = words[CONSUMERS_WORD] ?? 0;
  const valueBytesMax = words[VALUE_BYTES_WORD] ?? 0;
  return (
    Atomics.load(words, MAGIC_WORD) === MAGIC &&
    isCapacity(capacity) &&
    consumerCount >= 1 &&
    valueBytesMax >= 0 &&
    sharedBuffer.byteLength === memoryBytes(capacity, consumerCount, valueBytesMax)
  );
}
