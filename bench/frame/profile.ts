import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';

/** How much of the time that was measured a function took itself. */
export interface ProfileLine {
  /** Its name, or what V8 calls the rest: `(garbage collector)`, `(program)` for what is not JavaScript. */
  readonly name: string;
  /** Of all samples, 0 to 1. */
  readonly share: number;
}

const SAMPLING_INTERVAL_US = 100;
const LINES_MAX = 6;
/** What takes less explains nothing. */
const SHARE_MIN = 0.02;

/**
 * V8's sampling profiler over parts of this process's work, all of them together. Where it is needed once in a
 * while it is quicker than to write a profile for each part and read it.
 */
export class PartialProfile {
  readonly #session = new Session();
  readonly #samples = new Map<string, number>();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US });
  }

  /** A part begins. */
  resume(): void {
    this.#session.post('Profiler.start');
  }

  /** It ends. */
  pause(): void {
    this.#session.post('Profiler.stop', (error, answer) => {
      if (error === null) this.#take(answer.profile);
    });
  }

  /** Ends it all: the functions that took the most, those first. */
  end(): ProfileLine[] {
    this.#session.disconnect();
    const total = [...this.#samples.values()].reduce((sum, count) => sum + count, 0);
    return [...this.#samples]
      .map(([name, count]) => ({ name, share: count / total }))
      .filter(({ share }) => share >= SHARE_MIN)
      .toSorted((a, b) => b.share - a.share)
      .slice(0, LINES_MAX);
  }

  #take({ nodes }: Profiler.Profile): void {
    for (const { callFrame, hitCount = 0 } of nodes) {
      if (hitCount === 0 || callFrame.url === 'node:inspector') continue;
      const name = callFrame.functionName === '' ? '(anonymous)' : callFrame.functionName;
      this.#samples.set(name, (this.#samples.get(name) ?? 0) + hitCount);
    }
  }
}
