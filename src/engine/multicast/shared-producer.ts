/**
 * The end of a shared multicast buffer that writes.
 *
 * Invariants:
 * - slots from the published head on belong to the producer alone; no consumer reads them;
 * - published head <= head <= limit <= the slowest published tail + capacity, modulo 2^32;
 * - a slot is written before the head that covers it is stored (`Atomics.store` orders them).
 */
import { checkBytes } from '../bytes/byte-argument.js';
import { releaseClaim, takeClaim } from '../bytes/shared/shared-claim.js';
import { loadPosition, loadPositionLow, storePosition } from '../bytes/shared/shared-position.js';
import type { MulticastMemory } from './shared-layout.js';
import { HEAD, PRODUCER_CLAIM, VALUE_AT, tailOf } from './shared-layout.js';

const WORD_SHIFT = 2;

/** The writing end. All its positions are low halves, as signed 32-bit numbers. */
export class SharedMulticastProducer {
  readonly #memory: MulticastMemory;
  #holdsClaim = false;
  #head = 0;
  #publishedHead = 0;
  /** Up to here there is room, as far as was last seen. It equals head until the claim is taken. */
  #limit = 0;

  constructor(memory: MulticastMemory) {
    this.#memory = memory;
  }

  /** Copies a value into the next slot, or returns false. Publishes full batches. */
  stage(value: Uint8Array): boolean {
    checkBytes(value, 'value');
    const memory = this.#memory;
    const length = value.length;
    if (length > memory.valueBytesMax) {
      throw new RangeError(`a value has at most ${memory.valueBytesMax} bytes, not ${length}`);
    }
    if (this.#head === this.#limit && !this.#findRoom()) return false;
    const start = memory.slotsStart + (this.#head & memory.mask) * memory.slotBytes;
    memory.words[start >> WORD_SHIFT] = length;
    memory.bytes.set(value, start + VALUE_AT);
    this.#head = (this.#head + 1) | 0;
    if ((this.#head & memory.batchMask) === 0) this.flush();
    return true;
  }

  /** Shows the consumers everything that was staged. */
  flush(): void {
    if (this.#head === this.#publishedHead) return;
    storePosition(this.#memory.words, HEAD, this.#publishedHead, this.#head);
    this.#publishedHead = this.#head;
  }

  /** How many values were ever taken in, those staged at this end included. */
  get acceptedCount(): number {
    return loadPosition(this.#memory.words, HEAD) + ((this.#head - this.#publishedHead) | 0);
  }

  detach(): void {
    if (!this.#holdsClaim) return;
    this.flush();
    this.#holdsClaim = false;
    this.#limit = this.#head;
    releaseClaim(this.#memory.words, PRODUCER_CLAIM, this.#memory.claimant);
  }

  #findRoom(): boolean {
    if (!this.#holdsClaim) this.#claim();
    const { words, consumerCount, capacity } = this.#memory;
    let lag = 0;
    for (let index = 0; index < consumerCount; index += 1) {
      lag = Math.max(lag, (this.#head - loadPositionLow(words, tailOf(index))) | 0);
    }
    this.#limit = (this.#head - lag + capacity) | 0;
    if (lag < capacity) return true;
    // Consumers can only make room by reading what they see.
    this.flush();
    return false;
  }

  #claim(): void {
    const { words, claimant } = this.#memory;
    takeClaim(words, PRODUCER_CLAIM, claimant, "multicast buffer's producing end");
    this.#holdsClaim = true;
    this.#head = loadPositionLow(words, HEAD);
    this.#publishedHead = this.#head;
  }
}
