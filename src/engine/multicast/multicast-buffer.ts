import type { Multicast } from './multicast.js';
import { backpressureFull, checkedCapacity, checkedConsumerCount, noSuchConsumer } from './multicast.js';

/**
 * A multicast buffer for any JavaScript value, within one thread. Consumers get the value
 * itself, not a copy of it. `tryPublish` and `consume` allocate nothing.
 *
 * If `undefined` is published, `consume` returns it like any value; `available` tells it from
 * an empty buffer. A value that every consumer has had is let go when one of them has caught up,
 * at the latest when its slot is used again.
 *
 * Positions are kept as low halves, signed 32-bit numbers: they wrap, their differences do not.
 *
 * Invariants, modulo 2^32:
 * - let go <= each read position <= head <= limit <= let go + capacity;
 * - no slot but those from let go to head holds a reference;
 * - head - `#countedHead` <= capacity, and `#counted` is the number of values up to there, exact to 2^53.
 */
export class MulticastBuffer<T> implements Multicast<T> {
  readonly capacity: number;
  readonly consumerCount: number;
  readonly #mask: number;
  readonly #slots: (T | undefined)[];
  readonly #readPositions: Int32Array;
  #head = 0;
  /** Up to here there is room, as far as was last seen. */
  #limit: number;
  #letGo = 0;
  #counted = 0;
  #countedHead = 0;

  /**
   * `capacity` is a power of two up to 2^25, `consumerCount` an integer from 1; anything else
   * is a `RangeError`.
   */
  constructor(capacity: number, consumerCount: number) {
    this.capacity = checkedCapacity(capacity);
    this.consumerCount = checkedConsumerCount(consumerCount);
    this.#mask = capacity - 1;
    this.#slots = new Array<T | undefined>(capacity).fill(undefined);
    this.#readPositions = new Int32Array(consumerCount);
    this.#limit = capacity;
  }

  get writePosition(): bigint {
    return BigInt(this.#written());
  }

  readPosition(consumerIndex: number): bigint {
    return BigInt(this.#written() - this.available(consumerIndex));
  }

  /** The number of values that wait for this consumer. @throws RangeError for an index that does not exist */
  available(consumerIndex: number): number {
    return (this.#head - this.#read(consumerIndex)) | 0;
  }

  publish(value: T): void {
    if (!this.tryPublish(value)) throw backpressureFull(this.capacity);
  }

  tryPublish(value: T): boolean {
    const head = this.#head;
    if (head === this.#limit && !this.#findRoom()) return false;
    this.#slots[head & this.#mask] = value;
    this.#head = (head + 1) | 0;
    return true;
  }

  consume(consumerIndex: number): T | undefined {
    const position = this.#read(consumerIndex);
    if (position === this.#head) return undefined;
    const value = this.#slots[position & this.#mask];
    const next = (position + 1) | 0;
    this.#readPositions[consumerIndex] = next;
    if (next === this.#head) this.#letGoConsumed();
    return value;
  }

  #written(): number {
    return this.#counted + ((this.#head - this.#countedHead) | 0);
  }

  #read(consumerIndex: number): number {
    const position = this.#readPositions[consumerIndex];
    if (position === undefined) throw noSuchConsumer(consumerIndex, this.consumerCount);
    return position;
  }

  #findRoom(): boolean {
    this.#counted = this.#written();
    this.#countedHead = this.#head;
    this.#letGoConsumed();
    this.#limit = (this.#letGo + this.capacity) | 0;
    return this.#head !== this.#limit;
  }

  /** Drops the references to all values that every consumer has had. */
  #letGoConsumed(): void {
    let lag = 0;
    for (const position of this.#readPositions) lag = Math.max(lag, (this.#head - position) | 0);
    const slowest = (this.#head - lag) | 0;
    for (let at = this.#letGo; at !== slowest; at = (at + 1) | 0) this.#slots[at & this.#mask] = undefined;
    this.#letGo = slowest;
  }
}
