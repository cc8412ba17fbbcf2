/**
 * The end of a changelog that reads.
 *
 * Invariants:
 * - entries below the published tail belong to the producer, which may overwrite them;
 * - published tail <= tail <= seen head <= published head, all modulo 2^32;
 * - an entry's words are read before the tail that frees it is stored;
 * - an entry whose visitor threw is still the next one: nothing is freed that was not taken.
 */
import { releaseClaim, takeClaim } from '../bytes/shared/shared-claim.js';
import { loadPosition, loadPositionLow, storePosition } from '../bytes/shared/shared-position.js';
import type { StateChangelogEntry } from './entry.js';
import type { ChangelogVisitor } from './entry-words.js';
import { entryWord, readEntry, visitRecord } from './entry-words.js';
import type { ChangelogMemory } from './layout.js';
import { CLEARED, CONSUMER_CLAIM, ENTRIES, HEAD, TAIL } from './layout.js';

const END_NAME = "changelog's consuming end";

/** The reading end. All its positions are low halves, as signed 32-bit numbers. */
export class ChangelogConsumer {
  readonly #memory: ChangelogMemory;
  readonly #words: Int32Array;
  /** Word of the first entry; kept here since an imported constant costs more on the hot path. */
  readonly #entries = ENTRIES;
  readonly #mask: number;
  #holdsClaim = false;
  #isVisiting = false;
  #tail = 0;
  #publishedTail = 0;
  #seenHead = 0;

  constructor(memory: ChangelogMemory) {
    this.#memory = memory;
    this.#words = memory.words;
    this.#mask = memory.mask;
  }

  /** The oldest entry, or undefined. Its slot is free at once. */
  pop(): StateChangelogEntry | undefined {
    this.#enter();
    if (this.#tail === this.#seenHead) {
      this.#seenHead = loadPositionLow(this.#words, HEAD);
      if (this.#tail === this.#seenHead) return undefined;
    }
    const entry = readEntry(this.#words, this.#memory.longs, this.#wordOf(this.#tail));
    this.#publish((this.#tail + 1) | 0);
    return entry;
  }

  /** Visits at most `maxCount` of the entries that are there now, and returns how many. */
  drainTo(maxCount: number, visit: ChangelogVisitor): number {
    this.#enter();
    this.#seenHead = loadPositionLow(this.#words, HEAD);
    const start = this.#tail;
    const available = (this.#seenHead - start) | 0;
    const count = available < maxCount ? available : maxCount;
    if (count === 0) return 0;
    this.#isVisiting = true;
    try {
      this.#visitUntil((start + count) | 0, visit);
    } finally {
      this.#isVisiting = false;
    }
    return count;
  }

  #visitUntil(end: number, visit: ChangelogVisitor): void {
    const words = this.#words;
    const batchMask = this.#memory.batchMask;
    let tail = this.#tail;
    try {
      while (tail !== end) {
        visitRecord(words, this.#wordOf(tail), visit);
        tail = (tail + 1) | 0;
        if ((tail & batchMask) === 0) this.#publish(tail);
      }
    } finally {
      this.#publish(tail);
    }
  }

  /** Frees everything that is published, without reading it; it counts as cleared, not drained. */
  clear(): void {
    this.#enter();
    const head = loadPositionLow(this.#words, HEAD);
    const cleared = (head - this.#tail) | 0;
    this.#seenHead = head;
    this.#publish(head);
    const previous = loadPositionLow(this.#words, CLEARED);
    storePosition(this.#words, CLEARED, previous, (previous + cleared) | 0);
  }

  /** How many entries have ever left, cleared ones included. */
  get leftCount(): number {
    return loadPosition(this.#words, TAIL);
  }

  /** How many entries were ever drained. Stored after the tail, so that it is read before it. */
  get drainedCount(): number {
    const cleared = loadPosition(this.#words, CLEARED);
    return loadPosition(this.#words, TAIL) - cleared;
  }

  detach(): void {
    if (!this.#holdsClaim) return;
    this.#refuseVisitor();
    this.#holdsClaim = false;
    releaseClaim(this.#words, CONSUMER_CLAIM, this.#memory.claimant);
  }

  #enter(): void {
    this.#refuseVisitor();
    if (!this.#holdsClaim) this.#claim();
  }

  #refuseVisitor(): void {
    if (this.#isVisiting) throw new TypeError('a changelog cannot be drained by its own visitor');
  }

  #claim(): void {
    takeClaim(this.#words, CONSUMER_CLAIM, this.#memory.claimant, END_NAME);
    this.#holdsClaim = true;
    this.#tail = loadPositionLow(this.#words, TAIL);
    this.#publishedTail = this.#tail;
    this.#seenHead = this.#tail;
  }

  #publish(tail: number): void {
    this.#tail = tail;
    if (tail === this.#publishedTail) return;
    storePosition(this.#words, TAIL, this.#publishedTail, tail);
    this.#publishedTail = tail;
  }

  #wordOf(position: number): number {
    return this.#entries + entryWord(position, this.#mask);
  }
}
