/** The purpose that mends are looked for: to put records right, or to say that a repair would. */
export type MendEffort = 'repair' | 'hint';

/** A search for mends in a file. */
export interface MendSearch {
  readonly effort: MendEffort;
  /** Start of a record, or of bytes that are none: nothing before is looked at. */
  readonly from: number;
}

/** Bytes that are looked at whatever a file is, and so many more for each of its bytes. */
const FREE_BYTES: Readonly<Record<MendEffort, number>> = {
  repair: 256 * 1024 * 1024,
  hint: 16 * 1024 * 1024,
};
const BYTES_A_BYTE: Readonly<Record<MendEffort, number>> = { repair: 4, hint: 1 };
/** Up to this many bytes are never counted. */
const UNCOUNTED_BYTES = 4096;

/** Bounds the bytes of damaged records that are looked at, of files that are nothing else. */
export class MendBudget {
  #left: number;

  constructor(effort: MendEffort, fileBytes: number) {
    this.#left = FREE_BYTES[effort] + BYTES_A_BYTE[effort] * fileBytes;
  }

  /** Counts bytes that are about to be looked at; false, and nothing is counted, where they are too many. */
  spend(bytes: number): boolean {
    if (bytes <= UNCOUNTED_BYTES) return true;
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }
}
