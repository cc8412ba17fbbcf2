import { assert } from '../../assert.js';
import type { FileDescriptor, FileSystem } from '../interface/file-system.js';

/**
 * A window that slides over a file: what lies both in the old place and in the new one is kept, and only the rest is read.
 *
 * Invariant: `bytes[0, filled)` are the file's bytes from `start` on.
 */
export class SlidingWindow {
  /** Another array once a longer window was needed; views of the old one stay as they are. */
  bytes = new Uint8Array(0);
  start = 0;
  filled = 0;
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;

  constructor(fileSystem: FileSystem, descriptor: FileDescriptor) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
  }

  /** True if the range is in memory. */
  holds(position: number, length: number): boolean {
    return position >= this.start && position + length <= this.start + this.filled;
  }

  /**
   * Moves to `start`, and fills the window as far as the file goes.
   * @param room how long the window is to be at least
   * @param end where the file is taken to end
   * @returns false where it ended before that
   */
  moveTo(start: number, room: number, end: number): boolean {
    const filledEnd = this.start + this.filled;
    const from = start - this.start;
    const kept = from >= 0 && start < filledEnd ? filledEnd - start : 0;
    if (room > this.bytes.length) {
      const wider = new Uint8Array(room);
      if (kept > 0) wider.set(this.bytes.subarray(from, from + kept));
      this.bytes = wider;
    } else if (kept > 0) {
      this.bytes.copyWithin(0, from, from + kept);
    }
    this.start = start;
    this.filled = kept;
    const wanted = Math.min(this.bytes.length, end - start) - kept;
    if (wanted <= 0) return true;
    const count = this.#fileSystem.read(this.#descriptor, this.bytes, kept, wanted, start + kept);
    this.filled += count;
    assert(this.filled <= this.bytes.length, 'the window holds all that was read into it');
    return count === wanted;
  }
}
