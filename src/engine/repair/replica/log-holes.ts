import type { FileStatus, FileSystem } from '../../storage-io/interface/file-system.js';
import type { FileSlice } from '../../storage-io/views/composed-file-system.js';
import { nextSequenceOf } from '../../wal/scan/record-sweep.js';
import { meetingOf, outside, overlapOf } from '../survey/doubles.js';
import type { PlacedRun } from '../survey/run-order.js';

/** One core's log in two copies, each in the order in which it was written. */
export interface TwoLogs {
  readonly own: readonly PlacedRun[];
  readonly other: readonly PlacedRun[];
  /** Whether a number is given once only in an epoch; LaminarDB begins anew when it reopens a log. */
  readonly isOnce: boolean;
  /** True where both are known to have begun as one log, though they may share no record. */
  readonly beganAsOne: boolean;
  /** The sequence that comes after the last record of a closed log: what lies behind it is of another life. */
  readonly endSequence?: bigint | undefined;
}

/** Records of the other log that this one lacks; or why none of them can be taken. */
export type MissingRuns =
  { readonly runs: readonly PlacedRun[]; readonly refused?: undefined } | { readonly refused: string };

/**
 * The records that one copy of a log lacks and another has. They are taken only where both are provably one log: where they share
 * records, all that both have is the same, record for record; and each that is taken stands between the same neighbours by its
 * sequence, its epoch and its time.
 */
export function missingRuns(fileSystem: FileSystem, logs: TwoLogs): MissingRuns {
  const parts: PlacedRun[] = [];
  let isProven = logs.beganAsOne;
  for (const run of logs.other) {
    const met = holdAgainst(fileSystem, run, logs);
    if (met === undefined) {
      return { refused: 'it has other records with the same numbers: it went another way since they parted' };
    }
    isProven ||= met.isShared;
    parts.push(...met.rest);
  }
  const wanted = parts.filter(
    (run) => logs.endSequence === undefined || nextSequenceOf(run) <= logs.endSequence,
  );
  if (wanted.length > 0 && !isProven) {
    return { refused: 'it shares no record with this log: nothing proves that both are one' };
  }
  return { runs: wanted };
}

/** The part of a run that a log lacks; undefined where the log has other records of its numbers. */
function holdAgainst(
  fileSystem: FileSystem,
  run: PlacedRun,
  { own, isOnce }: TwoLogs,
): { readonly isShared: boolean; readonly rest: readonly PlacedRun[] } | undefined {
  let rest: readonly PlacedRun[] = [run];
  let isShared = false;
  for (const one of own) {
    const span = overlapOf(one, run);
    if (span === undefined) continue;
    if (meetingOf(fileSystem, one, run, span) === 'same') {
      isShared = true;
      rest = rest.flatMap((part) => {
        const within = overlapOf(one, part);
        return within === undefined ? [part] : outside(fileSystem, part, within);
      });
    } else if (isOnce || areOfOneTime(one, run)) return undefined;
  }
  return { isShared, rest };
}

/** Whether two runs were written at overlapping times: another life of a log lies before or behind. */
function areOfOneTime(one: PlacedRun, other: PlacedRun): boolean {
  return one.firstTimestampNs <= other.lastTimestampNs && other.firstTimestampNs <= one.lastTimestampNs;
}

/** A log with the runs of another in its holes. */
export interface FilledLog {
  readonly slices: readonly FileSlice[];
  /** The runs that were put in. */
  readonly taken: readonly PlacedRun[];
  /** Those that fit nowhere. */
  readonly unplaced: readonly PlacedRun[];
}

/** The file whose holes are filled. */
export interface HoledFile {
  readonly path: string;
  readonly status: FileStatus;
  readonly runs: readonly PlacedRun[];
}

/**
 * Puts missing runs where they belong. Bytes that hold no good record are left out as far as the records stand for them, so that
 * nothing is told as lost that was filled.
 * @param firstSequence the sequence of the log's first record; undefined where it may begin with any
 */
export function fillHoles(
  file: HoledFile | undefined,
  missing: readonly PlacedRun[],
  firstSequence: bigint | undefined,
): FilledLog {
  const runs: PlacedRun[] = [...(file?.runs ?? [])];
  const unplaced: PlacedRun[] = [];
  for (const run of missing) {
    const at = holeFor(runs, run);
    if (at < 0) unplaced.push(run);
    else runs.splice(at, 0, run);
  }
  const taken = missing.filter((run) => !unplaced.includes(run));
  return { slices: slicesOf(file, runs, new Set(taken), firstSequence), taken, unplaced };
}

/** The place of a run among others; -1 where it fits nowhere. */
function holeFor(runs: readonly PlacedRun[], run: PlacedRun): number {
  for (let at = 0; at <= runs.length; at++) {
    if (mayStandBefore(runs[at - 1], run) && mayStandBefore(run, runs[at])) return at;
  }
  return -1;
}

function mayStandBefore(before: PlacedRun | undefined, after: PlacedRun | undefined): boolean {
  if (before === undefined || after === undefined) return true;
  const isLater = after.firstSequence >= nextSequenceOf(before) && after.epoch >= before.epoch;
  return isLater && after.firstTimestampNs >= before.lastTimestampNs;
}

function slicesOf(
  file: HoledFile | undefined,
  runs: readonly PlacedRun[],
  taken: ReadonlySet<PlacedRun>,
  firstSequence: bigint | undefined,
): FileSlice[] {
  const slices: FileSlice[] = [];
  const add = (path: string, start: number, end: number, holder: FileStatus): void => {
    if (end > start) slices.push({ path, start, length: end - start, holder });
  };
  let before: PlacedRun | undefined;
  let filling: PlacedRun[] = [];
  for (const run of [...runs, undefined]) {
    if (run !== undefined && taken.has(run)) {
      filling.push(run);
      continue;
    }
    const gap = { start: before?.end ?? 0, end: run?.offset ?? file?.status.size ?? 0 };
    const { head, middle, tail, isFull } = arrange(filling, before, run, firstSequence);
    for (const one of head) add(one.file.path, one.offset, one.end, one.file.status);
    const kept = isFull ? 0 : gap.end - gap.start - bytesOf(head) - bytesOf(tail);
    const start = gap.start + bytesOf(head);
    if (file !== undefined && kept > 0) add(file.path, start, start + kept, file.status);
    for (const one of [...middle, ...tail]) add(one.file.path, one.offset, one.end, one.file.status);
    if (run !== undefined) add(file!.path, run.offset, run.end, file!.status);
    before = run;
    filling = [];
  }
  return slices;
}

/** The runs that fill a hole: those that follow right behind what is before it, those right before what is behind, and others. */
function arrange(
  filling: readonly PlacedRun[],
  before: PlacedRun | undefined,
  after: PlacedRun | undefined,
  firstSequence: bigint | undefined,
): {
  readonly head: readonly PlacedRun[];
  readonly middle: readonly PlacedRun[];
  readonly tail: readonly PlacedRun[];
  readonly isFull: boolean;
} {
  let due = before === undefined ? firstSequence : nextSequenceOf(before);
  let headEnd = 0;
  for (; headEnd < filling.length && filling[headEnd]!.firstSequence === due; headEnd++) {
    due = nextSequenceOf(filling[headEnd]!);
  }
  const isFull = filling.length > 0 && headEnd === filling.length && due === after?.firstSequence;
  let next = after?.firstSequence;
  let tailStart = filling.length;
  for (; tailStart > headEnd && nextSequenceOf(filling[tailStart - 1]!) === next; tailStart--) {
    next = filling[tailStart - 1]!.firstSequence;
  }
  return {
    head: filling.slice(0, headEnd),
    middle: filling.slice(headEnd, tailStart),
    tail: filling.slice(tailStart),
    isFull,
  };
}

function bytesOf(runs: readonly PlacedRun[]): number {
  return runs.reduce((sum, { offset, end }) => sum + end - offset, 0);
}
