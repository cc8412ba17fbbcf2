import type { Steps } from '../../engine/steps.js';

/** How long work goes on before others have a turn. */
const TURN_MS = 10;

/**
 * Does work in turns with all else that waits for the event loop.
 * @param signal aborted: the work is given up
 * @returns its result; undefined where it was given up
 */
export async function inTurns<Result>(
  steps: Steps<Result>,
  signal: AbortSignal,
): Promise<Result | undefined> {
  try {
    for (;;) {
      const endMs = performance.now() + TURN_MS;
      do {
        const step = steps.next();
        if (step.done === true) return step.value;
      } while (performance.now() < endMs);
      await new Promise(setImmediate);
      if (signal.aborted) return undefined;
    }
  } finally {
    steps.return(undefined as never);
  }
}
