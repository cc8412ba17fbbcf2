import { isStatelogError, type StatelogError } from '../../../errors.js';
import { isListingTrue, isStillThere } from '../format/retention.js';
import { TransientError, type BucketState, type ChangeStream } from '../source/change-source.js';
import { ListResync } from '../resync/list-resync.js';
import { Backoff } from './backoff.js';
import { EvictionMemo } from './eviction-memo.js';
import type { PullOptions, PullProgress, ResyncReason } from './pull-options.js';
import { cursorMissing, foreignCursor, otherPrefix, withRemedy } from './refusals.js';
import { whyNotFrom, type Position } from './resume-check.js';
import { StreamFollower } from './stream-follower.js';

/**
 * Keeps a fold equal to a bucket.
 *
 * Invariants:
 * - everything up to the fold's cursor was taken, and what of the bucket was lost before it was taken is noticed;
 * - no revision is taken twice: what comes again is passed over;
 * - whatever ends, another stream goes on from the revision behind the last one taken.
 */
export class Puller {
  readonly #options: PullOptions;
  readonly #backoff: Backoff;
  readonly #memo: EvictionMemo;
  #position: Position;
  #isStopped = false;
  #wake: (() => void) | undefined;
  /** The fold's keys may be there already at the revisions that come. */
  #isRepeat = false;
  #puts = 0;
  #deletes = 0;

  constructor(options: PullOptions) {
    const { timers, target } = options;
    this.#options = options;
    this.#backoff = new Backoff(timers);
    this.#memo = new EvictionMemo(target.cursor);
    this.#position = this.#positionOfFold();
  }

  /**
   * Pulls until the end that was asked for, or until it is stopped; all that was taken is on disk then.
   * @throws StatelogError `CURSOR_EXPIRED` and `SOURCE_MISMATCH` where the fold cannot go on, with what helps; what the source
   * and the destinations throw
   */
  async run(): Promise<void> {
    const { target } = this.#options;
    try {
      this.#refuseOtherFold();
      while (!this.#isStopped) if ((await this.#tryOnce()) === 'end') break;
    } finally {
      await target.settle();
    }
  }

  /** Ends it after the batch at hand. */
  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  /** @throws StatelogError where the fold can never be a copy of such a bucket */
  #refuseOtherFold(): void {
    const { target, source, prefix } = this.#options;
    const { version } = target.cursor;
    if (!version.isUnknown && version.asU64() === undefined)
      throw foreignCursor(source.name, `0x${version.toHex()}`);
    const isUsed = !target.cursor.isNone || target.count > 0;
    if (target.origin !== undefined && target.origin.prefix !== prefix && isUsed)
      throw otherPrefix(source.name, target.origin.prefix, prefix);
  }

  async #tryOnce(): Promise<'end' | 'again'> {
    const { observer } = this.#options;
    try {
      return await this.#followOnce();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      if (this.#isStopped) return 'end';
      const ms = this.#backoff.next();
      observer.waiting(error.message, ms);
      await this.#sleep(ms);
      return 'again';
    }
  }

  async #followOnce(): Promise<'end' | 'again'> {
    const { source, prefix, target } = this.#options;
    const state = await source.state();
    await this.#observe(state);
    const refusal = this.#refusal(state);
    if (refusal !== undefined) return this.#resyncOr(refusal, state);
    if (target.origin?.created !== state.created) this.#adopt(state);
    await target.align();
    this.#passOverwrittenGap(state);
    const after = this.#position.revision;
    const stream = await source.open({ after, prefix });
    try {
      return await this.#followStream(stream, state);
    } finally {
      stream.close();
    }
  }

  async #followStream(stream: ChangeStream, before: BucketState): Promise<'end' | 'again'> {
    const { source, target, observer } = this.#options;
    // What comes next may have gone while the consumer was made: the server would have begun further on.
    const state = await source.state();
    await this.#observe(state);
    const refusal = whyNotFrom(source.name, this.#position, target.origin, state);
    if (refusal !== undefined) return this.#resyncOr(refusal, state);
    observer.resumed();
    this.#tell({ puts: 0, deletes: 0, lag: stream.pending });
    const follower = new StreamFollower({
      ...this.#options,
      isRepeat: this.#isRepeat,
      changes: stream,
      position: this.#position,
      snapshotEnd: this.#position.revision === undefined ? before.lastRevision : undefined,
      lastKnown: before.lastRevision,
      memo: this.#memo,
      onAlive: () => {
        this.#backoff.reset();
      },
      onTaken: (position, counts) => {
        this.#position = position;
        this.#tell(counts);
      },
    });
    this.#wake = () => {
      follower.stop();
    };
    if (this.#isStopped) follower.stop();
    try {
      const lost = await follower.run();
      if (lost === undefined) return 'end';
      return await this.#resyncOr(lost.refusal, lost.state);
    } finally {
      this.#wake = undefined;
    }
  }

  /** @throws StatelogError the refusal, with what helps, where no resync was asked for */
  async #resyncOr(refusal: StatelogError, state: BucketState): Promise<'again'> {
    const { source, target, timers, prefix, stream, observer } = this.#options;
    await target.settle();
    const isListTrue = isListingTrue(state.retention, state.firstRevision, this.#memo.seen);
    const resync =
      this.#options.resync ?? (isListTrue && this.#wasCutShort(state) ? new ListResync() : undefined);
    if (resync === undefined) throw withRemedy(refusal, isListTrue);
    observer.resync(refusal.message);
    if (target.origin === undefined) this.#adopt(state);
    await target.align();
    const reason: ResyncReason = isStatelogError(refusal, 'SOURCE_MISMATCH') ? 'other-stream' : 'expired';
    const seenEvicting = this.#memo.seen;
    await resync.run({ source, target, timers, prefix, stream, seenEvicting, reason });
    await target.settle();
    this.#memo.learn(target.cursor);
    this.#position = this.#positionOfFold();
    this.#isRepeat = true;
    return 'again';
  }

  /**
   * True where all of the fold was pulled from this very stream, and no cursor was written yet: the process died between the
   * first data and the cursor behind it, or within a resync.
   */
  #wasCutShort({ created, lastRevision }: BucketState): boolean {
    const { target } = this.#options;
    if (this.#position.revision !== undefined || target.origin?.created !== created) return false;
    for (const { revision } of target.keys('')) {
      if (revision === undefined || revision > lastRevision) return false;
    }
    return true;
  }

  #refusal(state: BucketState): StatelogError | undefined {
    const { source, target } = this.#options;
    const { revision } = this.#position;
    const isUnanchored = revision === undefined && target.count > 0 && !this.#isRepeat;
    return (
      whyNotFrom(source.name, this.#position, target.origin, state) ??
      (isUnanchored ? cursorMissing(source.name) : undefined)
    );
  }

  /** Writes down which stream the fold is of from now on. */
  #adopt({ created }: BucketState): void {
    const { target, stream, prefix } = this.#options;
    target.setOrigin({ stream, created, prefix });
  }

  /** Moves to the last position before what is left, where all that is missing was overwritten. */
  #passOverwrittenGap({ firstRevision }: BucketState): void {
    const { revision } = this.#position;
    if (revision === undefined || isStillThere(revision, firstRevision)) return;
    this.#position = { ...this.#position, revision: firstRevision - 1n };
  }

  /** Remembers, on disk at once, that the bucket drops current values. */
  async #observe(state: BucketState): Promise<void> {
    const { target } = this.#options;
    const isNew = this.#memo.observe(state);
    if (!isNew || this.#position.revision === undefined) return;
    await target.take({ changes: [], cursor: this.#memo.cursorOf(this.#position), isRepeat: false });
  }

  #positionOfFold(): Position {
    const { cursor } = this.#options.target;
    return { revision: cursor.asU64(), writtenAtMs: Number(cursor.writtenAtMs ?? 0n) };
  }

  #tell({ puts, deletes, lag }: Omit<PullProgress, 'revision'>): void {
    this.#puts += puts;
    this.#deletes += deletes;
    const { revision } = this.#position;
    this.#options.observer.progress({ revision, puts: this.#puts, deletes: this.#deletes, lag });
  }

  async #sleep(ms: number): Promise<void> {
    const { timers } = this.#options;
    await new Promise<void>((resolve) => {
      const cancel = timers.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
