import type { WatchCursor } from '../../../fold/format/watch-cursor.js';
import type { BucketChange } from '../source/change-source.js';
import type { Origin } from './origin.js';

/** A change as a destination takes it; one without a revision corrects what is there. */
export type AppliedChange = Pick<BucketChange, 'key' | 'value'> & { readonly revision: bigint | undefined };

/** Changes that go to the disk together, and the cursor behind them. */
export interface Batch {
  readonly changes: readonly AppliedChange[];
  readonly cursor: WatchCursor;
  /** True where much of it may be there already: what has its revision is then passed over. */
  readonly isRepeat: boolean;
}

/** A key of the fold, and the revision that it has there. */
export interface HeldKey {
  readonly key: string;
  readonly revision: bigint | undefined;
}

/** The place that changes are pulled to: a fold, and whatever else is kept equal to it. */
export interface PullTarget {
  /** The fold's cursor, as it is on disk or about to be. */
  readonly cursor: WatchCursor;
  /** How many keys the fold holds. */
  readonly count: number;
  /** The stream that the fold is of; undefined where nobody wrote that down. */
  readonly origin: Origin | undefined;
  /** Writes down the stream that the fold is of, before anything of it is taken. */
  setOrigin(origin: Origin): void;
  /**
   * Makes whatever else is kept equal to the fold equal to it as it stands, before anything is taken; does nothing the second
   * time.
   * @throws StatelogError `SOURCE_MISMATCH` for a store that holds something else
   */
  align(): Promise<void>;
  /**
   * Takes a batch, and resolves when there is room for another.
   * @throws StatelogError what a destination throws
   */
  take(batch: Batch): Promise<void>;
  /** True once a destination has failed: `settle` says how. */
  readonly hasFailed: boolean;
  /** Calls `tell` when one fails from now on, so that nobody waits for changes meanwhile. */
  whenFailed(tell: () => void): void;
  /** Resolves when all that was taken is on disk everywhere. @throws StatelogError as `take` */
  settle(): Promise<void>;
  /** The fold's keys that start with a prefix, as of what was taken and settled. */
  keys(prefix: string): Iterable<HeldKey>;
  /** The value and the revision of a key in the fold. */
  get(key: string): (HeldKey & { readonly value: Uint8Array }) | undefined;
}
