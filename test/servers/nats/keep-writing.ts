import type { ExecutionContext } from 'ava';
import type { NatsBucket } from './nats-bucket.js';

/** Writes that may be under way at once. */
const WRITERS = 200;
/** Each so many-th write deletes. */
const DELETE_EVERY = 10;
const RETRY_MS = 50;

/** Who writes to a bucket, until told to stop. */
export interface KeptWriting {
  /** Resolves when what an outage held up is caught up with, but for the last second; or after so long. */
  caughtUp(msMax: number): Promise<void>;
  /** Resolves when the last write has ended, and logs how many were taken a second. */
  stop(): Promise<void>;
}

/**
 * Writes to the keys so often a second, whatever the servers do. Each write has its time: what an outage held up is caught up
 * with behind it.
 * @param waitMs a write that has no answer by then counts as not taken
 * @param isInsisting true: a write that was not taken is tried again until it is, as whoever has something to say does
 */
export function keepWriting(
  t: ExecutionContext,
  bucket: NatsBucket,
  keys: readonly string[],
  {
    perSecond,
    waitMs,
    isInsisting = false,
  }: { readonly perSecond: number; readonly waitMs: number; readonly isInsisting?: boolean },
): KeptWriting {
  let isOver = false;
  let [number, taken] = [0, 0];
  const startedMs = performance.now();
  const goesOn = (): boolean => !isOver;
  const writer = async (): Promise<void> => {
    while (goesOn()) {
      const own = number++;
      const dueMs = startedMs + (own / perSecond) * 1_000;
      await wait(Math.max(0, dueMs - performance.now()));
      while (!(await isTaken(own)) && isInsisting && goesOn()) await wait(RETRY_MS);
    }
  };
  const isTaken = async (own: number): Promise<boolean> => {
    const key = keys[(own * 7_919) % keys.length]!;
    const isDelete = own % DELETE_EVERY === 0;
    try {
      await (isDelete ? bucket.delete(key, waitMs) : bucket.put(key, `value ${own}`, waitMs));
      taken += 1;
      return true;
    } catch {
      // A server that is away takes nothing: whether it was written shows in the end.
      return false;
    }
  };
  const writers = Array.from({ length: WRITERS }, writer);
  t.teardown(() => {
    isOver = true;
  });
  return {
    caughtUp: async (msMax) => {
      const endMs = performance.now() + msMax;
      const isBehind = (): boolean =>
        number - WRITERS < ((performance.now() - startedMs) / 1_000) * perSecond - perSecond;
      while (isBehind() && performance.now() < endMs) await wait(RETRY_MS);
    },
    stop: async () => {
      isOver = true;
      await Promise.all(writers);
      const seconds = (performance.now() - startedMs) / 1_000;
      const [tried, had] = [number, taken].map((count) => (count / seconds).toFixed(0));
      t.log(`${taken} writes taken in ${seconds.toFixed(0)} s: ${had} a second of ${tried} tried`);
    },
  };
}

/** Resolves after so many milliseconds. */
export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
