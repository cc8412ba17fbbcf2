import type { StatelogError } from '../../../errors.js';
import {
  lossOf,
  TransientError,
  type BucketChange,
  type BucketState,
  type ChangeStream,
} from '../source/change-source.js';
import { BatchCollector } from './batch-collector.js';
import type { EvictionMemo } from './eviction-memo.js';
import type { PullOptions, PullProgress } from './pull-options.js';
import { whyNotFrom, type Position } from './resume-check.js';

/** A server says every second that it is there: after so long without a word the consumer is taken for lost. */
const SILENCE_MS = 4_000;
/** How often to look at the bucket while none of its changes calls for it. */
const LOOK_MS = 30_000;

/** The reason for which a stream cannot be gone on from, and the bucket as it was then. */
export interface LostPosition {
  readonly refusal: StatelogError;
  readonly state: BucketState;
}

/** One stream, and where it begins. */
export interface FollowOptions extends PullOptions {
  readonly changes: ChangeStream;
  readonly position: Position;
  /** For the whole state: up to here the newest of each key comes, and revisions between are not missed. */
  readonly snapshotEnd: bigint | undefined;
  /** The last revision before the stream was opened. */
  readonly lastKnown: bigint;
  readonly memo: EvictionMemo;
  readonly isRepeat: boolean;
  /** The server gave a sign of life. */
  readonly onAlive: () => void;
  /** A batch was taken, everything up to a position with it. */
  readonly onTaken: (position: Position, counts: Omit<PullProgress, 'revision'>) => void;
}

/** Takes one stream's changes in batches until it ends, is lost, or has lost its place. */
export class StreamFollower {
  readonly #options: FollowOptions;
  readonly #batch = new BatchCollector();
  /** Everything up to here was taken from the stream; `#written` is the same for what was handed on. */
  #position: Position;
  #written: Position;
  #lag: number;
  #lastSignMs: number;
  #nextLookMs: number;
  /** Up to this revision nothing was skipped that was lost. */
  #sureUpTo: bigint;
  #isStopped = false;

  constructor(options: FollowOptions) {
    const { position, changes, snapshotEnd, timers, target } = options;
    target.whenFailed(() => {
      changes.wake();
    });
    this.#options = options;
    this.#position = position;
    this.#written = position;
    this.#lag = changes.pending;
    this.#sureUpTo = snapshotEnd ?? position.revision ?? 0n;
    this.#lastSignMs = timers.nowMs();
    this.#nextLookMs = this.#lastSignMs + LOOK_MS;
  }

  stop(): void {
    this.#isStopped = true;
    this.#options.changes.wake();
  }

  /**
   * Undefined once the end that was asked for is reached or it was stopped, with all of it handed on.
   * @throws TransientError where the stream is lost: another goes on from there
   */
  async run(): Promise<LostPosition | undefined> {
    try {
      while (!this.#isStopped && !this.#isAtEnd()) {
        const lost = await this.#step();
        if (lost !== undefined) return lost;
      }
    } finally {
      await this.#handOn();
    }
    return undefined;
  }

  async #step(): Promise<LostPosition | undefined> {
    const { changes, timers, onAlive } = this.#options;
    const event = changes.take();
    if (event === undefined) return this.#idle();
    if (event.kind === 'lost') throw lossOf(event);
    this.#lastSignMs = timers.nowMs();
    onAlive();
    if (event.kind === 'alive') return undefined;
    return this.#takeChange(event.change);
  }

  async #takeChange(change: BucketChange): Promise<LostPosition | undefined> {
    const { revision = 0n } = this.#position;
    if (this.#position.revision !== undefined && change.revision <= revision) return undefined;
    const lost = await this.#lostBefore(change.revision);
    if (lost !== undefined) return lost;
    this.#batch.add(change, this.#options.timers.nowMs());
    this.#position = { revision: change.revision, writtenAtMs: change.writtenAtMs };
    this.#lag = change.pending;
    if (this.#batch.isFull) await this.#handOn();
    return undefined;
  }

  /** A revision that is not the next one: those between were overwritten, or have left the stream. */
  async #lostBefore(revision: bigint): Promise<LostPosition | undefined> {
    const { source, changes, prefix } = this.#options;
    const next = (this.#position.revision ?? 0n) + 1n;
    if (prefix !== '' || revision === next || revision <= this.#sureUpTo + 1n) return undefined;
    // What has come by now was sent before the answer: where nothing is lost by then, nothing was between those.
    const { newest } = changes;
    const lost = await this.#look(await source.state());
    if (lost === undefined) this.#sureUpTo = newest > revision ? newest : revision;
    return lost;
  }

  /** Nothing has come: hands on what is due, looks at the bucket now and then, and waits. */
  async #idle(): Promise<LostPosition | undefined> {
    const { changes, timers, target } = this.#options;
    if (target.hasFailed) await target.settle();
    const now = timers.nowMs();
    if (!this.#batch.isEmpty && (this.#lag === 0 || now >= this.#batch.dueMs)) {
      await this.#handOn();
      return undefined;
    }
    if (now - this.#lastSignMs >= SILENCE_MS)
      throw new TransientError(`nothing was heard of the server for ${SILENCE_MS / 1_000} seconds`);
    if (now >= this.#nextLookMs) return this.#lookAround();
    await changes.wait(Math.min(this.#batch.dueMs, this.#lastSignMs + SILENCE_MS, this.#nextLookMs) - now);
    return undefined;
  }

  /** Looks at the bucket though nothing came: it may have dropped what was to come. */
  async #lookAround(): Promise<LostPosition | undefined> {
    const { changes, timers, source, prefix } = this.#options;
    await this.#handOn();
    const state = await source.state();
    const isDrained = await changes.isDrained();
    this.#lastSignMs = timers.nowMs();
    this.#nextLookMs = this.#lastSignMs + LOOK_MS;
    if (isDrained) await this.#moveTo(state.lastRevision);
    // Revisions of other keys lie between those of a prefix: a stream that still has something to send tells nothing by them.
    return isDrained || prefix === '' ? this.#look(state) : undefined;
  }

  /** Holds the bucket against the position; what the bucket is seen to do is remembered on disk. */
  async #look(state: BucketState): Promise<LostPosition | undefined> {
    const { source, target, memo } = this.#options;
    if (memo.observe(state)) await this.#handOn(true);
    const { revision = 0n } = this.#position;
    const sure = revision > this.#sureUpTo ? revision : this.#sureUpTo;
    const refusal = whyNotFrom(source.name, { revision: sure, writtenAtMs: 0 }, target.origin, state);
    return refusal === undefined ? undefined : { refusal, state };
  }

  #isAtEnd(): boolean {
    const { isFollowing, lastKnown } = this.#options;
    if (isFollowing) return false;
    return this.#lag === 0 || (this.#position.revision ?? 0n) >= lastKnown;
  }

  /** Everything up to a revision was taken, though no change of that number came. */
  async #moveTo(revision: bigint): Promise<void> {
    if (revision <= (this.#position.revision ?? 0n)) return;
    this.#position = { revision, writtenAtMs: 0 };
    await this.#handOn();
  }

  /** Hands on what was taken, with the cursor behind it. */
  async #handOn(isForced = false): Promise<void> {
    const { target, timers, memo, isRepeat, onTaken, lastKnown } = this.#options;
    // Nothing is left of what there was when the stream was opened, whatever its last revision was.
    const { revision } = this.#position;
    if (this.#lag === 0 && (revision ?? 0n) < lastKnown)
      this.#position = { revision: lastKnown, writtenAtMs: 0 };
    const position = this.#position;
    if (position.revision === undefined || (position === this.#written && !isForced)) return;
    const taken = this.#batch.drain();
    await target.take({ changes: taken, cursor: memo.cursorOf(position), isRepeat });
    this.#written = position;
    // A slow disk is no silent server.
    this.#lastSignMs = timers.nowMs();
    const deletes = taken.filter(({ value }) => value === undefined).length;
    onTaken(position, { puts: taken.length - deletes, deletes, lag: this.#lag });
  }
}
