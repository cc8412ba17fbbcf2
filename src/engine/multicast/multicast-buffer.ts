import type { Multicast } from './multicast.js';
import { backpressureFull, checkedCapacity, checkedConsumerCount, noSuchConsumer } from './multicast.js';

/**
 * A multicast buffer for any JavaScript value, within one thread. Consumers get the value
 * itself, not a copy of it. `tryPublish` and `consume` allocate nothing.
 *
 * If `undefined` is published, `consume` returns it like any value; `available` tells it from
 * an empty buffer.
 *
 * Invariants:
 * - `#waiting[slot]` is the number of consumers that have not had the slot's value; at 0 the
 *   slot is free and holds no reference;
 * - write position - capacity <= each read position <= write position.
 */
export class MulticastBuffer<T> implements Multicast<T> {
  readonly capacity: number;
  readonly consumerCount: number;
  readonly #mask: number;
  readonly #slots: (T | undefined)[];
  readonly #waiting: Uint32Array;
  /** Counts of values, exact up to 2^53; doubles in an array, so that none is ever allocated. */
  readonly #readPositions: Float64Array;
  readonly #writePosition = new Float64Array(1);

  /**
   * `capacity` is a power of two up to 2^25, `consumerCount` an integer from 1; anything else
   * is a `RangeError`.
   */
  constructor(capacity: number, consumerCount: number) {
    this.capacity = checkedCapacity(capacity);
    this.consumerCount = checkedConsumerCount(consumerCount);
    this.#mask = capacity - 1;
    this.#slots = new Array<T | undefined>(capacity).fill(undefined);
    this.#waiting = new Uint32Array(capacity);
    this.#readPositions = new Float64Array(consumerCount);
  }

  get writePosition(): bigint {
    return BigInt(this.#written());
  }

  readPosition(consumerIndex: number): bigint {
    return BigInt(this.#read(consumerIndex));
  }

  /** How many values wait for this consumer. `RangeError` for an index that there is not. */
  available(consumerIndex: number): number {
    return this.#written() - this.#read(consumerIndex);
  }

  publish(value: T): void {
    if (!this.tryPublish(value)) throw backpressureFull(this.capacity);
  }

  tryPublish(value: T): boolean {
    const position = this.#written();
    const slot = position & this.#mask;
    if (this.#waiting[slot] !== 0) return false;
    this.#slots[slot] = value;
    this.#waiting[slot] = this.consumerCount;
    this.#writePosition[0] = position + 1;
    return true;
  }

  consume(consumerIndex: number): T | undefined {
    const position = this.#read(consumerIndex);
    if (position === this.#written()) return undefined;
    const slot = position & this.#mask;
    const value = this.#slots[slot];
    const waiting = this.#waiting[slot]! - 1;
    this.#waiting[slot] = waiting;
    if (waiting === 0) this.#slots[slot] = undefined;
    this.#readPositions[consumerIndex] = position + 1;
    return value;
  }

  #written(): number {
    return this.#writePosition[0]!;
  }

  #read(consumerIndex: number): number {
    const position = this.#readPositions[consumerIndex];
    if (position === undefined) throw noSuchConsumer(consumerIndex, this.consumerCount);
    return position;
  }
}
