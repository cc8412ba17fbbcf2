import { setTimeout as pauseFor } from 'node:timers/promises';
import { isStatelogError, type StatelogError } from '../../errors.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import { StoreUnavailable } from '../blob/store-unavailable.js';
import type { ReplicatedRound, ReplicateOptions } from './replicate-options.js';
import { replicateRound } from './replicate-round.js';
import { writeReplicaUrl } from './replica-place.js';
import { putMark, readMark, type ReplicaMark } from './replica-mark.js';
import { verifyReplica } from './verify-replica.js';
import { storePrint } from './store-print.js';

const FIRST_WAIT_MS = 500;
const WAIT_MS_MAX = 30_000;
/** How often to say that nothing is new. */
const MARK_EVERY_MS = 30_000;

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
  #isRemembered = false;
  #markedMs = -Infinity;
  /** Undefined until it was read from the bucket. */
  #verified: ReplicaMark['verified'] | undefined;

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

  /** If that cannot be written, whoever asks for the status has to name the URL. */
  #rememberUrl(): void {
    const { fileSystem = realFileSystem(), source, url } = this.#options;
    if (url === undefined || this.#isRemembered) return;
    this.#isRemembered = true;
    try {
      writeReplicaUrl(fileSystem, source, url);
    } catch (error) {
      if (!isStatelogError(error)) throw error;
    }
  }

  /** Says beside what is kept how it stands, where that is new, or was said a while ago. */
  async #mark(
    { position, kind }: Pick<ReplicatedRound, 'position' | 'kind'>,
    isVerified = false,
  ): Promise<void> {
    const { blobs, key } = this.#options;
    const isDue = this.#nowMs() - this.#markedMs >= MARK_EVERY_MS;
    if (!isDue && !isVerified && kind === 'none') return;
    this.#verified ??= (await readMark(blobs, key, this.#options))?.verified ?? null;
    await putMark(blobs, key, { position, verified: this.#verified }, this.#options);
    this.#markedMs = this.#nowMs();
  }

  async #verify(position: string): Promise<void> {
    const { blobs, key, verifyEveryMs, fileSystem, observer } = this.#options;
    if (verifyEveryMs === undefined) return;
    const { atMs = -Infinity } = this.#verified ?? {};
    if (blobs.nowMs() - atMs < verifyEveryMs) return;
    const verified = await verifyReplica(fileSystem, blobs, key, this.#options);
    this.#verified = { position: verified, atMs: blobs.nowMs() };
    await this.#mark({ position, kind: 'none' }, true);
    observer.verified(verified);
  }

  /** @returns false where the bucket could not be reached, or the store was compacted meanwhile, and that has been waited for */
  async #round(): Promise<boolean> {
    const { fileSystem = realFileSystem(), source, observer, isFollowing } = this.#options;
    const startedMs = this.#nowMs();
    try {
      const { print } = storePrint(fileSystem, source);
      if (this.#last === undefined || print !== this.#print) this.#last = await replicateRound(this.#options);
      else this.#last = { ...this.#last, kind: 'none', puts: 0, deletes: 0, bytes: 0 };
      this.#print = print;
      this.#failures = 0;
      await this.#mark(this.#last);
      this.#rememberUrl();
      observer.replicated({ ...this.#last, lagMs: this.#nowMs() - startedMs });
      await this.#verify(this.#last.position);
      return true;
    } catch (error) {
      if (!isFollowing || !mayPass(error)) throw error;
      const ms = Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** this.#failures++);
      observer.waiting(error.message, ms);
      await this.#pause(ms);
      return false;
    }
  }
}

/** A bucket that cannot be reached may be back, and a log that was compacted while it was read lies there anew. */
function mayPass(error: unknown): error is StatelogError {
  return error instanceof StoreUnavailable || isStatelogError(error, 'STORE_REPLACED');
}
