import { setTimeout as pauseFor } from 'node:timers/promises';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import { StoreUnavailable } from '../blob/store-unavailable.js';
import type { ReplicatedRound, ReplicateOptions } from './replicate-options.js';
import { replicateRound } from './replicate-round.js';
import { storePrint } from './store-print.js';

const FIRST_WAIT_MS = 500;
const WAIT_MS_MAX = 30_000;

/**
 * Replicates a store into a bucket, once or on and on: a whole snapshot where nothing is there that can be gone on from, or
 * its chain is long, else what changed. Following, it waits without end for a bucket that cannot be reached. Killed at any
 * moment, it leaves what can be restored, and the next run goes on.
 * @throws StatelogError as `replicateRound`
 */
export async function replicate(options: ReplicateOptions): Promise<void> {
  await new Replication(options).run();
}

class Replication {
  readonly #options: ReplicateOptions;
  readonly #pause: (ms: number) => Promise<unknown>;
  readonly #nowMs: () => number;
  /** The store as it was when it was last brought over. */
  #print: string | undefined;
  #last: Omit<ReplicatedRound, 'lagMs'> | undefined;
  #failures = 0;

  constructor(options: ReplicateOptions) {
    const { signal, pause = (ms: number) => pauseFor(ms, undefined, { signal }) } = options;
    this.#pause = pause;
    this.#options = { ...options, pause };
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  async run(): Promise<void> {
    const { isFollowing, signal, everyMs } = this.#options;
    try {
      while (!signal.aborted) {
        const isThere = await this.#round();
        if (!isFollowing) return;
        if (isThere) await this.#pause(everyMs);
      }
    } catch (error) {
      // A wait that the signal ended.
      if (!signal.aborted) throw error;
    }
  }

  /** @returns false where the bucket could not be reached, and has been waited for */
  async #round(): Promise<boolean> {
    const { fileSystem = realFileSystem(), source, observer, isFollowing } = this.#options;
    const startedMs = this.#nowMs();
    try {
      const { print } = storePrint(fileSystem, source);
      if (this.#last === undefined || print !== this.#print) this.#last = await replicateRound(this.#options);
      else this.#last = { ...this.#last, kind: 'none', puts: 0, deletes: 0, bytes: 0 };
      this.#print = print;
      this.#failures = 0;
      observer.replicated({ ...this.#last, lagMs: this.#nowMs() - startedMs });
      return true;
    } catch (error) {
      if (!isFollowing || !(error instanceof StoreUnavailable)) throw error;
      const ms = Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** this.#failures++);
      observer.waiting(error.message, ms);
      await this.#pause(ms);
      return false;
    }
  }
}
