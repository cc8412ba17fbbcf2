import type { BucketState, ChangeSource } from '../source/change-source.js';

/** A bucket that a store is pushed to. */
export interface BucketTarget {
  /** Its address, without credentials. */
  readonly name: string;
  readonly source: ChangeSource;
  /** The longest value that its server takes. */
  readonly valueBytesMax: number;
  /** The bucket as it is; undefined where there is none. */
  state(): Promise<BucketState | undefined>;
  /** Makes it, with one value kept of a key and nothing dropped. */
  create(): Promise<void>;
  /**
   * Writes a key, or deletes it, if its last revision is the expected one (0n: it never had any).
   * @returns the new revision, or undefined where somebody else has written it since
   * @throws TransientError where nobody answered: whether it was written shows when it is read again
   */
  write(key: string, value: Uint8Array | undefined, expected: bigint): Promise<bigint | undefined>;
}
