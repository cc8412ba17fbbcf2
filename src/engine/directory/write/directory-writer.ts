import type { StatelogError } from '../../errors.js';
import type { FileLock } from '../../storage-io/lock/file-lock.js';
import { type CoreStates, coreOfKey, isInCore } from '../state/core-state.js';
import type { GroupChange, GroupCommit } from '../group-change.js';
import { Group } from './group.js';
import type { HeldStore } from './held-store.js';
import { findLeftovers, notClosed, removeLeftovers } from '../leftovers/leftovers.js';
import { checkFits, surelyFits } from '../manifest/limits.js';
import { swapManifest } from '../manifest/manifest-file.js';
import { liveEpoch, newestCheckpoint, type DirectoryManifest } from '../manifest/manifest.js';
import { Checkpointing, type LiveStore } from './checkpointing.js';
import type { OpenedWriter } from './open-writer.js';
import type { RecoveryReport } from './recover-log.js';
import type { Progress, SegmentState } from '../read/replay.js';
import { closedError, poisonedError } from '../manifest/refusals.js';
import { rollBack } from './roll-back.js';
import { applyOffsets } from '../manifest/source-mark.js';
import { Subscribers, type Change, type Subscription } from './subscribers.js';
import { takeInLog } from './take-in-log.js';
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
  readonly #environment: WriterEnvironment;
  readonly #lock: FileLock;
  readonly #held: HeldStore;
  readonly #live: LiveStore;
  readonly #checkpoints: Checkpointing;
  /** Undefined until somebody subscribes. */
  #subscribers: Subscribers | undefined;
  #failure: StatelogError | undefined;
  #isBatch = false;
  /** False while the log was checked and is not in memory: puts are appended to it, and whatever else comes takes it in first. */
  #isTakenIn: boolean;
  /** How far segments must reach for groups that are in several of them, and not on disk yet. */
  readonly #unsyncedGroups = new Map<number, bigint>();

  constructor(environment: WriterEnvironment, opened: OpenedWriter) {
    const { lock, held, manifest, states, writers: cores, progress } = opened;
    this.#environment = environment;
    this.#lock = lock;
    this.#held = held;
    this.#live = { manifest, states, cores, progress };
    this.progress = progress;
    this.recovery = opened.recovery;
    this.#isTakenIn = opened.isTakenIn;
    this.#checkpoints = new Checkpointing({
      ...environment,
      lock,
      held,
      live: this.#live,
      orPoison: (action) => this.#orPoison(action),
      takeInLog: () => {
        this.#takeInLog();
      },
      syncLog: () => {
        this.#syncSegments();
      },
    });
  }

  get manifest(): DirectoryManifest {
    return this.#live.manifest;
  }

  get states(): CoreStates {
    this.#checkUsable();
    this.#takeInLog();
    return this.#live.states;
  }

  get epoch(): bigint {
    const hasChanges = this.segments.some(({ records }) => records > 0);
    return hasChanges ? liveEpoch(this.manifest) : liveEpoch(this.manifest) - 1n;
  }

  get segments(): readonly SegmentState[] {
    const published = newestCheckpoint(this.manifest)?.cores;
    return this.#live.cores.map((core) => core.stateBehind(published?.[core.coreId]));
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#checkUsable();
    const coreId = coreOfKey(key, this.#live.cores.length);
    if (!this.#isTakenIn && this.#append(coreId, key, value)) return;
    checkFits(this.#live.states.all[coreId]!, key, value.length, this.#environment.layout.root);
    // No closure for each put: it would be an object each.
    try {
      this.#live.cores[coreId]!.put(key, value);
    } catch (error) {
      throw this.#poison(error);
    }
  }

  delete(key: Uint8Array): boolean {
    this.#checkUsable();
    this.#takeInLog();
    const coreId = coreOfKey(key, this.#live.cores.length);
    const core = this.#live.states.all[coreId]!;
    if (!isInCore(core, key)) return false;
    checkFits(core, key, 0, this.#environment.layout.root);
    this.#orPoison(() => {
      this.#live.cores[coreId]!.delete(key);
    });
    return true;
  }

  writeGroup(changes: Iterable<GroupChange>, commit: GroupCommit | undefined): void {
    this.#checkUsable();
    this.#takeInLog();
    const { states, cores } = this.#live;
    const group = new Group(states, cores, this.#environment.layout.root, changes, commit);
    this.#orPoison(() => {
      group.append(this.#unsyncedGroups);
    });
    if (commit !== undefined) this.#takeCommit(commit);
  }

  async sync(): Promise<void> {
    this.#checkUsable();
    this.#syncSegments();
    await this.#publish();
    await this.#afterGroup();
  }

  async commit(offsets: ReadonlyMap<string, bigint>, watermark: bigint | undefined): Promise<void> {
    this.#checkUsable();
    this.#syncSegments();
    this.#orPoison(() => {
      const { segment } = this.#live.cores[0]!;
      segment.appendCommit(offsets, watermark);
      segment.sync();
      this.#held.confirm();
    });
    this.#takeCommit({ offsets, watermark });
    await this.#publish();
    await this.#afterGroup();
  }

  async checkpoint(request: CheckpointRequest): Promise<boolean> {
    this.#checkUsable();
    this.#syncSegments();
    await this.#publish();
    // One that is under way does not hold what was put since.
    while (this.#checkpoints.isUnderWay) await this.#checkpoints.finish();
    // It may have been closed meanwhile, and the lock be another's.
    this.#checkUsable();
    this.#syncSegments();
    const isWorthIt = this.#hasRecords() || (request.rewrite && this.manifest.checkpoints.length > 0);
    if (isWorthIt) {
      await this.#checkpoints.make(request);
    } else if (request.keep !== undefined && request.keep !== this.manifest.keep) {
      this.#rememberKeep(request.keep);
    }
    return isWorthIt;
  }

  checkHeld(): void {
    this.#checkUsable();
    this.#held.check();
  }

  beginBatch(): void {
    this.#isBatch = true;
    this.#checkpoints.batchMadeOne = false;
  }

  async endBatch(): Promise<void> {
    this.#isBatch = false;
    await this.sync();
    const checkpoints = this.#checkpoints;
    await checkpoints.finish();
    if (this.#failure === undefined && checkpoints.batchMadeOne && this.#hasRecords())
      await checkpoints.makeAsDue();
  }

  subscribe(): Subscription {
    this.#checkUsable();
    this.#takeInLog();
    // Earlier puts are not for the newcomer.
    this.#orPoison(() => {
      for (const core of this.#live.cores) core.drain();
    });
    return (this.#subscribers ??= new Subscribers()).join();
  }

  close(): void {
    this.#subscribers?.close();
    this.#checkpoints.finishNow();
    const isWhole =
      this.#failure === undefined
        ? this.#held.noteClosed(this.manifest, this.segments)
        : rollBack(this.#live.cores, this.#failure.cause);
    for (const { segment } of this.#live.cores) segment.abandon();
    this.#live.states.release();
    this.#lock[isWhole ? 'release' : 'abandon']();
    this.#failure ??= closedError(this.#environment.layout.root);
  }

  /** Appends a put to a log that is not in memory. @returns false where the log had to be taken in first, and was */
  #append(coreId: number, key: Uint8Array, value: Uint8Array): boolean {
    const { segment } = this.#live.cores[coreId]!;
    if (!surelyFits(this.#live.states.all[coreId]!.base, segment.position, key, value.length)) {
      this.#takeInLog();
      return false;
    }
    this.#orPoison(() => segment.appendPut(key, value));
    return true;
  }

  #takeInLog(): void {
    if (this.#isTakenIn) return;
    this.#isTakenIn = true;
    this.#orPoison(() => {
      takeInLog(this.#environment, this.#live);
    });
  }

  #takeCommit({ offsets, watermark }: GroupCommit): void {
    applyOffsets(this.progress.sources, offsets);
    this.progress.watermark = watermark ?? this.progress.watermark;
  }

  #hasRecords(): boolean {
    return this.#live.cores.some(({ segment }) => segment.position > 0);
  }

  /** Appends what the changelogs hold, then syncs every segment that has something new. */
  #syncSegments(): void {
    const isListening = this.#subscribers !== undefined && this.#subscribers.count > 0;
    this.#orPoison(() => {
      this.#held.checkUnwritten();
      for (const core of this.#live.cores) {
        core.listen(isListening);
        core.drain();
      }
      for (const { segment } of this.#live.cores) if (segment.entriesSinceSync > 0) segment.sync();
      this.#unsyncedGroups.clear();
      // Only what still lies at the store's path is acknowledged.
      this.#held.confirm();
    });
  }

  async #publish(): Promise<void> {
    const changes = this.#live.cores.flatMap((core): readonly Change[] => core.takeListened());
    if (changes.length > 0) await this.#subscribers?.publishAll(changes);
  }

  async #afterGroup(): Promise<void> {
    // Closed while it was published.
    if (this.#failure === undefined) await this.#checkpoints.afterGroup(this.#isBatch);
  }

  #rememberKeep(keep: number): void {
    const { fileSystem, layout } = this.#environment;
    const manifest = { ...this.manifest, keep, checkpoints: this.manifest.checkpoints.slice(-keep) };
    const outcome = this.#orPoison(() => {
      this.#held.check();
      return swapManifest(fileSystem, layout, manifest);
    });
    if (!outcome.swapped) throw outcome.error;
    this.#live.manifest = manifest;
    this.#held.hold(this.#live.cores);
    removeLeftovers(fileSystem, findLeftovers(fileSystem, layout, manifest, notClosed), manifest);
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
    this.#checkpoints.abandon(this.#failure);
    return error;
  }
}
