import { assert } from '../../assert.js';
import { nextSequenceOf, type RecordRun } from '../../wal/scan/record-sweep.js';
import type { SegmentEvidence } from './evidence.js';

/** A run, or a part of one, of a file. */
export interface PlacedRun extends RecordRun {
  readonly file: SegmentEvidence;
  /** The how many-th run of the file it is, or is a part of. */
  readonly index: number;
  /** False where it is a part only: what lies before or behind it in the file does not go with it. */
  readonly isWhole: boolean;
}

/** More runs than this are not held against each other pair by pair. */
const PAIRWISE_MAX = 2_048;

/** Which runs make up a log, in order, and which do not go with the others. */
export interface OrderedRuns {
  readonly kept: readonly PlacedRun[];
  /** Runs from an earlier time than the records that they would follow: the writer left them in an older run. */
  readonly older: readonly PlacedRun[];
}

/**
 * Puts runs of one core in the order in which they were written, as they lie where that can be: of all orders in which sequence, epoch
 * and time never go back, the one that keeps the most records.
 *
 * Invariant: no two runs hold the same record.
 * @param isLoose true of a log that is no store's: whoever appended its records may have given them any time, so that of records
 * that lie right behind one another by place and number none is older
 */
export function orderRuns(runs: readonly PlacedRun[], isLoose: boolean): OrderedRuns {
  // Where no number is there twice, none began anew: a number that goes back was moved.
  const canSort = areNumbersUnique(runs) || runs.every(({ hasLags }) => hasLags);
  const mayFollow = mayFollowIn(
    isLoose,
    runs.every((run, at) => at === 0 || isAdjacent(runs[at - 1]!, run)),
  );
  if (isInOrder(runs, mayFollow, !canSort)) return { kept: runs, older: [] };
  const sorted = canSort ? [...runs].sort(bySequence) : [...runs].sort(byTime);
  return longestChain(sorted, mayFollow);
}

type MayFollow = (before: PlacedRun, run: PlacedRun) => boolean;

function isInOrder(runs: readonly PlacedRun[], mayFollow: MayFollow, mayRestart: boolean): boolean {
  return runs.every((run, index) => {
    const before = runs[index - 1];
    if (before === undefined) return true;
    return mayFollow(before, run) && (mayRestart || run.firstSequence >= nextSequenceOf(before));
  });
}

/** Whether one run may have been written after another, as a function of the two. */
function mayFollowIn(isLoose: boolean, isUnbroken: boolean): MayFollow {
  return (before, run) => {
    if (run.epoch < before.epoch) return isRestart(before, run, isUnbroken);
    if (run.firstSequence < nextSequenceOf(before)) return isRestart(before, run, isUnbroken);
    // A clock may go back between two records, but in a store's log; what follows a hole tells an older run from that.
    const isNext = isAdjacent(before, run) && run.firstSequence === nextSequenceOf(before);
    return run.firstTimestampNs >= before.lastTimestampNs || (isNext && (isLoose || !run.hasLags));
  };
}

function isAdjacent(before: PlacedRun, run: PlacedRun): boolean {
  return run.file === before.file && run.offset === before.end;
}

/**
 * LaminarDB numbers from 0 again when it reopens a segment, and forgets the epoch.
 * @param isUnbroken whether all runs lie one right behind the other: nothing was then moved, and the clock went back
 */
function isRestart(before: PlacedRun, run: PlacedRun, isUnbroken: boolean): boolean {
  if (before.hasLags || run.hasLags) return false;
  if (run.firstTimestampNs > before.lastTimestampNs) return true;
  const isBehind = run.file === before.file && run.offset >= before.end;
  return isBehind && run.firstSequence === 0n && (isUnbroken || before.firstSequence !== run.firstSequence);
}

function areNumbersUnique(runs: readonly PlacedRun[]): boolean {
  const sorted = [...runs].sort((a, b) => compare(a.firstSequence, b.firstSequence));
  return sorted.every((run, index) => index === 0 || run.firstSequence >= nextSequenceOf(sorted[index - 1]!));
}

function bySequence(a: PlacedRun, b: PlacedRun): number {
  return compare(a.epoch, b.epoch) || compare(a.firstSequence, b.firstSequence);
}

function byTime(a: PlacedRun, b: PlacedRun): number {
  return compare(a.firstTimestampNs, b.firstTimestampNs) || bySequence(a, b);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}

/** The chain of runs, each of which may follow the one before it, that holds the most records. */
function longestChain(sorted: readonly PlacedRun[], mayFollow: MayFollow): OrderedRuns {
  const best = sorted.map(({ records }) => records);
  const previous = sorted.map(() => -1);
  for (let at = 0; at < sorted.length; at++) {
    const from = Math.max(0, at - PAIRWISE_MAX);
    for (let before = from; before < at; before++) {
      const records = best[before]! + sorted[at]!.records;
      if (records <= best[at]! || !mayFollow(sorted[before]!, sorted[at]!)) continue;
      best[at] = records;
      previous[at] = before;
    }
  }
  const chain = new Set<number>();
  const last = best.reduce((end, records, at) => (records > best[end]! ? at : end), 0);
  for (let at = last; at >= 0; at = previous[at]!) chain.add(at);
  const kept = sorted.filter((_, at) => chain.has(at));
  const older = sorted.filter((_, at) => !chain.has(at));
  assert(kept.length + older.length === sorted.length, 'each run is kept or told of');
  return { kept, older };
}
