import type { ReadableStore } from '../../../store/store.js';

/** A snapshot of a fold, as far as is known before it is fetched. */
export interface SnapshotSummary {
  /** The bytes of its cursor. */
  readonly cursor: Uint8Array;
  /** The prefixes of the keys that it covers ([''] for all); undefined where it does not say. */
  readonly scope: readonly string[] | undefined;
}

/** A snapshot that was fetched and verified. */
export interface FetchedSnapshot extends SnapshotSummary {
  readonly store: ReadableStore;
  /** Closes the store, and removes what was fetched. */
  readonly close: () => void;
}

/** The place where the newest snapshot of a fold lies. */
export interface RestoreSource {
  /** Its place, for messages. */
  readonly name: string;
  /** Describes the newest, without fetching all of it where that is possible. */
  latest(): Promise<SnapshotSummary>;
  /** Fetches and verifies the newest; it may be a later one than `latest` told of. */
  fetch(): Promise<FetchedSnapshot>;
}
