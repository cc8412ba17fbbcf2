import type { ChangeSource } from '../source/change-source.js';
import type { Timers } from '../source/timers.js';
import type { PullTarget } from './pull-target.js';

/** How far a destination has come. */
export interface PullProgress {
  /** The revision up to which everything is taken; undefined before the first. */
  readonly revision: bigint | undefined;
  /** Puts and deletes taken since the pull began. */
  readonly puts: number;
  readonly deletes: number;
  /** Changes that were waiting behind the last one. */
  readonly lag: number;
}

/** Is told what a pull does. */
export interface PullObserver {
  /** A batch was taken. */
  progress(progress: PullProgress): void;
  /** The source is lost, and will be asked again in so many milliseconds. */
  waiting(reason: string, ms: number): void;
  /** The source is there again. */
  resumed(): void;
  /** The fold is about to be put right from the bucket's list of keys or from an artifact, for a reason. */
  resync(reason: string): void;
}

/** Puts a fold right whose position is lost. */
export interface Resync {
  /**
   * Corrects the fold, and leaves its cursor where the bucket can be gone on from: none for its whole state anew.
   * @throws StatelogError where that cannot be done soundly; the fold is then as it was
   */
  run(context: ResyncContext): Promise<void>;
}

/** The things that a resync works with. */
export interface ResyncContext {
  readonly source: ChangeSource;
  readonly target: PullTarget;
  readonly timers: Timers;
  readonly prefix: string;
  readonly stream: string;
  readonly seenEvicting: boolean;
  /** Why the fold cannot go on. */
  readonly reason: ResyncReason;
}

/** The reason for a resync: its position has left the bucket, or it is of another bucket. */
export type ResyncReason = 'expired' | 'other-stream';

/** The work of one pull. */
export interface PullOptions {
  readonly source: ChangeSource;
  readonly target: PullTarget;
  readonly timers: Timers;
  /** The name of the bucket's stream. */
  readonly stream: string;
  /** Only keys that start with it; empty: all. */
  readonly prefix: string;
  /** True: go on with what comes; false: end at the last revision that there is. */
  readonly isFollowing: boolean;
  /** The remedy where the position is lost; undefined: refuse. */
  readonly resync: Resync | undefined;
  readonly observer: PullObserver;
}
