import { asSystemError, errnoOf, twoPathError } from '../interface/system-error.js';

/** EAGAIN on a regular file is not expected at all: a bound, so that it can be no endless loop. */
export const INTERRUPTED_TRIES_MAX = 100;

/**
 * Runs a call of node:fs, again while it is interrupted, and turns what it throws into our error.
 * Not for syncs, which are never asked for twice, and not for closing.
 */
export function attempt<T>(operation: string, path: string | undefined, action: () => T): T {
  for (let tries = 1; ; tries += 1) {
    try {
      return action();
    } catch (error) {
      if (!isInterruption(error, tries)) throw asSystemError(operation, path, error);
    }
  }
}

/** Makes a call that takes two paths, as `attempt` does. */
export function attemptOnTwo(
  operation: 'rename' | 'link',
  from: string,
  to: string,
  action: () => void,
): void {
  for (let tries = 1; ; tries += 1) {
    try {
      action();
      return;
    } catch (error) {
      if (isInterruption(error, tries)) continue;
      const errno = errnoOf(error);
      throw errno === undefined ? error : twoPathError(operation, from, to, errno, error);
    }
  }
}

/** Whether a call that failed for the nth time is to be made again. */
export function isInterruption(error: unknown, tries: number): boolean {
  const errno = errnoOf(error);
  return (errno === 'EINTR' || errno === 'EAGAIN') && tries < INTERRUPTED_TRIES_MAX;
}
