/**
 * The archived WAL entry: names, tags and byte positions (docs/formats/rkyv.md, "WAL entry"). The
 * root is the last 64 bytes; what its pointers point to lies before it.
 */

/** Tags of the five operations, as they stand in the root. */
export const TAG_PUT = 0;
export const TAG_DELETE = 1;
export const TAG_CHECKPOINT = 2;
export const TAG_COMMIT = 3;
export const TAG_EPOCH_BARRIER = 4;

/** One of the five tags. */
export type WalTag =
  typeof TAG_PUT | typeof TAG_DELETE | typeof TAG_CHECKPOINT | typeof TAG_COMMIT | typeof TAG_EPOCH_BARRIER;

/** The change that an entry records. Keys and values are any bytes; offsets are u64, the watermark i64. */
export type WalOperation =
  | { readonly op: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly op: 'delete'; readonly key: Uint8Array }
  | { readonly op: 'checkpoint'; readonly id: bigint }
  | {
      readonly op: 'commit';
      readonly offsets: ReadonlyMap<string, bigint>;
      readonly watermark: bigint | undefined;
    }
  | { readonly op: 'epochBarrier'; readonly barrierEpoch: bigint };

/** One entry of a write-ahead log, with 64-bit numbers as `bigint`. */
export interface WalEntry {
  /** u64. */
  readonly epoch: bigint;
  /** u64; counts the entries of one core. */
  readonly sequence: bigint;
  /** u16. */
  readonly coreId: number;
  /** i64, nanoseconds since the Unix epoch. */
  readonly timestampNs: bigint;
  readonly operation: WalOperation;
  /**
   * u32: the record's position minus the position known durable when it was appended. Undefined
   * where the record does not say, as in the original's files.
   */
  readonly lag: number | undefined;
}

/** Byte positions of the root's fields. */
export const ROOT = {
  epoch: 0,
  sequence: 8,
  coreId: 16,
  /** Padding to the original; here, `LAG_PRESENT` says that `lag` is there. */
  lagMark: 18,
  lag: 20,
  timestampNs: 24,
  tag: 32,
  /** Put, Delete: a vec. Commit: a map. */
  key: 36,
  commitMap: 36,
  /** Put: a vec. */
  value: 44,
  /** Checkpoint, EpochBarrier: u64. */
  number: 40,
  /** Commit: 1 if there is a watermark. */
  watermarkMark: 48,
  watermark: 56,
} as const;

/** Size of the root, the last bytes of every entry. */
export const ROOT_BYTES = ROOT.watermark + 8;

/** The root's alignment, counted from the start of the entry. */
export const ROOT_ALIGNMENT = 8;

/** The value of `lagMark` if the next field is a lag. */
export const LAG_PRESENT = 1;

/** `length` rounded up to the root's alignment. */
export function alignToRoot(length: number): number {
  const over = length % ROOT_ALIGNMENT;
  return over === 0 ? length : length + ROOT_ALIGNMENT - over;
}

/**
 * Size of an encoded entry, in bytes; lengths that the tag has no use for are not counted. A Commit's
 * size depends on its names: `encodeCommit` finds it.
 */
export function walEntryBytes(
  tag: Exclude<WalTag, typeof TAG_COMMIT>,
  keyLength: number,
  valueLength: number,
): number {
  if (tag === TAG_PUT) return alignToRoot(keyLength + valueLength) + ROOT_BYTES;
  if (tag === TAG_DELETE) return alignToRoot(keyLength) + ROOT_BYTES;
  return ROOT_BYTES;
}
