/** How often a thread looks again before it lets others have the processor. */
const SPINS = 200;
const YIELD_MS = 0.05;

const nothing = new Int32Array(new SharedArrayBuffer(4));

/** Waits for another thread's progress: spinning at first, then yielding the processor. */
export class Spinner {
  #spins = 0;

  /** To be called each time that nothing could be done. */
  wait(): void {
    this.#spins += 1;
    if (this.#spins > SPINS) Atomics.wait(nothing, 0, 0, YIELD_MS);
  }

  /** To be called when something could be done. */
  reset(): void {
    this.#spins = 0;
  }
}

/** Does nothing for a while that differs from call to call, so that the other side runs full or dry. */
export class Staller {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** Once in about 4,096 calls, works for some microseconds. */
  maybeStall(): void {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    if ((this.#state & 0xfff) !== 0) return;
    let left = (this.#state >>> 12) & 0xffff;
    while (left > 0) left -= 1;
  }
}
