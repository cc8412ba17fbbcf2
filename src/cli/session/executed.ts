import type { StoredEntry } from '../../engine/store/store.js';

/** The fields of an answer, `id` and `ok` apart. */
export type AnswerFields = Readonly<Record<string, unknown>>;

/** Outcome of an operation. */
export interface Executed {
  readonly fields: AnswerFields;
  /** The entry that was looked up and is there: its value is told behind the fields. */
  readonly found?: StoredEntry | undefined;
  /** Whether it changed something that is not on disk before the store's next `sync`. */
  readonly hasChanged: boolean;
}

/** Outcome of an operation on one key. */
export interface LookedUp extends Executed {
  /** Whether its condition held. */
  readonly holds: boolean;
}
