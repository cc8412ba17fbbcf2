import type { StreamEvent } from './change-source.js';
import type { Timers } from './timers.js';

/** Events of a stream that have come and were not taken yet. */
export class EventQueue {
  readonly #timers: Timers;
  #events: StreamEvent[] = [];
  #next = 0;
  #onEvent: (() => void) | undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** How many wait to be taken. */
  get length(): number {
    return this.#events.length - this.#next;
  }

  push(event: StreamEvent): void {
    this.#events.push(event);
    this.wake();
  }

  take(): StreamEvent | undefined {
    const event = this.#events[this.#next];
    if (event === undefined) return undefined;
    this.#next += 1;
    if (this.#next === this.#events.length) {
      this.#events = [];
      this.#next = 0;
    }
    return event;
  }

  /** Resolves when there is something to take, or after so many milliseconds, or when it is woken. */
  async wait(ms: number): Promise<void> {
    if (this.length > 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#timers.after(ms, () => this.#onEvent?.());
      this.#onEvent = () => {
        this.#onEvent = undefined;
        cancel();
        resolve();
      };
    });
  }

  wake(): void {
    this.#onEvent?.();
  }
}
