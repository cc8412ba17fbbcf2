/** The fields of an answer, `id` and `ok` apart. */
export type AnswerFields = Readonly<Record<string, unknown>>;

/** Outcome of an operation. */
export interface Executed {
  readonly fields: AnswerFields;
  /** Whether it changed something that is not on disk before the store's next `sync`. */
  readonly hasChanged: boolean;
}

/** Outcome of an operation on one key. */
export interface LookedUp extends Executed {
  /** Whether its condition held. */
  readonly holds: boolean;
}
