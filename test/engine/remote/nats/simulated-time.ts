import type { Timers } from '../../../../src/engine/remote/nats/source/timers.js';

interface Call {
  readonly atMs: number;
  readonly call: () => void;
}

/** Time that passes only while everybody waits. */
export class SimulatedTime implements Timers {
  #nowMs = 0;
  #calls: Call[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, call: () => void): () => void {
    const entry = { atMs: this.#nowMs + Math.max(0, ms), call };
    this.#calls.push(entry);
    return () => {
      this.#calls = this.#calls.filter((other) => other !== entry);
    };
  }

  random(): number {
    return 0.5;
  }

  /** Lets everything that has something to do come to its end, without time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  }

  /** Lets time pass, call by call. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await this.settle();
    while (this.#step(endMs)) await this.settle();
    this.#nowMs = endMs;
  }

  /** Lets time pass until something has happened. @throws Error where an hour was not enough */
  async until<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = work.finally(() => (isOver = true));
    over.catch(() => undefined);
    const endMs = this.#nowMs + 3_600_000;
    await this.settle();
    while (!isOver) {
      if (!this.#step(endMs)) throw new Error('it waits for something that never comes');
      await this.settle();
    }
    return over;
  }

  #step(endMs: number): boolean {
    const next = this.#calls.reduce<Call | undefined>(
      (first, call) => (first === undefined || call.atMs < first.atMs ? call : first),
      undefined,
    );
    if (next === undefined || next.atMs > endMs) return false;
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    this.#calls = this.#calls.filter((other) => other !== next);
    next.call();
    return true;
  }
}
