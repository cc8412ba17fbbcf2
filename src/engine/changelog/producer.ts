/**
 * The end of a changelog that writes.
 *
 * Invariants:
 * - entries from the published head on belong to the producer alone; a consumer never reads them;
 * - published head <= head <= limit <= published tail + capacity, all modulo 2^32;
 * - an entry's words are written before the head that covers it is stored (`Atomics.store`
 *   orders them), so that no consumer sees half of one.
 */
import { isClaimedByAnother, releaseClaim, takeClaim } from '../bytes/shared/shared-claim.js';
import { loadPosition, loadPositionLow, storePosition } from '../bytes/shared/shared-position.js';
import type { StateOp } from './entry.js';
import { entryWord, writeRecord } from './entry-words.js';
import type { ChangelogMemory } from './layout.js';
import { ENTRIES, EPOCH, HEAD, OVERFLOWS, PRODUCER_CLAIM, TAIL } from './layout.js';

const END_NAME = "changelog's producing end";

/** The writing end. All its positions are low halves, as signed 32-bit numbers. */
export class ChangelogProducer {
  readonly #memory: ChangelogMemory;
  readonly #words: Int32Array;
  /** Word of the first entry; kept here since an imported constant costs more on the hot path. */
  readonly #entries = ENTRIES;
  readonly #mask: number;
  readonly #batchMask: number;
  #holdsClaim = false;
  #head = 0;
  #publishedHead = 0;
  /** Up to here there is room, as far as was last seen. It equals head until the claim is taken. */
  #limit = 0;
  #overflows = 0;
  /** Halves of the epoch for new entries, as pushing on the hot path needs them. */
  epochLow = 0;
  epochHigh = 0;

  constructor(memory: ChangelogMemory) {
    this.#memory = memory;
    this.#words = memory.words;
    this.#mask = memory.mask;
    this.#batchMask = memory.batchMask;
  }

  /** The word at which the next entry is to be written; below 0 if there is no room: an overflow. */
  reserve(): number {
    if (this.#head === this.#limit && !this.#findRoom()) return -1;
    return this.#entries + entryWord(this.#head, this.#mask);
  }

  /** Writes an entry of the current epoch, and takes it in; false if there is no room. `offset` is below 2^53. */
  append(op: StateOp, keyHashLow: number, keyHashHigh: number, offset: number, length: number): boolean {
    if (this.#head === this.#limit && !this.#findRoom()) return false;
    const head = this.#head;
    const at = this.#entries + entryWord(head, this.#mask);
    writeRecord(this.#words, at, this.epochLow, this.epochHigh, keyHashLow, keyHashHigh, offset, length, op);
    this.#head = (head + 1) | 0;
    if ((this.#head & this.#batchMask) === 0) this.flush();
    return true;
  }

  /** Takes the entry that was reserved, and written, into the changelog; publishes full batches. */
  advance(): void {
    this.#head = (this.#head + 1) | 0;
    if ((this.#head & this.#batchMask) === 0) this.flush();
  }

  /** Shows the consumer everything that was pushed. */
  flush(): void {
    if (this.#head === this.#publishedHead) return;
    storePosition(this.#words, HEAD, this.#publishedHead, this.#head);
    this.#publishedHead = this.#head;
  }

  /** How many entries were pushed, but not published yet. */
  get unpublished(): number {
    return (this.#head - this.#publishedHead) | 0;
  }

  /** How many entries were ever accepted, unpublished ones of this end included. */
  get acceptedCount(): number {
    return loadPosition(this.#words, HEAD) + this.unpublished;
  }

  get overflowCount(): number {
    return loadPosition(this.#words, OVERFLOWS);
  }

  get epoch(): bigint {
    return Atomics.load(this.#memory.longs, EPOCH >> 1);
  }

  /** Throws a `TypeError` where another one is producing, who would not notice. */
  setEpoch(epoch: bigint): void {
    if (isClaimedByAnother(this.#words, PRODUCER_CLAIM, this.#memory.claimant)) {
      throw new TypeError("a changelog's epoch is set at its producing end");
    }
    Atomics.store(this.#memory.longs, EPOCH >> 1, epoch);
    this.#readEpoch();
  }

  detach(): void {
    if (!this.#holdsClaim) return;
    this.flush();
    this.#holdsClaim = false;
    this.#limit = this.#head;
    releaseClaim(this.#words, PRODUCER_CLAIM, this.#memory.claimant);
  }

  #findRoom(): boolean {
    if (!this.#holdsClaim) this.#claim();
    this.#limit = (loadPositionLow(this.#words, TAIL) + this.#memory.capacity) | 0;
    if (this.#head !== this.#limit) return true;
    // The consumer can only make room by draining what it sees.
    this.flush();
    const overflows = (this.#overflows + 1) | 0;
    storePosition(this.#words, OVERFLOWS, this.#overflows, overflows);
    this.#overflows = overflows;
    return false;
  }

  #claim(): void {
    takeClaim(this.#words, PRODUCER_CLAIM, this.#memory.claimant, END_NAME);
    this.#holdsClaim = true;
    this.#head = loadPositionLow(this.#words, HEAD);
    this.#publishedHead = this.#head;
    this.#overflows = loadPositionLow(this.#words, OVERFLOWS);
    this.#readEpoch();
  }

  #readEpoch(): void {
    this.epochLow = Atomics.load(this.#words, EPOCH);
    this.epochHigh = Atomics.load(this.#words, EPOCH + 1);
  }
}
