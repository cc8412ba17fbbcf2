import { FIRST_SEGMENT_BYTES, Segments } from './segments.js';

const WORD_BYTES = 4;
const SEGMENT_BITS = 20;
const SEGMENT_WORD_BITS = SEGMENT_BITS - 2;
const SEGMENT_WORDS = 1 << SEGMENT_WORD_BITS;
const SEGMENT_WORD_MASK = SEGMENT_WORDS - 1;
const SEGMENTS_MAX = 2 ** (31 - SEGMENT_WORD_BITS);

/** A record longer than this has a segment of its own, so that no segment ends in a large unused rest. */
const SHARED_WORDS_MAX = SEGMENT_WORDS / 16;

/** No segment. */
export const NONE = -1;

/**
 * The memory of the keys' tails: records of words, which are only ever added at the end of the
 * open segment.
 *
 * Invariants: in a shared segment, records lie end to end from word 0 to `ends[segment]`, and
 * `holes[segment]` counts the words of the freed ones. A segment is at most one of open, waiting,
 * spare and vacant. A shared one that is none of these and not under evacuation is half full at least.
 */
export class TailSegments {
  readonly bytes: Uint8Array[];
  readonly words: Int32Array[];
  /** Words of all records, freed ones included. */
  usedWords = 0;
  private readonly segments = new Segments(SEGMENT_BITS, SEGMENTS_MAX);
  private ends: number[] = [];
  private holes: number[] = [];
  /** Segments without records: those with their memory, and those whose memory was let go. */
  private spare: number[] = [];
  private vacant: number[] = [];
  /** Segments that are more than half holes. */
  private waiting: number[] = [];
  private open = NONE;

  constructor() {
    this.bytes = this.segments.bytes;
    this.words = this.segments.words;
  }

  segmentOf(reference: number): number {
    return reference >>> SEGMENT_WORD_BITS;
  }

  wordOf(reference: number): number {
    return reference & SEGMENT_WORD_MASK;
  }

  /** The word at which a segment's records end. */
  endOf(segment: number): number {
    return this.ends[segment]!;
  }

  /** Room for a record of `size` words; its reference. */
  allocate(size: number): number {
    const segment = size > SHARED_WORDS_MAX ? this.place(size * WORD_BYTES) : this.openWithRoom(size);
    const at = this.ends[segment]!;
    this.ends[segment] = at + size;
    this.usedWords += size;
    return segment * SEGMENT_WORDS + at;
  }

  /** Says that the record at `reference`, of `size` words, is not needed any more. */
  addHole(reference: number, size: number): void {
    const segment = this.segmentOf(reference);
    const end = this.ends[segment]!;
    const before = this.holes[segment]!;
    const holes = before + size;
    this.holes[segment] = holes;
    if (segment !== this.open) {
      if (isSparse(holes, end) && !isSparse(before, end)) this.waiting.push(segment);
    } else if (holes === end) this.empty(segment);
  }

  /** A segment to move the records out of, which is then to be released; or `NONE`. */
  takeWaiting(): number {
    return this.waiting.pop() ?? NONE;
  }

  /** Makes a segment that holds no record any more ready for others, or lets go of its memory. */
  release(segment: number): void {
    this.empty(segment);
    if (this.spare.length === 0 && this.words[segment]!.length === SEGMENT_WORDS) {
      this.spare.push(segment);
    } else {
      this.segments.place(segment, 0);
      this.vacant.push(segment);
    }
  }

  /** Frees everything. */
  reset(): void {
    this.segments.reset(0);
    this.usedWords = 0;
    this.ends = [];
    this.holes = [];
    this.spare = [];
    this.vacant = [];
    this.waiting = [];
    this.open = NONE;
  }

  private empty(segment: number): void {
    this.usedWords -= this.ends[segment]!;
    this.ends[segment] = 0;
    this.holes[segment] = 0;
  }

  /** The open segment, or another one if that has no room. */
  private openWithRoom(size: number): number {
    if (this.open === NONE) this.open = this.place(FIRST_SEGMENT_BYTES);
    while (this.ends[this.open]! + size > this.words[this.open]!.length) {
      if (this.segments.widen(this.open)) continue;
      const full = this.open;
      this.open = this.spare.pop() ?? this.place(SEGMENT_WORDS * WORD_BYTES);
      if (isSparse(this.holes[full]!, this.ends[full]!)) this.waiting.push(full);
    }
    return this.open;
  }

  /** A segment with a buffer of `length` bytes. */
  private place(length: number): number {
    const segment = this.vacant.at(-1) ?? this.words.length;
    this.segments.place(segment, length);
    this.vacant.pop();
    this.ends[segment] = 0;
    this.holes[segment] = 0;
    return segment;
  }
}

function isSparse(holes: number, end: number): boolean {
  return holes > end / 2;
}
