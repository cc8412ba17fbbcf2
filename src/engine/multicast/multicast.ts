import { StatelogError } from '../errors.js';

/** The most values that a multicast buffer can hold. */
export const CAPACITY_MAX = 2 ** 25;

/**
 * A ring from one producer to a fixed number of consumers, each of which gets every value
 * once and in order. A value stays until the slowest consumer has had it. After LaminarDB's
 * `MulticastBuffer`. `MulticastBuffer` is one for JavaScript values in one thread,
 * `SharedMulticastBuffer` one for bytes between threads.
 */
export interface Multicast<T> {
  /** How many values fit: a power of two. */
  readonly capacity: number;
  readonly consumerCount: number;
  /** How many values were ever published. */
  readonly writePosition: bigint;
  /** The number of values that this consumer has taken. @throws RangeError for an index that does not exist */
  readPosition(consumerIndex: number): bigint;
  /** Publishes a value, or throws `BACKPRESSURE_FULL` while the slowest consumer holds its slot. */
  publish(value: T): void;
  /** Publishes a value, or returns false while the slowest consumer holds its slot. */
  tryPublish(value: T): boolean;
  /** Takes this consumer's next value; undefined if there is none. @throws RangeError for an index that does not exist */
  consume(consumerIndex: number): T | undefined;
}

/** Returns `capacity` if it is a power of two up to `CAPACITY_MAX`; throws a `RangeError` otherwise. */
export function checkedCapacity(capacity: number): number {
  if (isCapacity(capacity)) return capacity;
  const range = `a power of two from 1 to ${CAPACITY_MAX}`;
  throw new RangeError(`capacity must be ${range}, not ${capacity}`);
}

/** True for a power of two up to `CAPACITY_MAX`. */
export function isCapacity(capacity: number): boolean {
  const isInRange = Number.isInteger(capacity) && capacity >= 1 && capacity <= CAPACITY_MAX;
  return isInRange && (capacity & (capacity - 1)) === 0;
}

/** Returns `consumerCount` if it is an integer from 1; throws a `RangeError` otherwise. */
export function checkedConsumerCount(consumerCount: number): number {
  if (Number.isSafeInteger(consumerCount) && consumerCount >= 1) return consumerCount;
  throw new RangeError(`consumerCount must be an integer from 1, not ${consumerCount}`);
}

/** The error for a consumer index that does not exist. */
export function noSuchConsumer(consumerIndex: number, consumerCount: number): RangeError {
  const range = `an integer from 0 to ${consumerCount - 1}`;
  return new RangeError(`consumerIndex must be ${range}, not ${consumerIndex}`);
}

/** The error that `publish` throws when there is no room. */
export function backpressureFull(capacity: number): StatelogError {
  const message = `the slowest consumer is ${capacity} values behind: the buffer is full`;
  return new StatelogError('BACKPRESSURE_FULL', message, {
    hint: 'publish it again when that consumer has gone on',
    safe: 'nothing was published; what was published before waits for its consumers',
  });
}
