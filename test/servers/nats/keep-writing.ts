import type { ExecutionContext } from 'ava';
import type { NatsBucket } from './nats-bucket.js';

/** Writes that may be under way at once. */
const WRITERS = 200;
/** Each so many-th write deletes. */
const DELETE_EVERY = 10;

/** Who writes to a bucket, until told to stop. */
export interface KeptWriting {
  /** Resolves when the last write has ended, and logs how many were taken a second. */
  stop(): Promise<void>;
}

/**
 * Writes to the keys so often a second, whatever the servers do. Each write has its time: what an outage held up is caught up
 * with behind it.
 * @param waitMs a write that has no answer by then counts as not taken
 */
export function keepWriting(
  t: ExecutionContext,
  bucket: NatsBucket,
  keys: readonly string[],
  { perSecond, waitMs }: { readonly perSecond: number; readonly waitMs: number },
): KeptWriting {
  let isOver = false;
  let [number, taken] = [0, 0];
  const startedMs = performance.now();
  const writer = async (): Promise<void> => {
    while (!isOver) {
      const own = number++;
      const dueMs = startedMs + (own / perSecond) * 1_000;
      await wait(Math.max(0, dueMs - performance.now()));
      const key = keys[(own * 7_919) % keys.length]!;
      const writing =
        own % DELETE_EVERY === 0 ? bucket.delete(key, waitMs) : bucket.put(key, `value ${own}`, waitMs);
      // A server that is away takes nothing: whether it was written shows in the end.
      await writing.then(
        () => (taken += 1),
        () => undefined,
      );
    }
  };
  const writers = Array.from({ length: WRITERS }, writer);
  t.teardown(() => {
    isOver = true;
  });
  return {
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
