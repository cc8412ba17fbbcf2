import type { BucketChange } from '../source/change-source.js';

/** Changes that go to the disk together at the most. */
export const BATCH_CHANGES_MAX = 512;
/** Bytes of their keys and values, but for a single change that is larger. */
export const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** A change waits this long for others. */
const BATCH_WAIT_MS = 10;

/** Collects the changes of one batch. */
export class BatchCollector {
  #changes: BucketChange[] = [];
  #bytes = 0;
  #startMs = 0;

  get isEmpty(): boolean {
    return this.#changes.length === 0;
  }

  get isFull(): boolean {
    return this.#changes.length >= BATCH_CHANGES_MAX || this.#bytes >= BATCH_BYTES_MAX;
  }

  /** When it must be taken even if nothing else comes. */
  get dueMs(): number {
    return this.isEmpty ? Infinity : this.#startMs + BATCH_WAIT_MS;
  }

  add(change: BucketChange, nowMs: number): void {
    if (this.isEmpty) this.#startMs = nowMs;
    this.#changes.push(change);
    this.#bytes += change.key.length + (change.value?.length ?? 0);
  }

  /** The changes so far; it is empty then. */
  drain(): BucketChange[] {
    const changes = this.#changes;
    this.#changes = [];
    this.#bytes = 0;
    return changes;
  }
}
