/** What each thread of a test is given. */
export interface ThreadTask {
  readonly sharedBuffer: SharedArrayBuffer;
  readonly count: number;
  readonly seed: number;
  /** -1 for the producer. */
  readonly consumerIndex: number;
  /** Whether values are staged and visited, or published and consumed one by one. */
  readonly isBatched: boolean;
}

/** What a consumer reports. */
export interface ConsumerReport {
  readonly received: number;
  /** The number of the first value that was not the expected one, or -1. */
  readonly firstWrong: number;
}

/** The longest value that the producer makes. */
export const VALUE_BYTES_MAX = 70;

/** How many bytes value number `number` has. */
export function lengthOf(number: number): number {
  return number % (VALUE_BYTES_MAX + 1);
}

/** Each byte of value number `number`. */
export function byteOf(number: number): number {
  return Math.imul(number, 0x9e37_79b1) >>> 24;
}
