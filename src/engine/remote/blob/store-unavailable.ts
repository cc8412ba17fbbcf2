import { setTimeout as pauseFor } from 'node:timers/promises';
import { StatelogError, type ErrorDetails } from '../../errors.js';

/** A failure that may pass by itself: the request can be made again. Its code is `IO_FAILED`. */
export class StoreUnavailable extends StatelogError {
  /** How long the store asked to be left alone, where it said so. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: ErrorDetails & { readonly retryAfterMs?: number | undefined } = {}) {
    const { retryAfterMs, ...rest } = details;
    super('IO_FAILED', message, rest);
    this.retryAfterMs = retryAfterMs;
  }
}

/** How often, and how far apart, a request is made again. */
export interface RetryOptions {
  /** Passes time; for tests. */
  readonly pause?: ((milliseconds: number) => Promise<unknown>) | undefined;
  /** A number from 0 to 1, so that many who failed together do not come back together. */
  readonly random?: (() => number) | undefined;
}

const TRIES_MAX = 6;
const FIRST_PAUSE_MS = 100;
const PAUSE_MS_MAX = 10_000;
/** A store that wants to be left alone for longer is not waited for. */
const RETRY_AFTER_MS_MAX = 60_000;

/** Says how long to wait before the next try; undefined once it is no use. */
export function pauseBefore(
  failure: StoreUnavailable,
  failures: number,
  random: () => number = Math.random,
): number | undefined {
  if (failures >= TRIES_MAX) return undefined;
  const { retryAfterMs } = failure;
  if (retryAfterMs !== undefined) return retryAfterMs > RETRY_AFTER_MS_MAX ? undefined : retryAfterMs;
  return Math.min(PAUSE_MS_MAX, FIRST_PAUSE_MS * 2 ** failures) * (0.5 + random() / 2);
}

/** Tries again, with growing pauses, what failed in a way that may pass by itself. */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { pause = pauseFor, random }: RetryOptions = {},
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      const pauseMs = pauseBefore(error, failures, random);
      if (pauseMs === undefined) throw error;
      await pause(pauseMs);
    }
  }
}
