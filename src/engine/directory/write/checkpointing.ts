import { setImmediate as nextTurn } from 'node:timers/promises';
import { isStatelogError, type StatelogError } from '../../errors.js';
import type { FileLock } from '../../storage-io/lock/file-lock.js';
import type { Steps } from '../../steps.js';
import { expectedSteps, logBytesMax } from '../checkpoint/checkpoint-due.js';
import {
  checkpointInSteps,
  closeEpoch,
  type CheckpointOptions,
  type CheckpointOutcome,
} from '../checkpoint/checkpoint.js';
import type { SegmentStart } from '../checkpoint/log-tail.js';
import type { DirectoryManifest } from '../manifest/manifest.js';
import type { Progress } from '../read/replay.js';
import type { CoreStates } from '../state/core-state.js';
import type { HeldStore } from './held-store.js';
import { openNextEpoch } from './next-epoch.js';
import type { WritableCore } from './writable-core.js';
import type { CheckpointRequest, WriterEnvironment } from './writer-environment.js';

/** Steps between which nobody else gets a turn: some three milliseconds. */
const SLICE_STEPS = 16;
/** Steps that each group of changes pays at least, so that a checkpoint ends also where little is put. */
const GROUP_STEPS_MIN = 4;

/** The ground that a writer stands on; a checkpoint moves it on. */
export interface LiveStore {
  manifest: DirectoryManifest;
  states: CoreStates;
  cores: readonly WritableCore[];
  readonly progress: Progress;
}

/** The writer whose checkpoints are made, as they see it. */
export interface CheckpointingWriter extends WriterEnvironment {
  readonly lock: FileLock;
  readonly held: HeldStore;
  readonly live: LiveStore;
  /** Does something whose failure ends the writer. */
  readonly orPoison: <T>(action: () => T) => T;
  /** Takes the log into memory, where it is not. */
  readonly takeInLog: () => void;
  /** Appends what is in memory and syncs the log. */
  readonly syncLog: () => void;
}

/** A checkpoint that is being made. */
interface Run {
  readonly steps: Steps<CheckpointOutcome>;
  /** True: somebody waits for it, and is told how it ended; false: it was due. */
  readonly isAsked: boolean;
  /** True where it was due in a batch. */
  readonly isOfBatch: boolean;
  /** The states that it is made from: the writer holds them until it has moved on, or goes back to them. */
  readonly before: CoreStates;
  /** About how many steps it takes, and when it must be there: at so many bytes of log behind the barriers. */
  readonly stepsExpected: number;
  readonly tailBytesMax: number;
  /** Bytes of log when the epoch was closed. */
  readonly closedAt: number;
  stepsDone: number;
  /** True from the moment at which it counts. */
  isPublished: boolean;
  /** The error that it ended with. */
  failure: StatelogError | undefined;
}

/**
 * Makes a writer's checkpoints beside its puts: a few steps after each group of changes, as many as are needed for it to be there
 * before the log has grown by as much again as it had when it was due. Who puts faster than that waits for more of them, a
 * slice at a time. It goes on only with the writer's calls, and `close` brings it to its end.
 *
 * Invariants:
 * - at most one is under way, and none once the writer is poisoned;
 * - while one is, the states of the live store have its frozen layer, and each core lays its changes over another one.
 */
export class Checkpointing {
  /** True once a checkpoint that was due in a batch was made. */
  batchMadeOne = false;
  readonly #writer: CheckpointingWriter;
  #run: Run | undefined;
  /** True within a step. */
  #isAtWork = false;
  /** After a checkpoint that failed, the next is tried when the log has grown to this. */
  #retryAtBytes = 0;
  #warnedOf: string | undefined;

  constructor(writer: CheckpointingWriter) {
    this.#writer = writer;
  }

  get isUnderWay(): boolean {
    return this.#run !== undefined;
  }

  /** Begins a checkpoint if the log is long enough, and does what is due of one that is under way. The log must be synced. */
  async afterGroup(isBatch: boolean): Promise<void> {
    const logBytes = this.#logBytes();
    const limit = this.#logBytesMax(isBatch);
    if (this.#run === undefined && logBytes > limit && logBytes >= this.#retryAtBytes) {
      this.#beginAsDue(isBatch);
    }
    const run = this.#run;
    if (run === undefined) return;
    const least = run.stepsDone + (this.#writer.pace?.groupStepsMin ?? GROUP_STEPS_MIN);
    for (;;) {
      const due = Math.max(least, stepsDue(run, this.#logBytes()));
      this.#doSome(run, Math.min(due - run.stepsDone, this.#sliceSteps));
      if (this.#run !== run || run.stepsDone >= due) return;
      await nextTurn();
      if (this.#run !== run) return;
    }
  }

  /**
   * Makes a checkpoint that was asked for. The log must be synced, and none be under way.
   * @throws StatelogError why it was not made
   */
  async make(request: CheckpointRequest): Promise<void> {
    const run = this.#begin(request, { isAsked: true, isOfBatch: false });
    await this.finish();
    if (run.failure !== undefined) throw run.failure;
  }

  /** Makes one that nobody waits for: if it fails, that is a warning. */
  async makeAsDue(): Promise<void> {
    this.#beginAsDue(false);
    await this.finish();
  }

  /** Brings the checkpoint that is under way to its end; others get their turns meanwhile. */
  async finish(): Promise<void> {
    for (const run = this.#run; run !== undefined && this.#run === run;) {
      this.#doSome(run, this.#sliceSteps);
      if (this.#run === run) await nextTurn();
    }
  }

  /** Brings it to its end at once: the writer is being closed. */
  finishNow(): void {
    while (this.#run !== undefined) this.#doSome(this.#run, Infinity);
  }

  /** Gives up the one that is under way: the writer failed, and writes nothing any more. */
  abandon(failure: StatelogError): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    run.failure ??= failure;
    // Where its own step failed, it ends by itself.
    if (!this.#isAtWork) run.steps.return(undefined);
    if (!run.isPublished) run.before.release();
  }

  get #sliceSteps(): number {
    return this.#writer.pace?.sliceSteps ?? SLICE_STEPS;
  }

  #logBytesMax(isBatch: boolean): number {
    return this.#writer.pace?.logBytesMax ?? logBytesMax(this.#writer.live.states, isBatch);
  }

  #logBytes(): number {
    return this.#writer.live.cores.reduce((sum, { segment }) => sum + segment.position, 0);
  }

  #beginAsDue(isOfBatch: boolean): void {
    try {
      this.#begin({ keep: undefined, rewrite: false }, { isAsked: false, isOfBatch });
    } catch (error) {
      this.#warn(error);
    }
  }

  #begin(request: CheckpointRequest, kind: Pick<Run, 'isAsked' | 'isOfBatch'>): Run {
    const { fileSystem, clock, layout, held, live, orPoison, syncLog } = this.#writer;
    this.#writer.takeInLog();
    const { manifest, states, cores, progress } = live;
    const parts = { fileSystem, clock, layout, manifest, states, writers: cores, held, syncLog };
    const keep = request.keep ?? manifest.keep;
    const tailBytesMax = this.#writer.pace?.tailBytesMax ?? this.#logBytesMax(kind.isOfBatch);
    const closed = orPoison(() => {
      syncLog();
      return closeEpoch(parts, progress);
    });
    const moveTo: CheckpointOptions['moveTo'] = (next, starts) => this.#moveTo(next, starts);
    const options = { ...parts, keep, rewrite: request.rewrite, moveTo };
    live.states = states.frozen();
    for (const core of cores) core.goOnWith(live.states.all[core.coreId]!.overlay);
    this.#run = {
      ...kind,
      steps: checkpointInSteps(options, closed),
      before: states,
      stepsExpected: expectedSteps(states, tailBytesMax, request.rewrite),
      tailBytesMax,
      closedAt: this.#logBytes(),
      stepsDone: 0,
      isPublished: false,
      failure: undefined,
    };
    return this.#run;
  }

  /** Does some steps, and what there is to do when the last one is done. */
  #doSome(run: Run, steps: number): void {
    try {
      this.#writer.orPoison(() => {
        for (let done = 0; done < steps && this.#run === run; done++) this.#doOne(run);
      });
    } catch (error) {
      if (!isStatelogError(error)) throw error;
      run.failure = error;
    }
    if (run.failure !== undefined && !run.isAsked) this.#warn(run.failure);
  }

  #doOne(run: Run): void {
    run.stepsDone += 1;
    this.#isAtWork = true;
    let step: IteratorResult<undefined, CheckpointOutcome>;
    try {
      step = run.steps.next();
    } finally {
      this.#isAtWork = false;
    }
    if (step.done !== true) return;
    this.#run = undefined;
    run.failure = step.value;
    if (step.value !== undefined) {
      this.#goBack(run);
      return;
    }
    this.#retryAtBytes = 0;
    this.batchMadeOne ||= run.isOfBatch;
  }

  /** Goes on in the epoch after the checkpoint that was just published. */
  #moveTo(manifest: DirectoryManifest, starts: readonly SegmentStart[]): () => void {
    const { lock, held, live } = this.#writer;
    const { cores, states } = live;
    const next = openNextEpoch(this.#writer, lock, manifest, { cores, states, starts });
    live.cores = next.cores;
    live.states = next.states;
    live.manifest = manifest;
    const run = this.#run!;
    run.isPublished = true;
    const letGo = (): void => {
      for (const { segment } of cores) segment.abandon();
      states.release();
      run.before.release();
    };
    try {
      held.hold(live.cores);
    } catch (error) {
      letGo();
      throw error;
    }
    return letGo;
  }

  /** After a failure the changes are one layer again, over the old checkpoint. */
  #goBack(run: Run): void {
    const { live } = this.#writer;
    this.#retryAtBytes = this.#logBytes() + run.tailBytesMax;
    const layered = live.states;
    for (const core of live.cores) core.drain();
    live.states = layered.thawed();
    for (const core of live.cores) core.goOnWith(live.states.all[core.coreId]!.overlay);
    layered.release();
  }

  /** Says the same only once, however often a checkpoint is tried again. */
  #warn(error: unknown): void {
    if (!isStatelogError(error)) throw error;
    if (error.message !== this.#warnedOf) this.#writer.onWarning?.(error);
    this.#warnedOf = error.message;
  }
}

/** How many steps must be done when the log has come so far. */
function stepsDue({ stepsExpected, tailBytesMax, closedAt, stepsDone }: Run, logBytes: number): number {
  const part = (logBytes - closedAt) / tailBytesMax;
  return part < 1 ? Math.ceil(part * stepsExpected) : stepsDone + SLICE_STEPS + 1;
}
