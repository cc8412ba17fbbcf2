import { isStatelogError } from '../../errors.js';
import type { FileDescriptor, FileSystem } from '../interface/file-system.js';
import { PAGE_BYTES } from './page-cache.js';
import { readFully } from '../whole/write-fully.js';

/** Once more pages than a lookup needs were read one after the other, it is a walk. */
const WALK_PAGES_MIN = 8;
/** Pages that a walk reads in one go. */
const AHEAD_PAGES = 32;

/** Which bytes of a file are read by pages. */
export interface PagedBytes {
  readonly fileSystem: FileSystem;
  readonly descriptor: FileDescriptor;
  /** Start of the bytes in the file; pages are counted from here. */
  readonly start: number;
  /** How many there are. The last page may be short. */
  readonly length: number;
}

/**
 * Reads pages of a file, which do not change meanwhile: those that are asked for in the order of the file, with
 * the next ones in one go; any others one by one, so that a lookup reads no more than it needs.
 */
export class PageReader {
  readonly #paged: PagedBytes;
  #last = -1;
  #inRow = 0;
  #ahead = new Uint8Array(0);
  #aheadFirst = 0;
  #aheadCount = 0;

  constructor(paged: PagedBytes) {
    this.#paged = paged;
  }

  /**
   * Reads a page to `into[at, …)`.
   * @throws StatelogError `IO_FAILED` where the file ends before it does; what reading throws
   */
  read(page: number, into: Uint8Array, at: number): void {
    this.#inRow = page === this.#last + 1 ? this.#inRow + 1 : 0;
    this.#last = page;
    const { fileSystem, descriptor, start, length } = this.#paged;
    const count = Math.min(PAGE_BYTES, length - page * PAGE_BYTES);
    if (this.#isAhead(page) || (this.#inRow >= WALK_PAGES_MIN && this.#readAhead(page))) {
      const from = (page - this.#aheadFirst) * PAGE_BYTES;
      into.set(this.#ahead.subarray(from, from + count), at);
    } else {
      readFully(fileSystem, descriptor, into, at, count, start + page * PAGE_BYTES);
    }
  }

  #isAhead(page: number): boolean {
    return page >= this.#aheadFirst && page < this.#aheadFirst + this.#aheadCount;
  }

  /** False where that failed: the page itself may still be readable. */
  #readAhead(first: number): boolean {
    const { fileSystem, descriptor, start, length } = this.#paged;
    const from = first * PAGE_BYTES;
    const count = Math.min(AHEAD_PAGES * PAGE_BYTES, length - from);
    if (this.#ahead.length < count) this.#ahead = new Uint8Array(count);
    this.#aheadCount = 0;
    try {
      readFully(fileSystem, descriptor, this.#ahead, 0, count, start + from);
    } catch (error) {
      if (!isStatelogError(error)) throw error;
      return false;
    }
    this.#aheadFirst = first;
    this.#aheadCount = Math.ceil(count / PAGE_BYTES);
    return true;
  }
}
