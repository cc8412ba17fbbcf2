import { isStatelogError, StatelogError } from '../errors.js';
import { MulticastBuffer } from '../multicast/multicast-buffer.js';
import { TAG_DELETE, TAG_PUT } from '../rkyv/wal-entry-format.js';
import type { WalEntryView } from '../rkyv/wal-entry-view.js';
import type { WritableStore } from '../store/store.js';

/** Changes that wait for the slowest destination at the most. */
const CHANGES_MAX = 4_096;
/** Bytes of their keys and values: more is not read ahead, however few changes it is. */
const CHANGE_BYTES_MAX = 4 * 1024 * 1024;

/** A put, or a delete where there is no value. The bytes are copies that all destinations share. */
interface Change {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** What one destination took. */
export interface Applied {
  readonly path: string;
  readonly puts: number;
  readonly deletes: number;
}

class Destination {
  readonly store: WritableStore;
  /** On disk. */
  puts = 0;
  deletes = 0;
  #newPuts = 0;
  #newDeletes = 0;

  constructor(store: WritableStore) {
    this.store = store;
  }

  apply({ key, value }: Change): void {
    if (value === undefined) {
      this.store.delete(key);
      this.#newDeletes += 1;
    } else {
      this.store.put(key, value);
      this.#newPuts += 1;
    }
  }

  async sync(): Promise<void> {
    await this.store.sync();
    this.puts += this.#newPuts;
    this.deletes += this.#newDeletes;
    this.#newPuts = 0;
    this.#newDeletes = 0;
  }
}

/**
 * Applies the puts and deletes of records to several stores at once: one reader, and one consumer of a
 * multicast buffer for each store; the slowest sets the pace, and memory is bounded.
 *
 * Invariants:
 * - each store gets every change, in the order in which they were taken;
 * - what `applied` counts is on disk.
 */
export class ReplayInto {
  readonly #buffer: MulticastBuffer<Change>;
  readonly #destinations: readonly Destination[];
  #bytes = 0;

  /** @param stores at least one; they stay the caller's to close */
  constructor(stores: readonly WritableStore[]) {
    this.#destinations = stores.map((store) => new Destination(store));
    this.#buffer = new MulticastBuffer(CHANGES_MAX, stores.length);
    for (const store of stores) store.beginBatch?.();
  }

  /** What is on disk in each destination. */
  get applied(): Applied[] {
    return this.#destinations.map(({ store, puts, deletes }) => ({ path: store.path, puts, deletes }));
  }

  /** True when it is time to `drain`. */
  get isFull(): boolean {
    return this.#bytes >= CHANGE_BYTES_MAX || this.#buffer.available(0) === CHANGES_MAX;
  }

  /** Takes a record; one that is neither a put nor a delete changes nothing. Call `drain` once `isFull`. */
  take(view: WalEntryView): void {
    if (view.tag !== TAG_PUT && view.tag !== TAG_DELETE) return;
    this.#buffer.publish({
      key: view.keyCopy(),
      value: view.tag === TAG_PUT ? view.valueCopy() : undefined,
    });
    this.#bytes += view.keyLength + view.valueLength;
  }

  /**
   * Resolves when all that was taken is on disk everywhere.
   * @throws StatelogError what `WritableStore` throws, and how much every destination has; a destination
   * that cannot hold a change keeps what came before it
   */
  async drain(): Promise<void> {
    const results = await Promise.allSettled(
      this.#destinations.map((destination, index) => this.#drainOne(destination, index)),
    );
    this.#bytes = 0;
    for (const result of results) {
      if (result.status === 'rejected') throw this.#withApplied(result.reason);
    }
  }

  /** `drain`, once everything was taken: what was put off for the sake of a large load is then done. */
  async finish(): Promise<void> {
    await this.drain();
    for (const { store } of this.#destinations) await store.endBatch?.();
  }

  async #drainOne(destination: Destination, index: number): Promise<void> {
    let refusal: Error | undefined;
    for (
      let change = this.#buffer.consume(index);
      change !== undefined;
      change = this.#buffer.consume(index)
    ) {
      if (refusal !== undefined) continue;
      try {
        destination.apply(change);
      } catch (error) {
        refusal = error as Error;
      }
    }
    await destination.sync();
    if (refusal !== undefined) throw refusal;
  }

  #withApplied(thrown: unknown): Error {
    if (!isStatelogError(thrown)) return thrown instanceof Error ? thrown : new Error(String(thrown));
    return new StatelogError(thrown.code, thrown.message, {
      ...thrown.details,
      safe: appliedText(this.applied),
      cause: thrown,
    });
  }
}

/** What was applied, in words. */
export function appliedText(applied: readonly Applied[]): string {
  const each = applied.map(({ path, puts, deletes }) => `${puts} puts and ${deletes} deletes to ${path}`);
  return `applied and on disk: ${each.join('; ')}`;
}
