import { assert } from '../../assert.js';
import { copyBytes } from '../../bytes/copy.js';
import { StatelogError } from '../../errors.js';
import { VALUE_REGION_BYTES_MAX } from '../format/format.js';

/** Addresses are u32: the segment's number above these bits, and where in it below them. */
const SEGMENT_SHIFT = 20;
const SEGMENT_BYTES = 1 << SEGMENT_SHIFT;
const SEGMENTS_MAX = (VALUE_REGION_BYTES_MAX + 1) / SEGMENT_BYTES;
/** Values start at words, so that they can be copied by words. */
const ALIGNMENT = 4;
/** The first segment is as small as the capacity asked for allows. */
const FIRST_SEGMENT_BYTES_MIN = 4096;
const NO_BYTES = new Uint8Array(0);
/** An arena that is emptied for another use keeps at most so many segments. */
const KEPT_SEGMENTS_MAX = 8;

/**
 * Values in memory, one behind the other in segments of 1 MiB, addressed by offset. It grows by a
 * segment at a time and copies nothing, so that no put stalls. A value never straddles a segment:
 * one that does not fit goes to the next, and one that is larger than a segment gets a run of its own.
 *
 * Sparse segments are emptied in steps: `condemn` sets all of them apart, `move` copies a live value
 * out of them, `dropCondemned` lets them go. Their buffers are never used again, so that a view
 * of a value never changes.
 *
 * Invariants:
 * - `#buffers[n]` is the buffer with segment number n, and `#bases[n]` the address of its first byte;
 * - the next value goes to `#next` in the current buffer, which ends at `#end`;
 * - `usedBytes` counts the bytes of all values appended, less those moved or dropped.
 */
export class ValueArena {
  usedBytes = 0;
  readonly #buffers: (Uint8Array | undefined)[] = [];
  readonly #bases: number[] = [];
  readonly #spares: Uint8Array[] = [];
  readonly #freeNumbers: number[] = [];
  readonly #condemned = new Uint8Array(SEGMENTS_MAX);
  #condemnedBytes = 0;
  #firstBytes: number;
  #current: Uint8Array = NO_BYTES;
  #base = 0;
  #next = 0;
  #end = 0;

  /** @param capacity bytes to make room for beforehand */
  constructor(capacity: number) {
    if (!(capacity >= 0)) throw new RangeError(`${capacity} is no capacity`);
    this.#firstBytes = Math.min(Math.max(Math.ceil(capacity), FIRST_SEGMENT_BYTES_MIN), SEGMENT_BYTES);
    const spares = Math.min(Math.ceil(capacity / SEGMENT_BYTES), SEGMENTS_MAX) - 1;
    for (let spare = 0; spare < spares; spare += 1) this.#spares.push(new Uint8Array(SEGMENT_BYTES));
  }

  /**
   * Takes a copy of a value; returns its address.
   * @throws StatelogError `LIMIT_EXCEEDED` where all values would pass 4 GiB: nothing was taken then
   */
  append(value: Uint8Array): number {
    const at = this.take(value.length);
    copyBytes(value, 0, value.length, this.#current, at - this.#base);
    return at;
  }

  /** Takes room for a value, which the caller fills in (`bufferAt`, `startAt`); returns its address. */
  take(length: number): number {
    if (this.#next + length > this.#end) this.#startSegment(length);
    const at = this.#next;
    this.#next = at + length + (-length & (ALIGNMENT - 1));
    this.usedBytes += length;
    return at;
  }

  /** A view of a value; it never changes. */
  view(at: number, length: number): Uint8Array {
    if (length === 0) return NO_BYTES;
    const buffer = this.bufferAt(at);
    const start = at - this.#bases[at >>> SEGMENT_SHIFT]!;
    if (start + length > buffer.length) throw new RangeError(`no value is at ${at}`);
    return buffer.subarray(start, start + length);
  }

  /** The buffer that holds the value at an address, which starts there at `startAt`. Allocates nothing. */
  bufferAt(at: number): Uint8Array {
    const buffer = this.#buffers[at >>> SEGMENT_SHIFT];
    if (buffer === undefined) throw new RangeError(`no value is at ${at}`);
    return buffer;
  }

  /** Start, within `bufferAt`, of the value at an address. */
  startAt(at: number): number {
    return at - this.#bases[at >>> SEGMENT_SHIFT]!;
  }

  /** Sets all segments apart, to be emptied with `move` and let go with `dropCondemned`. */
  condemn(): void {
    for (let number = 0; number < this.#buffers.length; number += 1) {
      if (this.#buffers[number] !== undefined) this.#condemned[number] = 1;
    }
    this.#condemnedBytes = this.usedBytes;
    this.#end = this.#next;
  }

  isCondemned(at: number): boolean {
    return this.#condemned[at >>> SEGMENT_SHIFT] === 1;
  }

  /** Copies a live value out of a condemned segment; returns its new address. */
  move(at: number, length: number): number {
    const to = this.append(this.view(at, length));
    this.usedBytes -= length;
    this.#condemnedBytes -= length;
    return to;
  }

  /** Lets the condemned segments go. Every live value must have been moved. */
  dropCondemned(): void {
    for (let number = 0; number < this.#buffers.length; number += 1) {
      if (this.#condemned[number] === 0) continue;
      this.#condemned[number] = 0;
      this.#buffers[number] = undefined;
      this.#freeNumbers.push(number);
    }
    this.usedBytes -= this.#condemnedBytes;
    this.#condemnedBytes = 0;
    assert(this.usedBytes >= 0, 'no more is let go than was used');
  }

  /** Lets everything go. */
  clear(): void {
    this.#buffers.length = 0;
    this.#bases.length = 0;
    this.#freeNumbers.length = 0;
    this.#condemned.fill(0);
    this.#condemnedBytes = 0;
    this.usedBytes = 0;
    this.#current = NO_BYTES;
    this.#base = 0;
    this.#next = 0;
    this.#end = 0;
  }

  /** Lets everything go but some of the memory, which is used again: nobody may hold a view of a value. */
  recycle(): void {
    const whole = new Set(this.#buffers.filter((buffer) => buffer?.length === SEGMENT_BYTES));
    this.clear();
    for (const buffer of whole) if (this.#spares.length < KEPT_SEGMENTS_MAX) this.#spares.push(buffer!);
  }

  #startSegment(length: number): void {
    const run = Math.max(1, Math.ceil(length / SEGMENT_BYTES));
    const number = this.#takeNumbers(run);
    const buffer = this.#takeBuffer(run * SEGMENT_BYTES, length);
    for (let member = number; member < number + run; member += 1) {
      this.#buffers[member] = buffer;
      this.#bases[member] = number * SEGMENT_BYTES;
    }
    this.#current = buffer;
    this.#base = number * SEGMENT_BYTES;
    this.#next = this.#base;
    this.#end = this.#base + buffer.length;
  }

  #takeNumbers(run: number): number {
    const recycled = run === 1 ? this.#freeNumbers.pop() : undefined;
    if (recycled !== undefined) return recycled;
    const first = this.#buffers.length;
    if (first + run > SEGMENTS_MAX) throw limitError();
    return first;
  }

  #takeBuffer(bytes: number, needed: number): Uint8Array {
    const first = this.#firstBytes;
    this.#firstBytes = SEGMENT_BYTES;
    if (bytes > SEGMENT_BYTES) return new Uint8Array(bytes);
    if (first >= needed && first < SEGMENT_BYTES) return new Uint8Array(first);
    return this.#spares.pop() ?? new Uint8Array(SEGMENT_BYTES);
  }
}

function limitError(): StatelogError {
  return new StatelogError('LIMIT_EXCEEDED', 'the values of one core would pass 4 GiB', {
    expected: `at most ${VALUE_REGION_BYTES_MAX} bytes`,
    safe: 'nothing was taken',
    hint: 'compact the store, or spread the keys over more cores',
  });
}
