/**
 * A position in entries that lie in ascending order of their keys' bytes. A fresh cursor stands
 * nowhere; each move returns whether it stands on an entry afterwards. Moving may go both ways.
 */
export interface EntryCursor {
  first(): boolean;
  last(): boolean;
  /** Moves to the first entry whose key is `key` or greater. */
  seek(key: Uint8Array): boolean;
  /** Moves to the last entry whose key is less than `key`. */
  seekBefore(key: Uint8Array): boolean;
  next(): boolean;
  previous(): boolean;
  /** The key it stands on; valid until it moves: copy what must live longer. */
  readonly key: Uint8Array;
  /**
   * The value it stands on, checked where there are checksums; valid until it moves, or anything else is read
   * of what it walks.
   */
  value(): Uint8Array;
}

/** One key with its value, both free to keep. */
export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Which entries, and which way. Bounds are keys; `to` is exclusive. */
export interface EntryRange {
  /** Only keys that start with this. */
  readonly prefix?: Uint8Array | undefined;
  /** First key, inclusive. */
  readonly from?: Uint8Array | undefined;
  /** Only keys greater than this. */
  readonly after?: Uint8Array | undefined;
  /** Keys below this only. */
  readonly to?: Uint8Array | undefined;
  /** From the greatest key down. */
  readonly reverse?: boolean | undefined;
}
