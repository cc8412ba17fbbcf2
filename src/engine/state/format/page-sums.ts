import { assert } from '../../assert.js';
import { crc32c } from '../../bytes/crc/checksum.js';
import { PAGE_BYTES, pageCount } from './format.js';

/** Sums in one array (16 MiB of content), so that growing copies nothing. */
const CHUNK_SUMS = 4096;

/**
 * The crc32c of each 4 KiB of a run of bytes that is only ever appended to. Full pages are summed
 * once; the last one's sum is carried on as bytes come.
 *
 * Invariants: `#sums` holds `pageCount(length)` sums, and the last is that of the bytes it has so far.
 */
export class PageSums {
  readonly #chunks: Uint32Array[] = [];
  #length = 0;

  /** Carries on after `length` bytes that have the sums `sums`; the bytes themselves are not read. */
  constructor(sums: Uint32Array = new Uint32Array(0), length = 0) {
    assert(sums.length === pageCount(length), 'every page so far has a sum');
    this.#length = length;
    for (let page = 0; page < sums.length; page += 1) this.#set(page, sums[page]!);
  }

  /** How many bytes were summed. */
  get length(): number {
    return this.#length;
  }

  /** Sums `bytes[start, end)`, which follow what was summed before. */
  append(bytes: Uint8Array, start = 0, end = bytes.length): void {
    let at = start;
    while (at < end) {
      const within = this.#length % PAGE_BYTES;
      const page = (this.#length - within) / PAGE_BYTES;
      const stop = Math.min(end, at + PAGE_BYTES - within);
      this.#set(page, crc32c(bytes, at, stop, within === 0 ? 0 : this.#get(page)));
      this.#length += stop - at;
      at = stop;
    }
  }

  /** All sums, in order. */
  toArray(): Uint32Array {
    const sums = new Uint32Array(pageCount(this.#length));
    for (let page = 0; page < sums.length; page += CHUNK_SUMS) {
      const chunk = this.#chunks[page / CHUNK_SUMS]!;
      sums.set(chunk.subarray(0, Math.min(CHUNK_SUMS, sums.length - page)), page);
    }
    return sums;
  }

  #get(page: number): number {
    return this.#chunks[Math.floor(page / CHUNK_SUMS)]![page % CHUNK_SUMS]!;
  }

  #set(page: number, sum: number): void {
    const chunk = Math.floor(page / CHUNK_SUMS);
    if (chunk === this.#chunks.length) this.#chunks.push(new Uint32Array(CHUNK_SUMS));
    this.#chunks[chunk]![page % CHUNK_SUMS] = sum;
  }
}
