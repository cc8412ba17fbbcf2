import { checkBytes } from '../bytes/byte-argument.js';
import { loadPositionLow } from '../bytes/shared/shared-position.js';
import { ChangelogConsumer } from './consumer.js';
import type { StateChangelogEntry } from './entry.js';
import { StateOp, checkedU32, checkedU64 } from './entry.js';
import type { ChangelogVisitor } from './entry-words.js';
import { writeEntry, writeOffset, writeRecord } from './entry-words.js';
import { KeyHash } from './key-hash.js';
import type { ChangelogMemory } from './layout.js';
import { CAPACITY_MAX, HEAD, TAIL, createChangelogMemory, openChangelogMemory } from './layout.js';
import { ChangelogProducer } from './producer.js';

/** A place between two entries: the epoch, and how many entries were accepted before it. */
export interface CheckpointBarrier {
  readonly epoch: bigint;
  readonly writePosition: number;
}

/**
 * A ring of state changes between one producer and one consumer, in one thread or in two.
 * After LaminarDB's class of the same name.
 *
 * An object has both ends; whoever first pushes takes the producing end, whoever first pops,
 * drains or clears the consuming one. In another thread, `attach(buffer.sharedBuffer)` makes
 * an object over the same memory. A second producer or consumer gets a `TypeError`, until the
 * first has called `detach()`.
 *
 * Exactly `capacity` entries fit. A capacity that is not a power of two is rounded up to one,
 * as in the original; the original's ring holds one entry less than it says.
 *
 * The other end sees entries of `push`, `pushPut` and `pushDelete` at once.
 * `pushRecord` publishes in batches of up to 64 entries, or with `flush()`, or when the ring
 * is full; `drainTo` gives its room back in such batches and at its end. Within one object
 * everything is visible always. Nothing is allocated after construction, but for the entries
 * and the bigints that `pop`, `drain`, `drainAll` and the bigint getters return.
 */
export class StateChangelogBuffer {
  /** Entries in a buffer for which nothing else is said: 512 KiB. */
  static readonly DEFAULT_CAPACITY = 16_384;

  /** The memory: send it to another thread and `attach` to it there. */
  readonly sharedBuffer: SharedArrayBuffer;
  /** How many entries fit. */
  readonly capacity: number;
  readonly #words: Int32Array;
  readonly #longs: BigUint64Array;
  readonly #producer: ChangelogProducer;
  readonly #consumer: ChangelogConsumer;
  readonly #keyHash = new KeyHash();

  /** A new buffer of `DEFAULT_CAPACITY`, or another end of an existing one (see `attach`). */
  constructor(
    sharedBuffer: SharedArrayBuffer = createChangelogMemory(StateChangelogBuffer.DEFAULT_CAPACITY),
  ) {
    const memory: ChangelogMemory = openChangelogMemory(sharedBuffer);
    this.sharedBuffer = sharedBuffer;
    this.capacity = memory.capacity;
    this.#words = memory.words;
    this.#longs = memory.longs;
    this.#producer = new ChangelogProducer(memory);
    this.#consumer = new ChangelogConsumer(memory);
  }

  /** A buffer for at least `capacity` entries: an integer from 1 to 2^26, else a `RangeError`. */
  static withCapacity(capacity: number): StateChangelogBuffer {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > CAPACITY_MAX) {
      throw new RangeError(`capacity must be an integer from 1 to ${CAPACITY_MAX}, not ${capacity}`);
    }
    return new StateChangelogBuffer(createChangelogMemory(roundUpToPowerOfTwo(capacity)));
  }

  /** Another end of the buffer with this memory. A `TypeError` if it is not a changelog's. */
  static attach(sharedBuffer: SharedArrayBuffer): StateChangelogBuffer {
    return new StateChangelogBuffer(sharedBuffer);
  }

  /** The epoch that `pushPut`, `pushDelete` and `pushRecord` give to entries; at first 0. */
  get epoch(): bigint {
    return this.#producer.epoch;
  }

  /** For the producing end, from the next entry on. A `TypeError` while another one produces. */
  setEpoch(epoch: bigint): void {
    this.#producer.setEpoch(checkedU64(epoch, 'epoch'));
  }

  /** Sets the next epoch, and returns it. */
  advanceEpoch(): bigint {
    const next = this.epoch + 1n;
    this.setEpoch(next);
    return next;
  }

  /** Appends an entry with the epoch that it carries. False, and an overflow, if there is no room. */
  push(entry: StateChangelogEntry): boolean {
    const at = this.#producer.reserve();
    if (at < 0) return false;
    writeEntry(this.#words, this.#longs, at, entry);
    this.#producer.advance();
    this.#producer.flush();
    return true;
  }

  /** Appends a put of `key`, whose value lies at `mmapOffset`, under the current epoch. */
  pushPut(key: Uint8Array, mmapOffset: bigint, valueLength: number): boolean {
    checkBytes(key, 'key');
    checkedU64(mmapOffset, 'mmapOffset');
    checkedU32(valueLength, 'valueLength');
    this.#keyHash.hash(key);
    const at = this.#producer.reserve();
    if (at < 0) return false;
    this.#write(at, StateOp.put, this.#keyHash.low, this.#keyHash.high, 0, valueLength);
    writeOffset(this.#longs, at, mmapOffset);
    this.#producer.advance();
    this.#producer.flush();
    return true;
  }

  /** Appends a delete of `key` under the current epoch. */
  pushDelete(key: Uint8Array): boolean {
    checkBytes(key, 'key');
    this.#keyHash.hash(key);
    const isPushed = this.pushRecord(StateOp.delete, this.#keyHash.low, this.#keyHash.high, 0, 0);
    this.#producer.flush();
    return isPushed;
  }

  /**
   * Appends a change under the current epoch: the hot path. The hash comes as 32-bit halves
   * (see `KeyHash`), `offset` is an integer up to 2^53, `length` one below 2^32. It may stay
   * invisible to another end until `flush()`. False, and an overflow, if there is no room.
   */
  pushRecord(op: StateOp, keyHashLow: number, keyHashHigh: number, offset: number, length: number): boolean {
    if (op >>> 1 !== 0 || length >>> 0 !== length || !(offset >= 0)) throw unfitRecord(op, offset, length);
    return this.#producer.append(op, keyHashLow, keyHashHigh, offset, length);
  }

  /** Shows the other end what `pushRecord` has pushed. */
  flush(): void {
    this.#producer.flush();
  }

  /** The oldest entry, or undefined. */
  pop(): StateChangelogEntry | undefined {
    this.#producer.flush();
    return this.#consumer.pop();
  }

  /**
   * At most `maxCount` entries, each popped only when the iterator comes to it: what a loop
   * leaves behind stays in the buffer.
   */
  drain(maxCount: number): IterableIterator<StateChangelogEntry> {
    return this.#popUpTo(checkedCount(maxCount));
  }

  /** Entries until there are none, popped as by `drain`. */
  drainAll(): IterableIterator<StateChangelogEntry> {
    return this.#popUpTo(Infinity);
  }

  /**
   * Hands at most `maxCount` of the entries that are there now to `visit`, without allocating,
   * and returns how many. If `visit` throws, its entry stays the oldest.
   */
  drainTo(maxCount: number, visit: ChangelogVisitor): number {
    this.#producer.flush();
    return this.#consumer.drainTo(checkedCount(maxCount), visit);
  }

  /** Drops what is in the buffer; neither end's totals count it as drained. For the consuming end. */
  clear(): void {
    this.#producer.flush();
    this.#consumer.clear();
  }

  /** How many entries are there. While the other end is at work, as it was a moment ago. */
  get length(): number {
    // the tail first: it never passes a head that is read later
    const tail = loadPositionLow(this.#words, TAIL);
    const length = (loadPositionLow(this.#words, HEAD) + this.#producer.unpublished - tail) | 0;
    return Math.min(length, this.capacity);
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  get isFull(): boolean {
    return this.length === this.capacity;
  }

  /** How many more entries fit. */
  get available(): number {
    return this.capacity - this.length;
  }

  /** How many pushes there ever were, those that overflowed included. */
  get totalPushed(): number {
    return this.#producer.acceptedCount + this.#producer.overflowCount;
  }

  /** How many entries were ever popped or drained. */
  get totalDrained(): number {
    return this.#consumer.drainedCount;
  }

  /** How many pushes found no room. */
  get overflowCount(): number {
    return this.#producer.overflowCount;
  }

  /** Publishes what was pushed, and tells where the next entry goes. For the producing end. */
  checkpointBarrier(): CheckpointBarrier {
    this.#producer.flush();
    return { epoch: this.epoch, writePosition: this.#producer.acceptedCount };
  }

  /** Publishes what was pushed and gives up both ends, so that other objects may take them. */
  detach(): void {
    this.#producer.detach();
    this.#consumer.detach();
  }

  #write(
    at: number,
    op: StateOp,
    keyHashLow: number,
    keyHashHigh: number,
    offset: number,
    length: number,
  ): void {
    const { epochLow, epochHigh } = this.#producer;
    writeRecord(this.#words, at, epochLow, epochHigh, keyHashLow, keyHashHigh, offset, length, op);
  }

  *#popUpTo(maxCount: number): IterableIterator<StateChangelogEntry> {
    for (let count = 0; count < maxCount; count += 1) {
      const entry = this.pop();
      if (entry === undefined) return;
      yield entry;
    }
  }
}

function checkedCount(maxCount: number): number {
  if (maxCount === Infinity || (Number.isInteger(maxCount) && maxCount >= 0)) return maxCount;
  throw new RangeError(`maxCount must be an integer from 0, or Infinity, not ${maxCount}`);
}

function unfitRecord(op: number, offset: number, length: number): RangeError {
  return new RangeError(`not a change: op ${op}, offset ${offset}, length ${length}`);
}

function roundUpToPowerOfTwo(value: number): number {
  return value <= 1 ? 1 : 2 ** (32 - Math.clz32(value - 1));
}
