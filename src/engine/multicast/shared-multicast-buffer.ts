import type { Multicast } from './multicast.js';
import { backpressureFull, noSuchConsumer } from './multicast.js';
import type { MulticastVisitor } from './shared-consumer.js';
import { SharedMulticastConsumer } from './shared-consumer.js';
import { createMulticastMemory, openMulticastMemory } from './shared-layout.js';
import { SharedMulticastProducer } from './shared-producer.js';

/**
 * A multicast buffer for bytes, between threads. It holds copies of at most `valueBytesMax`
 * bytes each (why fixed: `shared-layout.ts`).
 *
 * An object has all ends; whoever first publishes takes the producing end, whoever first
 * consumes with an index that consumer's. In another thread, `attach(buffer.sharedBuffer)`
 * makes an object over the same memory. A second producer, or a second one for an index, gets
 * a `TypeError`, until the first has called `detach()`.
 *
 * `publish`, `tryPublish` and `consume` are visible to the other ends at once. `stage`
 * publishes in batches of up to 64 values, or with `flush()`, or when the buffer is full;
 * `consumeTo` gives slots up in such batches and at its end. Nothing is allocated after
 * construction, but for the copies that `consume` returns and the positions, as bigints.
 */
export class SharedMulticastBuffer implements Multicast<Uint8Array> {
  /** The memory: send it to another thread and `attach` to it there. */
  readonly sharedBuffer: SharedArrayBuffer;
  readonly capacity: number;
  readonly consumerCount: number;
  /** The longest value, in bytes. */
  readonly valueBytesMax: number;
  readonly #producer: SharedMulticastProducer;
  readonly #consumers: readonly SharedMulticastConsumer[];

  /** See `create` and `attach`. */
  constructor(sharedBuffer: SharedArrayBuffer) {
    const memory = openMulticastMemory(sharedBuffer);
    this.sharedBuffer = sharedBuffer;
    this.capacity = memory.capacity;
    this.consumerCount = memory.consumerCount;
    this.valueBytesMax = memory.valueBytesMax;
    this.#producer = new SharedMulticastProducer(memory);
    this.#consumers = Array.from(
      { length: memory.consumerCount },
      (_, index) => new SharedMulticastConsumer(memory, index),
    );
  }

  /**
   * A buffer for `capacity` values (a power of two up to 2^25) of at most `valueBytesMax`
   * bytes, for `consumerCount` consumers (from 1). Anything else, and more than 2 GiB
   * altogether, is a `RangeError`.
   */
  static create(capacity: number, consumerCount: number, valueBytesMax: number): SharedMulticastBuffer {
    return new SharedMulticastBuffer(createMulticastMemory(capacity, consumerCount, valueBytesMax));
  }

  /** Other ends of the buffer with this memory. A `TypeError` if it is not a multicast buffer's. */
  static attach(sharedBuffer: SharedArrayBuffer): SharedMulticastBuffer {
    return new SharedMulticastBuffer(sharedBuffer);
  }

  get writePosition(): bigint {
    return BigInt(this.#producer.acceptedCount);
  }

  readPosition(consumerIndex: number): bigint {
    return BigInt(this.#consumer(consumerIndex).consumedCount);
  }

  publish(value: Uint8Array): void {
    if (!this.tryPublish(value)) throw backpressureFull(this.capacity);
  }

  /** Publishes as `Multicast` says; throws a `RangeError` for more than `valueBytesMax` bytes. */
  tryPublish(value: Uint8Array): boolean {
    const isStaged = this.#producer.stage(value);
    this.#producer.flush();
    return isStaged;
  }

  /** Publishes as `tryPublish` does, but other ends may not see the value until `flush()`. */
  stage(value: Uint8Array): boolean {
    return this.#producer.stage(value);
  }

  /** Shows the other ends what was staged. */
  flush(): void {
    this.#producer.flush();
  }

  /** A copy of this consumer's next value, or undefined. */
  consume(consumerIndex: number): Uint8Array | undefined {
    this.#producer.flush();
    return this.#consumer(consumerIndex).consume();
  }

  /**
   * Hands at most `maxCount` of the values that are there now for this consumer to `visit`,
   * without copying or allocating, and returns how many. If `visit` throws, its value stays
   * this consumer's next.
   */
  consumeTo(consumerIndex: number, maxCount: number, visit: MulticastVisitor): number {
    if (maxCount !== Infinity && !(Number.isInteger(maxCount) && maxCount >= 0)) {
      throw new RangeError(`maxCount must be an integer from 0, or Infinity, not ${maxCount}`);
    }
    this.#producer.flush();
    return this.#consumer(consumerIndex).consumeTo(maxCount, visit);
  }

  /** Publishes what was staged and gives up all ends, so that other objects may take them. */
  detach(): void {
    this.#producer.detach();
    for (const consumer of this.#consumers) consumer.detach();
  }

  #consumer(consumerIndex: number): SharedMulticastConsumer {
    const consumer = this.#consumers[consumerIndex];
    if (consumer === undefined) throw noSuchConsumer(consumerIndex, this.consumerCount);
    return consumer;
  }
}
