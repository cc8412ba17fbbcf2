import { StatelogError } from '../../errors.js';

/** Size of a first segment before it is widened. */
export const FIRST_SEGMENT_BYTES = 1 << 14;
const GROWTH_BITS = 3;

/**
 * Memory in segments of one size (2^`segmentBits` bytes), seen as words and as bytes, so that
 * growing copies nothing: only the first segment starts smaller, and is replaced by one eight
 * times its size until it is whole. That keeps a small index small, and no copy is longer than
 * an eighth of a segment. Buffers are never resized or detached, since V8 then slows down every
 * typed array of the process.
 *
 * Whoever holds an element of `words` or `bytes` must fetch it anew after `grow` or `reset`.
 */
export class Segments {
  readonly words: Int32Array[] = [];
  readonly bytes: Uint8Array[] = [];
  /** Bytes that can be addressed without growing. */
  capacity = 0;
  private readonly segmentBytes: number;
  private readonly segmentsMax: number;

  constructor(segmentBits: number, segmentsMax: number) {
    this.segmentBytes = 2 ** segmentBits;
    this.segmentsMax = segmentsMax;
  }

  /** Makes room: eight times as much, or a segment more. */
  grow(): void {
    if (this.bytes.length === 0) this.place(0, FIRST_SEGMENT_BYTES);
    else if (this.bytes.length > 1 || !this.widen(0)) this.place(this.bytes.length, this.segmentBytes);
  }

  /** Makes a segment eight times as large, up to the full size; false if it is. */
  widen(index: number): boolean {
    const bytes = this.bytes[index]!;
    if (bytes.length >= this.segmentBytes) return false;
    this.place(index, Math.min(bytes.length << GROWTH_BITS, this.segmentBytes)).set(bytes);
    return true;
  }

  /** Puts a fresh, zeroed buffer of `length` bytes (a multiple of 4) in the place of segment `index`. */
  place(index: number, length: number): Uint8Array {
    if (index >= this.segmentsMax) {
      throw new StatelogError(
        'LIMIT_EXCEEDED',
        'the index is full: its keys need more memory than it can address',
        {
          safe: 'nothing was changed',
          hint: 'spread the keys over more cores',
        },
      );
    }
    const buffer = new ArrayBuffer(length);
    const bytes = new Uint8Array(buffer);
    this.capacity += length - (this.bytes[index]?.length ?? 0);
    this.words[index] = new Int32Array(buffer);
    this.bytes[index] = bytes;
    return bytes;
  }

  /** Lets go of all segments but the first `kept` (0 or 1), which keep what they hold. */
  reset(kept: 0 | 1): void {
    this.words.length = Math.min(this.words.length, kept);
    this.bytes.length = this.words.length;
    this.capacity = this.bytes[0]?.length ?? 0;
  }
}

/** A copy of twice the length, zeros after what was there. */
export function lengthened(array: Int32Array): Int32Array {
  const longer = new Int32Array(array.length * 2);
  longer.set(array);
  return longer;
}
