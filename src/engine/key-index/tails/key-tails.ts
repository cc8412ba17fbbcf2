import { isStatelogError } from '../../errors.js';
import { copyBytes } from '../../bytes/copy.js';
import { firstDifference } from '../key-bytes.js';
import { NONE, TailSegments } from './tail-segments.js';

/*
 * A tail is a record of words: the slot it belongs to (or ~slot after it was freed), its length in
 * bytes, and the bytes, rounded up to whole words. Its reference is its first word, counted over
 * all segments.
 */
const WORD_BYTES = 4;
const HEADER_WORDS = 2;
const HEADER_BYTES = HEADER_WORDS * WORD_BYTES;

/** Words of the segment under evacuation that are passed for each word allocated or freed, and at the least. */
const EVACUATION_FACTOR = 8;
const EVACUATION_WORDS_MIN = 256;

/**
 * The bytes of long keys beyond what their slots hold.
 *
 * Tails are written one after another. Freed ones leave holes; a segment that is more than half
 * holes is evacuated: a few records with each later call, so that none takes long, its tails are
 * moved to the end, and then the segment is used again. So the memory stays near twice what the
 * tails need.
 */
export class KeyTails {
  private readonly segments = new TailSegments();
  private readonly bytes: Uint8Array[];
  private readonly words: Int32Array[];
  private readonly moved: (slot: number, tail: number) => void;
  /** The segment under evacuation, and its first word that was not passed yet. */
  private evacuated = NONE;
  private evacuatedWord = 0;

  /** `moved` is told of each tail that got another reference. */
  constructor(moved: (slot: number, tail: number) => void) {
    this.moved = moved;
    this.bytes = this.segments.bytes;
    this.words = this.segments.words;
  }

  /** Bytes of all tails, holes included. */
  get bytesUsed(): number {
    return this.segments.usedWords * WORD_BYTES;
  }

  /** Keeps a copy of `length` bytes; the reference. */
  allocate(slot: number, bytes: Uint8Array, start: number, length: number): number {
    this.evacuate(wordsFor(length));
    return this.append(slot, bytes, start, length);
  }

  /** Gives a tail back. */
  free(tail: number): void {
    const words = this.words[this.segments.segmentOf(tail)]!;
    const at = this.segments.wordOf(tail);
    const size = wordsFor(words[at + 1]!);
    words[at] = ~words[at]!;
    this.segments.addHole(tail, size);
    try {
      this.evacuate(size);
    } catch (error) {
      // The tail is free all the same: what could not be moved for want of memory is tried again.
      if (!(error instanceof RangeError) && !isStatelogError(error, 'LIMIT_EXCEEDED')) throw error;
    }
  }

  byteOf(tail: number, position: number): number {
    const bytes = this.bytes[this.segments.segmentOf(tail)]!;
    return bytes[this.byteAt(tail) + position]!;
  }

  /** The first of `length` positions at which the tail and the bytes at `start` differ, or -1. */
  mismatch(tail: number, bytes: Uint8Array, start: number, length: number): number {
    const own = this.bytes[this.segments.segmentOf(tail)]!;
    return firstDifference(own, this.byteAt(tail), bytes, start, length);
  }

  /** Copies `length` bytes of the tail into `into` at `to`. */
  copy(tail: number, length: number, into: Uint8Array, to: number): void {
    copyBytes(this.bytes[this.segments.segmentOf(tail)]!, this.byteAt(tail), length, into, to);
  }

  /** Frees everything. */
  reset(): void {
    this.segments.reset();
    this.evacuated = NONE;
  }

  private append(slot: number, bytes: Uint8Array, start: number, length: number): number {
    const tail = this.segments.allocate(wordsFor(length));
    const segment = this.segments.segmentOf(tail);
    const at = this.segments.wordOf(tail);
    const words = this.words[segment]!;
    words[at] = slot;
    words[at + 1] = length;
    copyBytes(bytes, start, length, this.bytes[segment]!, at * WORD_BYTES + HEADER_BYTES);
    return tail;
  }

  /** Goes on moving tails out of a segment of holes, as far as a call for `size` words may take. */
  private evacuate(size: number): void {
    if (this.evacuated === NONE) {
      this.evacuated = this.segments.takeWaiting();
      this.evacuatedWord = 0;
      if (this.evacuated === NONE) return;
    }
    const words = this.words[this.evacuated]!;
    const bytes = this.bytes[this.evacuated]!;
    const end = this.segments.endOf(this.evacuated);
    const stop = Math.min(end, this.evacuatedWord + Math.max(EVACUATION_WORDS_MIN, size * EVACUATION_FACTOR));
    while (this.evacuatedWord < stop) {
      const at = this.evacuatedWord;
      const slot = words[at]!;
      const length = words[at + 1]!;
      if (slot >= 0) {
        this.moved(slot, this.append(slot, bytes, at * WORD_BYTES + HEADER_BYTES, length));
        words[at] = ~slot;
      }
      this.evacuatedWord += wordsFor(length);
    }
    if (this.evacuatedWord < end) return;
    this.segments.release(this.evacuated);
    this.evacuated = NONE;
  }

  /** Start of a tail's bytes in its segment. */
  private byteAt(tail: number): number {
    return this.segments.wordOf(tail) * WORD_BYTES + HEADER_BYTES;
  }
}

function wordsFor(length: number): number {
  return HEADER_WORDS + Math.ceil(length / WORD_BYTES);
}
