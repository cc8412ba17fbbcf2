import { FIRST_SEGMENT_BYTES, Segments } from './segments.js';

/*
 * A tail is a record of words: the slot it belongs to (or ~slot after it was freed), its length in
 * bytes, and the bytes, rounded up to whole words. Its reference is its first word, counted over
 * all segments.
 */
const SEGMENT_BITS = 20;
const SEGMENT_BYTES = 1 << SEGMENT_BITS;
const WORD_BYTES = 4;
const SEGMENT_WORD_BITS = SEGMENT_BITS - 2;
const SEGMENT_WORDS = 1 << SEGMENT_WORD_BITS;
const SEGMENT_WORD_MASK = SEGMENT_WORDS - 1;
const SEGMENTS_MAX = 2 ** (31 - SEGMENT_WORD_BITS);
const HEADER_WORDS = 2;
const HEADER_BYTES = HEADER_WORDS * WORD_BYTES;

/** A tail longer than this has a segment of its own, so that no segment ends in a large unused rest. */
const SHARED_TAIL_BYTES_MAX = SEGMENT_BYTES / 16;

/** From this length on, the native comparison and copy win over a loop. */
const NATIVE_LENGTH_MIN = 128;

/** Words of the segment under evacuation that are passed for each word allocated or freed, and at the least. */
const EVACUATION_FACTOR = 8;
const EVACUATION_WORDS_MIN = 256;

const NONE = -1;

/**
 * The bytes of long keys beyond what their slots hold.
 *
 * Tails are written one after another. Freed ones leave holes; a segment that is more than half
 * holes is evacuated: a few records with each later call, so that none takes long, its tails are
 * moved to the end, and then the segment is used again. So the memory stays near twice what the
 * tails need.
 *
 * Invariants: in a shared segment, records lie end to end from word 0 to `ends[segment]`;
 * `holes[segment]` counts the words of the freed ones; a waiting segment is never the open one.
 */
export class KeyTails {
  private readonly segments = new Segments(SEGMENT_BITS, SEGMENTS_MAX);
  private readonly bytes: Uint8Array[];
  private readonly words: Int32Array[];
  private readonly moved: (slot: number, tail: number) => void;
  /** For each segment the word at which its records end, and how many words of them are holes. */
  private ends: number[] = [];
  private holes: number[] = [];
  /** Segments without records: with their memory, and those whose memory was let go. */
  private spare: number[] = [];
  private vacant: number[] = [];
  private waiting: number[] = [];
  /** The segment that records are added to. */
  private open = NONE;
  private evacuated = NONE;
  private evacuatedWord = 0;

  /** `moved` is told of each tail that got another reference. */
  constructor(moved: (slot: number, tail: number) => void) {
    this.moved = moved;
    this.bytes = this.segments.bytes;
    this.words = this.segments.words;
  }

  /** Bytes of the segments that hold records, holes included. */
  get bytesUsed(): number {
    return this.ends.reduce((sum, end) => sum + end, 0) * WORD_BYTES;
  }

  /** Keeps a copy of `length` bytes; the reference. */
  allocate(slot: number, bytes: Uint8Array, start: number, length: number): number {
    this.evacuate(wordsFor(length));
    return this.append(slot, bytes, start, length);
  }

  /** Gives a tail back. */
  free(tail: number): void {
    const segment = tail >>> SEGMENT_WORD_BITS;
    const words = this.words[segment]!;
    const at = tail & SEGMENT_WORD_MASK;
    const length = words[at + 1]!;
    if (length > SHARED_TAIL_BYTES_MAX) {
      this.release(segment);
      return;
    }
    const size = wordsFor(length);
    words[at] = ~words[at]!;
    if (this.holes[segment]! + size === this.ends[segment] && segment === this.open) {
      this.ends[segment] = 0;
      this.holes[segment] = 0;
      return;
    }
    const half = this.ends[segment]! / 2;
    const holes = this.holes[segment]! + size;
    if (holes > half && holes - size <= half && segment !== this.open) this.waiting.push(segment);
    this.holes[segment] = holes;
    this.evacuate(size);
  }

  byteOf(tail: number, position: number): number {
    const bytes = this.bytes[tail >>> SEGMENT_WORD_BITS]!;
    return bytes[bytesAt(tail) + position]!;
  }

  /** The first of `length` positions at which the tail and the bytes at `start` differ, or -1. */
  mismatch(tail: number, bytes: Uint8Array, start: number, length: number): number {
    const own = this.bytes[tail >>> SEGMENT_WORD_BITS]!;
    const at = bytesAt(tail);
    if (length >= NATIVE_LENGTH_MIN) {
      const order = Buffer.compare(own.subarray(at, at + length), bytes.subarray(start, start + length));
      if (order === 0) return -1;
    }
    for (let i = 0; i < length; i++) if (own[at + i] !== bytes[start + i]) return i;
    return -1;
  }

  /** Copies `length` bytes of the tail into `into` at `to`. */
  copy(tail: number, length: number, into: Uint8Array, to: number): void {
    copyBytes(this.bytes[tail >>> SEGMENT_WORD_BITS]!, bytesAt(tail), length, into, to);
  }

  /** Frees everything. */
  reset(): void {
    this.segments.reset(0);
    this.ends = [];
    this.holes = [];
    this.spare = [];
    this.vacant = [];
    this.waiting = [];
    this.open = NONE;
    this.evacuated = NONE;
  }

  private append(slot: number, bytes: Uint8Array, start: number, length: number): number {
    const size = wordsFor(length);
    const alone = length > SHARED_TAIL_BYTES_MAX;
    const segment = alone ? this.placeSegment(size * WORD_BYTES) : this.segmentWithRoom(size);
    const at = this.ends[segment]!;
    const words = this.words[segment]!;
    words[at] = slot;
    words[at + 1] = length;
    copyBytes(bytes, start, length, this.bytes[segment]!, at * WORD_BYTES + HEADER_BYTES);
    this.ends[segment] = at + size;
    return segment * SEGMENT_WORDS + at;
  }

  /** The open segment, or another one if that has no room. */
  private segmentWithRoom(size: number): number {
    if (this.open === NONE) this.openSegment(FIRST_SEGMENT_BYTES);
    while (this.ends[this.open]! + size > this.words[this.open]!.length) {
      if (this.segments.widen(this.open)) continue;
      const closed = this.open;
      this.openSegment(SEGMENT_BYTES);
      if (this.holes[closed]! > this.ends[closed]! / 2) this.waiting.push(closed);
    }
    return this.open;
  }

  private openSegment(length: number): void {
    this.open = this.spare.pop() ?? this.placeSegment(length);
  }

  private placeSegment(length: number): number {
    const segment = this.vacant.at(-1) ?? this.words.length;
    this.segments.place(segment, length);
    this.vacant.pop();
    this.ends[segment] = 0;
    this.holes[segment] = 0;
    return segment;
  }

  /** Makes a segment that holds no tail any more ready for others, or lets go of its memory. */
  private release(segment: number): void {
    this.ends[segment] = 0;
    this.holes[segment] = 0;
    if (this.spare.length === 0 && this.bytes[segment]!.length === SEGMENT_BYTES) {
      this.spare.push(segment);
    } else {
      this.segments.place(segment, 0);
      this.vacant.push(segment);
    }
  }

  /** Goes on moving tails out of a segment of holes, as far as a call for `size` words may take. */
  private evacuate(size: number): void {
    if (this.evacuated === NONE) {
      this.evacuated = this.waiting.pop() ?? NONE;
      this.evacuatedWord = 0;
      if (this.evacuated === NONE) return;
    }
    const words = this.words[this.evacuated]!;
    const bytes = this.bytes[this.evacuated]!;
    const end = this.ends[this.evacuated]!;
    const stop = this.evacuatedWord + Math.max(EVACUATION_WORDS_MIN, size * EVACUATION_FACTOR);
    while (this.evacuatedWord < end && this.evacuatedWord < stop) {
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
    this.release(this.evacuated);
    this.evacuated = NONE;
  }
}

function wordsFor(length: number): number {
  return HEADER_WORDS + Math.ceil(length / WORD_BYTES);
}

/** Where a tail's bytes begin in its segment. */
function bytesAt(tail: number): number {
  return (tail & SEGMENT_WORD_MASK) * WORD_BYTES + HEADER_BYTES;
}

function copyBytes(from: Uint8Array, start: number, length: number, into: Uint8Array, to: number): void {
  if (length >= NATIVE_LENGTH_MIN) into.set(from.subarray(start, start + length), to);
  else for (let i = 0; i < length; i++) into[to + i] = from[start + i]!;
}
