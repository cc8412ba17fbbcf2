import { setTimeout as pauseFor } from 'node:timers/promises';

/** How bytes are held back. */
export interface PaceOptions {
  /** A clock that never goes back, in milliseconds; for tests. */
  readonly nowMs?: (() => number) | undefined;
  /** Passes time; for tests. */
  readonly pause?: ((milliseconds: number) => Promise<unknown>) | undefined;
}

const MILLISECONDS_A_SECOND = 1000;

/**
 * Holds bytes back so that no more than so many go in a second, over any time since the first: a piece waits until all that
 * went before it has had its time.
 * @param bytesPerSecond more than 0
 * @returns a function to be awaited before each piece of so many bytes
 */
export function paced(
  bytesPerSecond: number,
  { nowMs = () => performance.now(), pause = pauseFor }: PaceOptions = {},
): (bytes: number) => Promise<void> {
  let freeAtMs = -Infinity;
  return async (bytes) => {
    const now = nowMs();
    const startMs = Math.max(now, freeAtMs);
    freeAtMs = startMs + (bytes / bytesPerSecond) * MILLISECONDS_A_SECOND;
    if (startMs > now) await pause(startMs - now);
  };
}
