import { isStatelogError, type StatelogError } from '../../errors.js';
import type { FileLock } from '../../storage-io/lock/file-lock.js';
import { makeCheckpoint } from '../checkpoint/checkpoint.js';
import { logBytesMax } from '../checkpoint/checkpoint-due.js';
import { type CoreStates, coreOfKey, isInCore } from '../state/core-state.js';
import type { HeldStore } from './held-store.js';
import { findLeftovers, removeLeftovers } from '../manifest/leftovers.js';
import { checkChangeFits } from '../manifest/limits.js';
import { swapManifest } from '../manifest/manifest-file.js';
import { liveEpoch, newestCheckpoint, type DirectoryManifest } from '../manifest/manifest.js';
import { openNextEpoch } from './next-epoch.js';
import type { OpenedWriter } from './open-writer.js';
import type { RecoveryReport } from './recover-log.js';
import type { Progress, SegmentState } from '../read/replay.js';
import { closedError, poisonedError } from '../manifest/refusals.js';
import { rollBack } from './roll-back.js';
import { applyOffsets } from '../manifest/source-mark.js';
import { Subscribers, type Change, type Subscription } from './subscribers.js';
import type { WritableCore } from './writable-core.js';
import type { CheckpointRequest, WriterEnvironment } from './writer-environment.js';

/**
 * The writing half of a state directory.
 *
 * Invariants:
 * - A change is in its core's overlay and changelog, or in its segment, before `put` returns.
 * - A Commit is appended only when all that it speaks of is durable.
 * - After a failed write or sync nothing is written, synced or answered any more.
 * - The lock's text is removed only by a clean close of a writer that never failed.
 */
export class DirectoryWriter {
  readonly recovery: RecoveryReport;
  readonly progress: Progress;
  manifest: DirectoryManifest;
  readonly #environment: WriterEnvironment;
  readonly #lock: FileLock;
  readonly #held: HeldStore;
  readonly #subscribers = new Subscribers();
  #states: CoreStates;
  #cores: readonly WritableCore[];
  #failure: StatelogError | undefined;
  #isBatch = false;
  #batchMadeCheckpoint = false;
  /** After a checkpoint that failed, the next is tried when the log has grown to this. */
  #retryAtBytes = 0;
  #warnedOf: string | undefined;
  /** Changes are handed to subscribers in the order in which they were acknowledged. */
  #publishing: Promise<void> = Promise.resolve();

  constructor(environment: WriterEnvironment, opened: OpenedWriter) {
    this.#environment = environment;
    this.#lock = opened.lock;
    this.manifest = opened.manifest;
    this.#states = opened.states;
    this.#cores = opened.writers;
    this.progress = opened.progress;
    this.recovery = opened.recovery;
    this.#held = opened.held;
  }

  get states(): CoreStates {
    this.#checkUsable();
    return this.#states;
  }

  get epoch(): bigint {
    const hasChanges = this.segments.some(({ records }) => records > 0);
    return hasChanges ? liveEpoch(this.manifest) : liveEpoch(this.manifest) - 1n;
  }

  get segments(): readonly SegmentState[] {
    const published = newestCheckpoint(this.manifest)?.cores;
    return this.#cores.map((core) => core.stateBehind(published?.[core.coreId]));
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#checkUsable();
    const coreId = coreOfKey(key, this.#cores.length);
    checkChangeFits(this.#states.all[coreId]!, key, value.length, this.#environment.layout.root);
    // No closure for each put: it would be an object each.
    try {
      this.#cores[coreId]!.put(key, value);
    } catch (error) {
      throw this.#poison(error);
    }
  }

  delete(key: Uint8Array): boolean {
    this.#checkUsable();
    const coreId = coreOfKey(key, this.#cores.length);
    const core = this.#states.all[coreId]!;
    if (!isInCore(core, key)) return false;
    checkChangeFits(core, key, 0, this.#environment.layout.root);
    this.#orPoison(() => {
      this.#cores[coreId]!.delete(key);
    });
    return true;
  }

  async sync(): Promise<void> {
    this.#checkUsable();
    this.#syncSegments();
    await this.#publish();
    this.#checkpointIfDue();
  }

  async commit(offsets: ReadonlyMap<string, bigint>, watermark: bigint | undefined): Promise<void> {
    this.#checkUsable();
    this.#syncSegments();
    this.#orPoison(() => {
      const { segment } = this.#cores[0]!;
      segment.appendCommit(offsets, watermark);
      segment.sync();
      this.#confirm();
    });
    applyOffsets(this.progress.sources, offsets);
    this.progress.watermark = watermark ?? this.progress.watermark;
    await this.#publish();
    this.#checkpointIfDue();
  }

  async checkpoint(request: CheckpointRequest): Promise<boolean> {
    this.#checkUsable();
    this.#syncSegments();
    await this.#publish();
    // It may have been closed meanwhile, and the lock be another's.
    this.#checkUsable();
    const isWorthIt = this.#hasRecords() || (request.rewrite && this.manifest.checkpoints.length > 0);
    if (isWorthIt) {
      const error = this.#makeCheckpoint(request);
      if (error !== undefined) throw error;
    } else if (request.keep !== undefined && request.keep !== this.manifest.keep) {
      this.#rememberKeep(request.keep);
    }
    return isWorthIt;
  }

  beginBatch(): void {
    this.#isBatch = true;
    this.#batchMadeCheckpoint = false;
  }

  async endBatch(): Promise<void> {
    this.#isBatch = false;
    await this.sync();
    if (this.#failure === undefined && this.#batchMadeCheckpoint && this.#hasRecords()) this.#tryCheckpoint();
  }

  subscribe(): Subscription {
    this.#checkUsable();
    // Earlier puts are not for the newcomer.
    this.#orPoison(() => {
      for (const core of this.#cores) core.drain();
    });
    return this.#subscribers.join();
  }

  close(): void {
    this.#subscribers.close();
    const isWhole =
      this.#failure === undefined
        ? this.#held.noteClosed(this.manifest, this.segments)
        : rollBack(this.#cores, this.#failure.cause);
    for (const { segment } of this.#cores) segment.abandon();
    this.#states.release();
    this.#lock[isWhole ? 'release' : 'abandon']();
    this.#failure ??= closedError(this.#environment.layout.root);
  }

  #hasRecords(): boolean {
    return this.#cores.some(({ segment }) => segment.position > 0);
  }

  /** Appends what the changelogs hold, then syncs every segment that has something new. */
  #syncSegments(): void {
    const isListening = this.#subscribers.count > 0;
    this.#orPoison(() => {
      this.#held.checkUnwritten();
      for (const core of this.#cores) {
        core.listen(isListening);
        core.drain();
      }
      for (const { segment } of this.#cores) if (segment.entriesSinceSync > 0) segment.sync();
      this.#confirm();
    });
  }

  /** Checks that the synced files still lie at the store's path: only then are they acknowledged. */
  #confirm(): void {
    this.#held.check();
    this.#held.noteWritten();
  }

  async #publish(): Promise<void> {
    const changes = this.#cores.flatMap((core): readonly Change[] => core.takeListened());
    if (changes.length === 0) return;
    const before = this.#publishing;
    this.#publishing = (async () => {
      await before;
      for (const change of changes) await this.#subscribers.publish(change);
    })();
    await this.#publishing;
  }

  #checkpointIfDue(): void {
    // Closed while it was published.
    if (this.#failure !== undefined) return;
    const logBytes = this.#cores.reduce((sum, { segment }) => sum + segment.position, 0);
    const limit = logBytesMax(this.#states, this.#isBatch);
    if (logBytes <= limit || logBytes < this.#retryAtBytes) return;
    if (this.#tryCheckpoint()) this.#batchMadeCheckpoint = this.#isBatch;
    else this.#retryAtBytes = logBytes + limit;
  }

  /** A checkpoint that nobody asked for: if it fails, what was put is on disk all the same. */
  #tryCheckpoint(): boolean {
    try {
      const error = this.#makeCheckpoint({ keep: undefined, rewrite: false });
      if (error === undefined) return true;
      this.#warn(error);
    } catch (error) {
      this.#warn(error);
    }
    return false;
  }

  /** Says the same only once, however often a checkpoint is tried again. */
  #warn(error: unknown): void {
    if (!isStatelogError(error)) throw error;
    if (error.message !== this.#warnedOf) this.#environment.onWarning?.(error);
    this.#warnedOf = error.message;
  }

  /** Returns why it was not made, if the store goes on without it. */
  #makeCheckpoint({ keep, rewrite }: CheckpointRequest): StatelogError | undefined {
    const { fileSystem, layout } = this.#environment;
    return this.#orPoison(() => {
      const outcome = makeCheckpoint({
        fileSystem,
        layout,
        manifest: this.manifest,
        states: this.#states,
        writers: this.#cores,
        progress: this.progress,
        keep: keep ?? this.manifest.keep,
        rewrite,
        held: this.#held,
      });
      if (outcome.manifest === undefined) return outcome.error;
      this.#moveTo(outcome.manifest);
      return undefined;
    });
  }

  /** Goes on in the epoch after the checkpoint that was just published. */
  #moveTo(manifest: DirectoryManifest): void {
    const next = openNextEpoch(this.#environment, this.#lock, manifest, this.#cores);
    const { cores, states } = { cores: this.#cores, states: this.#states };
    this.#cores = next.cores;
    this.#states = next.states;
    this.manifest = manifest;
    for (const { segment } of cores) segment.abandon();
    states.release();
    this.#held.hold(this.#cores);
    this.#retryAtBytes = 0;
  }

  #rememberKeep(keep: number): void {
    const { fileSystem, layout } = this.#environment;
    const manifest = { ...this.manifest, keep, checkpoints: this.manifest.checkpoints.slice(-keep) };
    const outcome = this.#orPoison(() => {
      this.#held.check();
      return swapManifest(fileSystem, layout, manifest);
    });
    if (!outcome.swapped) throw outcome.error;
    this.manifest = manifest;
    this.#held.hold(this.#cores);
    removeLeftovers(fileSystem, findLeftovers(fileSystem, layout, manifest));
  }

  #checkUsable(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #orPoison<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw this.#poison(error);
    }
  }

  /** @returns the error, to be thrown */
  #poison(error: unknown): unknown {
    this.#failure ??= poisonedError(this.#environment.layout.root, error);
    return error;
  }
}
