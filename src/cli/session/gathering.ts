import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Answers } from './answers.js';

/** More is waited for no longer than this part of a sync, which it may spare. */
const PART_OF_SYNC = 4;
const WAIT_MS_MAX = 0.5;

/**
 * Decides whether a sync waits for more requests. Who asks one thing at a time sends nothing before the answer, and is not
 * kept waiting; who has many in flight writes them one by one, and a sync for the first alone would keep the others waiting.
 */
export class Gathering {
  readonly #answers: Answers;

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  /** True where more input is there already, or comes at once: it is done together with what is. */
  async isMoreAtHand(chunk: Promise<unknown>): Promise<boolean> {
    const { lastTogether, lastSyncMs } = this.#answers;
    if (lastTogether === 1) return false;
    let isThere = false;
    const settle = (): void => {
      isThere = true;
    };
    chunk.then(settle, settle);
    const until = performance.now() + Math.min(lastSyncMs / PART_OF_SYNC, WAIT_MS_MAX);
    // Twice round the event loop at least, which looks at the input.
    for (let turns = 1; ; turns++) {
      await nextTurn();
      if (isThere) return true;
      if (turns >= 2 && performance.now() >= until) return false;
    }
  }
}
