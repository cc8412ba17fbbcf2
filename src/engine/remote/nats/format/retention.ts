/*
 * When a position in a bucket can be gone on from, and when the list of a bucket's keys is all of them. The rules are those of
 * Slipstream 0.8 (src/protocol.rs), so that both judge a fold alike.
 */

/** How a bucket lets go of what it holds. */
export interface Retention {
  /** Values older than this go, current ones too; 0: none. */
  readonly maxAgeMs: number;
  /** Current values go for other reasons: an age of their own, or `discard: old` under a limit. */
  readonly evictsOtherwise: boolean;
}

/** True where a key that is missing from the bucket may have been dropped rather than deleted. */
export function evictsCurrentValues({ maxAgeMs, evictsOtherwise }: Retention): boolean {
  return maxAgeMs > 0 || evictsOtherwise;
}

/**
 * True where nothing behind a revision has left the head of the stream. A server says no error where something has: it starts
 * with the first message that is left.
 */
export function isStillThere(revision: bigint, firstRevision: bigint): boolean {
  return firstRevision <= revision + 1n;
}

/**
 * True where a key that is not listed was deleted. Once a fold saw its bucket drop a current value it is false for ever: what
 * aged out stays missing after the setting is changed.
 */
export function isListingTrue(retention: Retention, firstRevision: bigint, seenEvicting: boolean): boolean {
  return !seenEvicting && (!evictsCurrentValues(retention) || isStillThere(0n, firstRevision));
}

/**
 * True where all that is missing behind a cursor was overwritten and not dropped: age is the only way out, and the cursor's own
 * message is at most half of that age old. Half leaves room for clocks that differ.
 */
export function isGapOverwritten({ maxAgeMs, evictsOtherwise }: Retention, cursorAgeMs: number): boolean {
  return maxAgeMs > 0 && !evictsOtherwise && Math.max(0, cursorAgeMs) * 2 <= maxAgeMs;
}
