import { assert } from '../../assert.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';

/** Keeps a position's place in its 8-byte word, so that aligned records stay aligned in memory. */
const ALIGNMENT = 8;

/** How much a scanner reads at a time. */
export const WINDOW_BLOCK_BYTES = 1024 * 1024;
const BLOCK_BYTES_MIN = 4096;

/**
 * A window that slides over a file, read by large blocks.
 *
 * Invariants:
 * - `bytes[0, filled)` are the file's bytes from `start` on, and `start` is a multiple of 8;
 * - `bytes` is no longer than what was left of the file when it was made: most segments are short;
 * - nothing at or past `end` is ever read.
 */
export class BlockWindow {
  /** Another array once a window of a longer file was needed; views of the old one stay as they are. */
  bytes = new Uint8Array(0);
  /** The file counts as ending here, in bytes. Lowered where it proves shorter. */
  end: number;
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #blockBytes: number;
  #start = 0;
  #filled = 0;

  constructor(
    fileSystem: FileSystem,
    descriptor: FileDescriptor,
    end: number,
    blockBytes = WINDOW_BLOCK_BYTES,
  ) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.end = end;
    this.#blockBytes = Math.max(blockBytes, BLOCK_BYTES_MIN);
  }

  /** Changes whenever what is in memory does. */
  generation = 0;

  /** The longest range that `load` can hold. */
  get capacity(): number {
    return this.#blockBytes - ALIGNMENT;
  }

  /** How many bytes from `position` on are in memory, once `load` returned for it. */
  availableFrom(position: number): number {
    return this.#start + this.#filled - position;
  }

  /** True if the range is in memory already. */
  holds(position: number, length: number): boolean {
    return position >= this.#start && position + length <= this.#start + this.#filled;
  }

  /** Where a position that is in memory lies in `bytes`. */
  indexOf(position: number): number {
    return position - this.#start;
  }

  /**
   * Brings `length` bytes from `position` into memory, and as many behind them as fit.
   * @returns where they start in `bytes`; -1 if the file ends before that
   */
  load(position: number, length: number): number {
    if (this.holds(position, length)) return position - this.#start;
    if (position + length > this.end) return -1;
    assert(length <= this.capacity, 'a window is asked for more than it holds');
    this.#moveTo(position - (position % ALIGNMENT));
    return this.holds(position, length) ? position - this.#start : -1;
  }

  /** Copies a range into `into` without moving the window. @returns false if the file ends before that */
  peek(position: number, length: number, into: Uint8Array): boolean {
    if (this.holds(position, length)) {
      const at = position - this.#start;
      into.set(this.bytes.subarray(at, at + length));
      return true;
    }
    if (position < 0 || position + length > this.end) return false;
    return this.#fileSystem.read(this.#descriptor, into, 0, length, position) === length;
  }

  /** The first position from `position` on that does not lie in a hole of the file; `end` at most. */
  skipHole(position: number): number {
    return Math.min(this.#fileSystem.dataFrom(this.#descriptor, position), this.end);
  }

  /** Forgets what is in memory: the file may have changed. */
  forget(): void {
    this.#filled = 0;
    this.generation += 1;
  }

  #moveTo(start: number): void {
    const filledEnd = this.#start + this.#filled;
    const kept = start >= this.#start && start < filledEnd ? filledEnd - start : 0;
    const left = Math.min(this.end - start, this.#blockBytes);
    if (left > this.bytes.length) this.#widen(left, start - this.#start, kept);
    else if (kept > 0) this.bytes.copyWithin(0, start - this.#start, this.#filled);
    this.#start = start;
    this.#filled = kept;
    this.generation += 1;
    const wanted = Math.min(this.bytes.length, this.end - start) - kept;
    if (wanted <= 0) return;
    const count = this.#fileSystem.read(this.#descriptor, this.bytes, kept, wanted, start + kept);
    this.#filled += count;
    // Somebody cut the file while it was being read: it ends where it ends now.
    if (count < wanted) this.end = start + kept + count;
  }

  /** At least doubled, so that a file that grows while it is read is not copied again for each record. */
  #widen(bytesMin: number, from: number, kept: number): void {
    const wanted = Math.max(Math.ceil(bytesMin / BLOCK_BYTES_MIN) * BLOCK_BYTES_MIN, 2 * this.bytes.length);
    const wider = new Uint8Array(Math.min(wanted, this.#blockBytes));
    wider.set(this.bytes.subarray(from, from + kept));
    this.bytes = wider;
  }
}
