import type { Timers } from '../source/timers.js';

const FIRST_MS = 250;
const MOST_MS = 10_000;

/** The waits between tries: each twice as long as the last, and spread, so that many who lost one server do not come at once. */
export class Backoff {
  readonly #timers: Timers;
  #tries = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Milliseconds until the next try. */
  next(): number {
    const most = Math.min(MOST_MS, FIRST_MS * 2 ** this.#tries);
    this.#tries += 1;
    return Math.round(most * (0.5 + this.#timers.random() / 2));
  }

  /** It worked: the next wait is short again. */
  reset(): void {
    this.#tries = 0;
  }
}
