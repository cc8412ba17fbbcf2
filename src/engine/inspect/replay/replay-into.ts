import type { Entry } from '../../entry-cursor.js';
import { isStatelogError, StatelogError } from '../../errors.js';
import { MulticastBuffer } from '../../multicast/multicast-buffer.js';
import { TAG_COMMIT, TAG_DELETE, TAG_PUT } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { WritableStore } from '../../store/store.js';
import { groupOfRecord } from '../../wal/format/group-mark.js';

/** Changes that wait for the slowest destination at the most. */
const CHANGES_MAX = 4_096;
/** Bytes of their keys and values: more is not read ahead, however few changes it is. */
const CHANGE_BYTES_MAX = 4 * 1024 * 1024;

/** A put, or a delete where there is no value. The bytes are copies that all destinations share. */
interface ReplayedChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** The changes that one destination took. */
export interface Applied {
  readonly path: string;
  readonly puts: number;
  readonly deletes: number;
  /** Entries of the state that the records go on from; absent where they start from nothing. */
  readonly entries?: number;
}

/**
 * One store and its place in the buffer. It takes what is there, syncs it, and takes what came meanwhile.
 *
 * Invariant: once `failure` is set nothing more is applied, and what is published is let go.
 */
class Destination {
  readonly store: WritableStore;
  /** On disk. */
  puts = 0;
  deletes = 0;
  failure: unknown;
  /** Bytes of all changes that it has taken. */
  takenBytes = 0;
  readonly #buffer: MulticastBuffer<ReplayedChange>;
  readonly #index: number;
  /** Called whenever it has taken changes. */
  readonly #onTaken: () => void;
  #work: Promise<void> | undefined;
  #newPuts = 0;
  #newDeletes = 0;

  constructor(
    store: WritableStore,
    buffer: MulticastBuffer<ReplayedChange>,
    index: number,
    onTaken: () => void,
  ) {
    this.store = store;
    this.#buffer = buffer;
    this.#index = index;
    this.#onTaken = onTaken;
  }

  /** Resolves when all that was published is on disk, or failed; never rejects. Starts working where it was idle. */
  work(): Promise<void> {
    this.#work ??= this.#takeAll().finally(() => {
      this.#work = undefined;
    });
    return this.#work;
  }

  async #takeAll(): Promise<void> {
    while (this.#buffer.available(this.#index) > 0) {
      try {
        this.#take();
      } catch (error) {
        this.failure = error;
      }
      this.#onTaken();
      await this.#sync();
    }
  }

  #take(): void {
    for (
      let change = this.#buffer.consume(this.#index);
      change !== undefined;
      change = this.#buffer.consume(this.#index)
    ) {
      this.takenBytes += bytesOf(change);
      if (this.failure === undefined) this.#apply(change);
    }
  }

  #apply({ key, value }: ReplayedChange): void {
    if (value === undefined) {
      this.store.delete(key);
      this.#newDeletes += 1;
    } else {
      this.store.put(key, value);
      this.#newPuts += 1;
    }
  }

  /** Syncs all destinations, also with the changes applied before a failure. */
  async #sync(): Promise<void> {
    const puts = this.#newPuts;
    const deletes = this.#newDeletes;
    if (puts + deletes === 0) return;
    this.#newPuts = 0;
    this.#newDeletes = 0;
    try {
      await this.store.sync();
      this.puts += puts;
      this.deletes += deletes;
    } catch (error) {
      this.failure ??= error;
    }
  }
}

/**
 * Applies the puts and deletes of records to several stores at once: one reader, and one consumer of a
 * multicast buffer for each store. Each goes at its own pace, syncs while the reader reads on, and the slowest
 * sets the reader's pace: memory is bounded.
 *
 * Invariants:
 * - each store gets every change, in the order in which they were taken;
 * - what `applied` counts is on disk;
 * - at most `CHANGES_MAX` changes wait for a store.
 */
export class ReplayInto {
  readonly #buffer: MulticastBuffer<ReplayedChange>;
  readonly #destinations: readonly Destination[];
  /** Commits that said how far a source was taken, or a watermark: no destination gets them. */
  commits = 0;
  #publishedBytes = 0;
  /** They are the first puts of every destination. */
  #entries = 0;
  #onRoom: (() => void) | undefined;

  /** @param stores at least one; they stay the caller's to close */
  constructor(stores: readonly WritableStore[]) {
    const buffer = new MulticastBuffer<ReplayedChange>(CHANGES_MAX, stores.length);
    const onTaken = (): void => this.#onRoom?.();
    this.#buffer = buffer;
    this.#destinations = stores.map((store, index) => new Destination(store, buffer, index, onTaken));
    for (const store of stores) store.beginBatch?.();
  }

  /** The changes on disk in each destination. */
  get applied(): Applied[] {
    return this.#destinations.map(({ store: { path }, puts, deletes }) => {
      if (this.#entries === 0) return { path, puts, deletes };
      const entries = Math.min(puts, this.#entries);
      return { path, puts: puts - entries, deletes, entries };
    });
  }

  /** True when it is time to make `room`. */
  get isFull(): boolean {
    for (let index = 0; index < this.#destinations.length; index++) {
      if (this.#buffer.available(index) === CHANGES_MAX) return true;
      if (this.#publishedBytes - this.#destinations[index]!.takenBytes >= CHANGE_BYTES_MAX) return true;
    }
    return false;
  }

  /** Takes a record; one that is neither a put nor a delete changes nothing. Make `room` once `isFull`. */
  take(view: WalEntryView): void {
    if (view.tag === TAG_COMMIT && groupOfRecord(view) === undefined) this.commits += 1;
    if (view.tag !== TAG_PUT && view.tag !== TAG_DELETE) return;
    this.#publish({ key: view.keyCopy(), value: view.tag === TAG_PUT ? view.valueCopy() : undefined });
  }

  /** Takes an entry of the state that the records go on from, all of them before the first record. Make `room` once `isFull`. */
  takeEntry(entry: Entry): void {
    this.#entries += 1;
    this.#publish(entry);
  }

  #publish(change: ReplayedChange): void {
    this.#buffer.publish(change);
    this.#publishedBytes += bytesOf(change);
  }

  /**
   * Resolves when the slowest destination has taken what waits for it; syncs go on behind it.
   * @throws StatelogError as `drain` does
   */
  async room(): Promise<void> {
    for (const destination of this.#destinations) void destination.work();
    while (this.isFull && !this.#hasFailed) {
      await new Promise<void>((resolve) => (this.#onRoom = resolve));
    }
    if (this.#hasFailed) await this.drain();
  }

  /**
   * Resolves when all that was taken is on disk everywhere.
   * @throws StatelogError what `WritableStore` throws, and how much every destination has; a destination
   * that cannot hold a change keeps what came before it, and the others get all of it
   */
  async drain(): Promise<void> {
    await this.settle();
    for (const { failure } of this.#destinations) {
      if (failure !== undefined) throw this.#withApplied(failure);
    }
  }

  /** `drain`, but for what failed: nothing is done to the stores any more, and they may be closed. Never rejects. */
  async settle(): Promise<void> {
    await Promise.all(this.#destinations.map((destination) => destination.work()));
  }

  /** `drain`, once everything was taken: what was put off for the sake of a large load is then done. */
  async finish(): Promise<void> {
    await this.drain();
    for (const { store } of this.#destinations) await store.endBatch?.();
  }

  get #hasFailed(): boolean {
    return this.#destinations.some(({ failure }) => failure !== undefined);
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

function bytesOf({ key, value }: ReplayedChange): number {
  return key.length + (value?.length ?? 0);
}

/** The applied changes, in words. */
export function appliedText(applied: readonly Applied[]): string {
  const each = applied.map(({ path, puts, deletes, entries }) => {
    const base = entries === undefined ? '' : `${entries} keys of the checkpoint, `;
    return `${base}${puts} puts and ${deletes} deletes to ${path}`;
  });
  return `applied and on disk: ${each.join('; ')}`;
}
