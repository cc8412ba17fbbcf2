/**
 * One consumer's end of a shared multicast buffer.
 *
 * Invariants:
 * - the producer may overwrite slots below the slowest published tail;
 * - published tail <= tail <= seen head <= published head, all modulo 2^32;
 * - a slot is read before the tail that gives it up is stored;
 * - a value whose visitor threw is still the next one.
 */
import { freeCopyOf } from '../bytes/free-copy.js';
import { releaseClaim, takeClaim } from '../bytes/shared/shared-claim.js';
import { loadPosition, loadPositionLow, storePosition } from '../bytes/shared/shared-position.js';
import type { MulticastMemory } from './shared-layout.js';
import { HEAD, VALUE_AT, consumerClaim, tailOf } from './shared-layout.js';

const WORD_SHIFT = 2;

/**
 * Takes one value: `bytes[start..end)`, where `bytes` is the whole shared memory, to be read
 * only, and only until the visitor returns. It must not consume as the consumer it is called for.
 */
export type MulticastVisitor = (bytes: Uint8Array, start: number, end: number) => void;

/** One reading end. All its positions are low halves, as signed 32-bit numbers. */
export class SharedMulticastConsumer {
  readonly #memory: MulticastMemory;
  readonly #index: number;
  /** The word that holds its published tail. */
  readonly #tailWord: number;
  #holdsClaim = false;
  #isVisiting = false;
  #tail = 0;
  #publishedTail = 0;
  #seenHead = 0;

  constructor(memory: MulticastMemory, consumerIndex: number) {
    this.#memory = memory;
    this.#index = consumerIndex;
    this.#tailWord = tailOf(consumerIndex);
  }

  /** A copy of the next value, or undefined. Its slot is given up at once. */
  consume(): Uint8Array | undefined {
    this.#enter();
    if (this.#tail === this.#seenHead) {
      this.#seenHead = loadPositionLow(this.#memory.words, HEAD);
      if (this.#tail === this.#seenHead) return undefined;
    }
    const slot = this.#slotOf(this.#tail);
    const value = freeCopyOf(this.#memory.bytes, slot + VALUE_AT, this.#lengthAt(slot));
    this.#publish((this.#tail + 1) | 0);
    return value;
  }

  /** Visits at most `maxCount` of the values that are there now, and returns how many. */
  consumeTo(maxCount: number, visit: MulticastVisitor): number {
    this.#enter();
    this.#seenHead = loadPositionLow(this.#memory.words, HEAD);
    const available = (this.#seenHead - this.#tail) | 0;
    const count = available < maxCount ? available : maxCount;
    if (count === 0) return 0;
    this.#isVisiting = true;
    try {
      this.#visitUntil((this.#tail + count) | 0, visit);
    } finally {
      this.#isVisiting = false;
    }
    return count;
  }

  /** How many values this consumer has had, and given up. */
  get consumedCount(): number {
    return loadPosition(this.#memory.words, this.#tailWord);
  }

  detach(): void {
    if (!this.#holdsClaim) return;
    this.#refuseVisitor();
    this.#holdsClaim = false;
    releaseClaim(this.#memory.words, consumerClaim(this.#index), this.#memory.claimant);
  }

  #visitUntil(end: number, visit: MulticastVisitor): void {
    const { bytes, batchMask } = this.#memory;
    let tail = this.#tail;
    try {
      while (tail !== end) {
        const slot = this.#slotOf(tail);
        const start = slot + VALUE_AT;
        visit(bytes, start, start + this.#lengthAt(slot));
        tail = (tail + 1) | 0;
        if ((tail & batchMask) === 0) this.#publish(tail);
      }
    } finally {
      this.#publish(tail);
    }
  }

  #enter(): void {
    this.#refuseVisitor();
    if (!this.#holdsClaim) this.#claim();
  }

  #refuseVisitor(): void {
    if (this.#isVisiting) throw new TypeError('a multicast buffer cannot be consumed by its own visitor');
  }

  #claim(): void {
    const { words, claimant } = this.#memory;
    takeClaim(words, consumerClaim(this.#index), claimant, `multicast buffer's consumer ${this.#index}`);
    this.#holdsClaim = true;
    this.#tail = loadPositionLow(words, this.#tailWord);
    this.#publishedTail = this.#tail;
    this.#seenHead = this.#tail;
  }

  #publish(tail: number): void {
    this.#tail = tail;
    if (tail === this.#publishedTail) return;
    storePosition(this.#memory.words, this.#tailWord, this.#publishedTail, tail);
    this.#publishedTail = tail;
  }

  #slotOf(position: number): number {
    return this.#memory.slotsStart + (position & this.#memory.mask) * this.#memory.slotBytes;
  }

  #lengthAt(slot: number): number {
    return this.#memory.words[slot >> WORD_SHIFT]!;
  }
}
