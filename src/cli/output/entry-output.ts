import type { Encodings } from '../values/encoding.js';

/**
 * Prints keys with their values, one after the other, never more than a little of it held back:
 *
 *     for (const { key, value } of entries) {
 *       printed.write(key, value);
 *       if (printed.isFull && !(await printed.flush())) break;
 *     }
 *     await printed.flush();
 */
export interface EntryOutput {
  /**
   * Adds an entry. Its bytes must not change before the next `flush`.
   * @param value undefined where only keys are printed
   * @param extra more fields of the JSON object, such as a fold log's version
   */
  write(
    key: Uint8Array,
    value: Uint8Array | undefined,
    extra?: Readonly<Record<string, string | number>>,
  ): void;
  /** True when it is time to `flush`. */
  readonly isFull: boolean;
  /**
   * Hands on what was written, and waits until it is taken.
   * @returns false if the reader has gone away: stop
   */
  flush(): Promise<boolean>;
}

/** How entries are asked for on the command line. */
export interface EntryOutputOptions {
  readonly encodings: Encodings;
  readonly json: boolean;
  /** `-0`: only keys, each ended by NUL and not escaped. */
  readonly nulEnded?: boolean | undefined;
}
