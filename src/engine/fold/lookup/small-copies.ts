import { copyBytes } from '../../bytes/copy.js';

const SLAB_BYTES = 8 * 1024;
/** What is longer gets memory of its own. */
const SHARED_BYTES_MAX = 1024;

/**
 * Copies of short byte ranges, cut one after the other from slabs of 8 KiB: an array of its own for
 * each costs several times as much. A copy keeps its slab in memory, and no byte of it is ever
 * given out twice.
 */
export class SmallCopies {
  #slab = new Uint8Array(0);
  #used = 0;

  copy(bytes: Uint8Array, start: number, length: number): Uint8Array {
    if (length > SHARED_BYTES_MAX) {
      const copy = new Uint8Array(length);
      copyBytes(bytes, start, length, copy, 0);
      return copy;
    }
    if (this.#used + length > this.#slab.length) {
      this.#slab = new Uint8Array(SLAB_BYTES);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += length;
    copyBytes(bytes, start, length, this.#slab, at);
    return this.#slab.subarray(at, at + length);
  }
}
