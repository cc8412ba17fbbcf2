import { assert } from '../../assert.js';
import { copyBytes } from '../../bytes/copy.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { NearBytes } from './near-bytes.js';
import { SlidingWindow } from '../../storage-io/paged/sliding-window.js';

/** Keeps a position's place in its 8-byte word, so that aligned records stay aligned in memory. */
const ALIGNMENT = 8;

/** How much a scanner reads at a time. */
export const WINDOW_BLOCK_BYTES = 1024 * 1024;
const BLOCK_BYTES_MIN = 4096;

/**
 * A window that slides over a segment, read by large blocks.
 *
 * Invariants:
 * - `start` is a multiple of 8;
 * - `bytes` is no longer than what was left of the file when it was made: most segments are short;
 * - nothing at or past `end` is ever read.
 */
export class BlockWindow extends SlidingWindow {
  /** The file counts as ending here, in bytes. Lowered where it proves shorter. */
  end: number;
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #blockBytes: number;
  /** The bytes that were looked at last without moving the window; undefined before any were. */
  #aside: NearBytes | undefined;

  constructor(
    fileSystem: FileSystem,
    descriptor: FileDescriptor,
    end: number,
    blockBytes = WINDOW_BLOCK_BYTES,
  ) {
    super(fileSystem, descriptor);
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.end = end;
    this.#blockBytes = Math.max(blockBytes, BLOCK_BYTES_MIN);
  }

  /** True once somebody cut the file while it was being read. */
  wasCut = false;
  /** Changes whenever what is in memory does. */
  generation = 0;

  /** The longest range that `load` can hold. */
  get capacity(): number {
    return this.#blockBytes - ALIGNMENT;
  }

  /** How many bytes from `position` on are in memory, once `load` returned for it. */
  availableFrom(position: number): number {
    return this.start + this.filled - position;
  }

  /** Index in `bytes` of a position that is in memory. */
  indexOf(position: number): number {
    return position - this.start;
  }

  /**
   * Brings `length` bytes from `position` into memory, and as many behind them as fit.
   * @returns where they start in `bytes`; -1 if the file ends before that
   */
  load(position: number, length: number): number {
    if (this.holds(position, length)) return position - this.start;
    if (position + length > this.end) return -1;
    assert(length <= this.capacity, 'a window is asked for more than it holds');
    this.#slideTo(position - (position % ALIGNMENT));
    return this.holds(position, length) ? position - this.start : -1;
  }

  /** Copies a short range into `into` without moving the window. @returns false if the file ends before that */
  peek(position: number, length: number, into: Uint8Array): boolean {
    if (this.holds(position, length)) {
      copyBytes(this.bytes, position - this.start, length, into, 0);
      return true;
    }
    if (position < 0 || position + length > this.end) return false;
    const aside = (this.#aside ??= new NearBytes(this.#fileSystem, this.#descriptor));
    const at = aside.load(position, length);
    if (at >= 0) copyBytes(aside.bytes, at, length, into, 0);
    return at >= 0;
  }

  /** The first position from `position` on that does not lie in a hole of the file; `end` at most. */
  skipHole(position: number): number {
    return Math.min(this.#fileSystem.dataFrom(this.#descriptor, position), this.end);
  }

  /** Forgets what is in memory: the file may have changed. */
  forget(): void {
    this.filled = 0;
    this.#aside?.forget();
    this.generation += 1;
  }

  #slideTo(start: number): void {
    const left = Math.min(this.end - start, this.#blockBytes);
    this.generation += 1;
    // Somebody cut the file while it was being read: it ends where it ends now.
    if (this.moveTo(start, this.#roomFor(left), this.end)) return;
    this.end = this.start + this.filled;
    this.wasCut = true;
  }

  /** At least doubled, so that a file that grows while it is read is not copied again for each record. */
  #roomFor(bytesMin: number): number {
    if (bytesMin <= this.bytes.length) return this.bytes.length;
    const wanted = Math.max(Math.ceil(bytesMin / BLOCK_BYTES_MIN) * BLOCK_BYTES_MIN, 2 * this.bytes.length);
    return Math.min(wanted, this.#blockBytes);
  }
}
