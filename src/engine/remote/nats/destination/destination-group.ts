import { StatelogError } from '../../../errors.js';
import { VersionToken } from '../../../fold/format/version-token.js';
import type { WatchCursor } from '../../../fold/format/watch-cursor.js';
import { MulticastBuffer } from '../../../multicast/multicast-buffer.js';
import type { Destination } from './destination.js';
import type { FoldDestination } from './fold-destination.js';
import type { Origin } from '../pull/origin.js';
import type { Batch, HeldKey, PullTarget } from '../pull/pull-target.js';
import { seedFrom } from '../pull/seed.js';

/** Batches that wait for the slowest destination at the most. */
const BATCHES_MAX = 4;
/** The fold's place in the buffer; the others come behind it. */
const FOLD = 0;

/**
 * A fold and the stores that are kept equal to it: each takes batches from a multicast buffer at its own pace, and the slowest
 * sets the pace of the source.
 *
 * Invariants:
 * - the fold takes a batch when it is on disk in all the others: where it goes on after a crash, none of them lacks anything;
 * - once one has failed, none takes more.
 */
export class DestinationGroup implements PullTarget {
  readonly #fold: FoldDestination;
  readonly #all: readonly Destination[];
  readonly #buffer: MulticastBuffer<Batch>;
  /** Batches that each has on disk. */
  readonly #done: number[];
  readonly #working: (Promise<void> | undefined)[];
  #failure: unknown;
  #hasFailed = false;
  #onFailure: (() => void) | undefined;
  #cursor: WatchCursor;
  #isAligned = false;
  #onProgress: (() => void) | undefined;

  /** @param others whatever is kept equal to the fold */
  constructor(fold: FoldDestination, others: readonly Destination[]) {
    this.#fold = fold;
    this.#all = [fold, ...others];
    this.#buffer = new MulticastBuffer(BATCHES_MAX, this.#all.length);
    this.#done = this.#all.map(() => 0);
    this.#working = this.#all.map(() => undefined);
    this.#cursor = fold.cursor;
  }

  get cursor(): WatchCursor {
    return this.#cursor;
  }

  get count(): number {
    return this.#fold.store.count();
  }

  get origin(): Origin | undefined {
    return this.#fold.origin;
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  whenFailed(tell: () => void): void {
    this.#onFailure = tell;
  }

  setOrigin(origin: Origin): void {
    for (const destination of this.#all) destination.setOrigin(origin);
  }

  async align(): Promise<void> {
    const { origin } = this.#fold;
    if (this.#isAligned || origin === undefined) return;
    const others = this.#all.slice(FOLD + 1);
    const foreign = others.find((other) => !other.isCopyOf(origin));
    if (foreign !== undefined) throw otherContent(foreign.store.path);
    for (const other of others) {
      const isThere = other.hasAllUpTo(this.#cursor, origin);
      other.setOrigin(origin);
      if (!isThere) await seedFrom(this.#fold.store, other);
    }
    this.#isAligned = true;
  }

  async take(batch: Batch): Promise<void> {
    while (!this.#hasFailed && !this.#buffer.tryPublish(batch)) await this.#progress();
    if (this.#hasFailed) await this.settle();
    this.#cursor = this.#cursor.movedTo(batch.cursor);
    this.#start();
  }

  async settle(): Promise<void> {
    for (let working = this.#current(); working.length > 0; working = this.#current())
      await Promise.all(working);
    if (this.#hasFailed) throw this.#failure;
  }

  *keys(prefix: string): Generator<HeldKey, void> {
    const from = new TextEncoder().encode(prefix);
    for (const { key, version } of this.#fold.store.entries({ from })) {
      const text = new TextDecoder().decode(key);
      if (!text.startsWith(prefix)) return;
      yield { key: text, revision: revisionOf(version) };
    }
  }

  get(key: string): (HeldKey & { readonly value: Uint8Array }) | undefined {
    const found = this.#fold.store.get(new TextEncoder().encode(key));
    return found === undefined ? undefined : { key, value: found.value, revision: revisionOf(found.version) };
  }

  #current(): Promise<void>[] {
    return this.#working.flatMap((working) => working ?? []);
  }

  #progress(): Promise<void> {
    return new Promise((resolve) => (this.#onProgress = resolve));
  }

  /** Sets everyone to work who has something to do; the fold last, since it waits for the others. */
  #start(): void {
    for (let index = this.#all.length - 1; index >= FOLD; index--) {
      this.#working[index] ??= this.#mayTake(index) ? this.#work(index) : undefined;
    }
  }

  #mayTake(index: number): boolean {
    if (this.#hasFailed || this.#buffer.available(index) === 0) return false;
    return index !== FOLD || this.#done.every((done, other) => other === FOLD || done > this.#done[FOLD]!);
  }

  async #work(index: number): Promise<void> {
    try {
      while (this.#mayTake(index)) {
        await this.#all[index]!.apply(this.#buffer.consume(index)!);
        this.#done[index]! += 1;
        this.#onProgress?.();
        if (index !== FOLD) this.#start();
      }
    } catch (error) {
      this.#failure ??= error;
      this.#hasFailed = true;
      this.#onFailure?.();
    } finally {
      this.#working[index] = undefined;
      this.#onProgress?.();
    }
  }
}

function revisionOf(version: Uint8Array | undefined): bigint | undefined {
  return version === undefined ? undefined : VersionToken.fromBytes(version).asU64();
}

function otherContent(path: string): StatelogError {
  return new StatelogError('SOURCE_MISMATCH', 'this store holds something else than a copy of the bucket', {
    path,
    safe: 'nothing was changed',
    hint: 'name a new path: it is then made equal to the fold',
  });
}
