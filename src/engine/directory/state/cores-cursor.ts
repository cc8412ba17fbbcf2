import { compareBytes } from '../../bytes/compare.js';
import type { EntryCursor } from '../../entry-cursor.js';

/**
 * The entries of all cores in one key order. A key belongs to one core, so no key comes twice.
 * The cursors that stand on an entry are kept in a binary heap, the next in the direction of
 * travel at its root.
 */
export class CoresCursor implements EntryCursor {
  readonly #all: readonly EntryCursor[];
  #heap: EntryCursor[] = [];
  #forward = true;

  constructor(cursors: readonly EntryCursor[]) {
    this.#all = cursors;
  }

  first(): boolean {
    return this.#start(true, (cursor) => cursor.first());
  }

  last(): boolean {
    return this.#start(false, (cursor) => cursor.last());
  }

  seek(key: Uint8Array): boolean {
    return this.#start(true, (cursor) => cursor.seek(key));
  }

  seekBefore(key: Uint8Array): boolean {
    return this.#start(false, (cursor) => cursor.seekBefore(key));
  }

  next(): boolean {
    if (!this.#forward) this.seek(this.key.slice());
    return this.#advance((cursor) => cursor.next());
  }

  previous(): boolean {
    if (this.#forward) return this.seekBefore(this.key.slice());
    return this.#advance((cursor) => cursor.previous());
  }

  get key(): Uint8Array {
    return this.#top().key;
  }

  value(): Uint8Array {
    return this.#top().value();
  }

  #top(): EntryCursor {
    const top = this.#heap[0];
    if (top === undefined) throw new RangeError('the cursor does not stand on an entry');
    return top;
  }

  #start(forward: boolean, move: (cursor: EntryCursor) => boolean): boolean {
    this.#forward = forward;
    this.#heap = this.#all.filter(move);
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(at);
    return this.#heap.length > 0;
  }

  #advance(step: (cursor: EntryCursor) => boolean): boolean {
    if (!step(this.#top())) {
      const last = this.#heap.pop();
      if (last === undefined || this.#heap.length === 0) return false;
      this.#heap[0] = last;
    }
    this.#sink(0);
    return true;
  }

  #comesBefore(a: EntryCursor, b: EntryCursor): boolean {
    const order = compareBytes(a.key, b.key);
    return this.#forward ? order < 0 : order > 0;
  }

  #sink(from: number): void {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      const left = this.#heap[child];
      const here = this.#heap[at];
      if (left === undefined || here === undefined) return;
      let best = left;
      const right = this.#heap[child + 1];
      if (right !== undefined && this.#comesBefore(right, left)) {
        best = right;
        child++;
      }
      if (!this.#comesBefore(best, here)) return;
      this.#heap[at] = best;
      this.#heap[child] = here;
      at = child;
    }
  }
}
