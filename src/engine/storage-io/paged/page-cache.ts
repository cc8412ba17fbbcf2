/** Bytes of a page: the unit of reading and of checksums (docs/formats/state-file.md, "What is checked"). */
export const PAGE_BYTES = 4096;

const WAYS = 4;

/**
 * A few recently used pages in one buffer that is never replaced. Set-associative: a page may lie
 * in four slots, of which the least recently used is given up. Nothing is allocated after
 * construction.
 */
export class PageCache {
  readonly bytes: Uint8Array;
  readonly #sets: number;
  /** The page in each slot; -1 for none. Doubles, since a file may have more than 2^32 pages. */
  readonly #pages: Float64Array;
  readonly #lastUses: Float64Array;
  #uses = 0;

  /**
   * @param slotsMax how many pages it holds, a multiple of 4
   * @param pages how many there are: it takes no memory for more
   */
  constructor(slotsMax: number, pages: number) {
    if (slotsMax < WAYS || slotsMax % WAYS !== 0) {
      throw new RangeError(`slots must be a multiple of ${WAYS}, not ${slotsMax}`);
    }
    this.#sets = Math.min(slotsMax / WAYS, Math.max(1, Math.ceil(pages / WAYS)));
    const slots = this.#sets * WAYS;
    // Not zeroed: nothing of a slot is looked at before a page was read into it.
    this.bytes = new Uint8Array(Buffer.allocUnsafeSlow(slots * PAGE_BYTES).buffer);
    this.#pages = new Float64Array(slots).fill(-1);
    this.#lastUses = new Float64Array(slots);
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
    this.#pages[oldest] = -1;
    this.#lastUses[oldest] = 0;
    return oldest;
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
