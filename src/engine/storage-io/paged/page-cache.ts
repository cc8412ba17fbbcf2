import { viewOf } from '../../bytes/byte-source.js';

/** Bytes of a page: the unit of reading and of checksums (docs/formats/state-file.md, "What is checked"). */
export const PAGE_BYTES = 4096;

const WAYS = 4;
/** Sets of a new cache, and how many times as many there are each time that it grows. */
const SETS_FIRST = 4;
const GROWTH = 4;

/**
 * A few recently used pages in one buffer. Set-associative: a page may lie in four slots, of which the least
 * recently used is given up. It starts small, since many files are opened for a page or two, and begins anew
 * with a larger buffer where a page would be given up that more memory could have kept.
 */
export class PageCache {
  /** The slots one behind the other. Fetch it anew after `evict`. */
  bytes: Uint8Array = new Uint8Array(0);
  /** A view of `bytes`. */
  view: DataView = viewOf(this.bytes);
  readonly #setsMax: number;
  #sets = 0;
  /** The page in each slot; -1 for none. Doubles, since a file may have more than 2^32 pages. */
  #pages = new Float64Array(0);
  #lastUses = new Float64Array(0);
  #uses = 0;

  /**
   * @param slotsMax how many pages it holds, a multiple of 4
   * @param pages how many there are: it takes no memory for more
   */
  constructor(slotsMax: number, pages: number) {
    if (slotsMax < WAYS || slotsMax % WAYS !== 0) {
      throw new RangeError(`slots must be a multiple of ${WAYS}, not ${slotsMax}`);
    }
    this.#setsMax = Math.min(slotsMax / WAYS, Math.max(1, Math.ceil(pages / WAYS)));
    this.#begin(SETS_FIRST);
  }

  /** The slot of a page, or -1 where it is not here. */
  find(page: number): number {
    const first = (page % this.#sets) * WAYS;
    for (let slot = first; slot < first + WAYS; slot += 1) {
      if (this.#pages[slot] !== page) continue;
      this.#touch(slot);
      return slot;
    }
    return -1;
  }

  /** A slot to read a page into. It holds nothing until `hold` says that the page is good. */
  evict(page: number): number {
    const first = (page % this.#sets) * WAYS;
    let oldest = first;
    for (let slot = first + 1; slot < first + WAYS; slot += 1) {
      if (this.#lastUses[slot]! < this.#lastUses[oldest]!) oldest = slot;
    }
    if (this.#pages[oldest]! >= 0 && this.#sets < this.#setsMax) {
      this.#begin(this.#sets * GROWTH);
      return this.evict(page);
    }
    this.#pages[oldest] = -1;
    this.#lastUses[oldest] = 0;
    return oldest;
  }

  /** Begins with no page in memory. */
  #begin(sets: number): void {
    this.#sets = Math.min(sets, this.#setsMax);
    const slots = this.#sets * WAYS;
    // Not zeroed: nothing of a slot is looked at before a page was read into it.
    this.bytes = new Uint8Array(Buffer.allocUnsafeSlow(slots * PAGE_BYTES).buffer);
    this.view = viewOf(this.bytes);
    this.#pages = new Float64Array(slots).fill(-1);
    this.#lastUses = new Float64Array(slots);
  }

  hold(slot: number, page: number): void {
    this.#pages[slot] = page;
    this.#touch(slot);
  }

  #touch(slot: number): void {
    this.#uses += 1;
    this.#lastUses[slot] = this.#uses;
  }
}
