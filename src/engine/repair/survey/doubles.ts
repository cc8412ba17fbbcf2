import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import {
  nextSequenceOf,
  RecordSweep,
  type RecordRun,
  type SweptRecord,
} from '../../wal/scan/record-sweep.js';
import type { SegmentEvidence } from './evidence.js';
import type { PlacedRun } from './run-order.js';

/** The runs of one log with each record once. */
export interface Distinct {
  readonly runs: readonly PlacedRun[];
  /** Parts that another run holds, record for record. */
  readonly doubles: readonly PlacedRun[];
  /** Parts with the numbers of later records of another run: what an earlier life of the log left. */
  readonly overtaken: readonly PlacedRun[];
}

/** Sequences of a run, the end excluded. */
export interface Span {
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * Keeps each record once. Where two runs hold different records of the same number, the later one counts: the log was
 * written again from there on.
 * @param runs of one core; those that come first are preferred where nothing else decides
 * @param isOnce whether a number is given once only in an epoch, as in logs of statelog; LaminarDB's begin anew when they are
 * reopened, so that only the very same records are doubles
 */
export function distinctRuns(fileSystem: FileSystem, runs: readonly PlacedRun[], isOnce: boolean): Distinct {
  if (areApart(runs)) return { runs, doubles: [], overtaken: [] };
  const taken: PlacedRun[] = [];
  const doubles: PlacedRun[] = [];
  const overtaken: PlacedRun[] = [];
  const waiting = [...runs];
  for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
    const at = taken.findIndex((other) => overlapOf(other, run) !== undefined);
    if (at < 0) {
      taken.push(run);
      continue;
    }
    const other = taken[at]!;
    const overlap = overlapOf(other, run)!;
    const meeting = meetingOf(fileSystem, other, run, overlap);
    if (!isOnce && meeting !== 'same') {
      // Another life of the log, numbered anew: both are there, each in its own time.
      const rest = distinctAmong(taken, run, fileSystem);
      (rest === 'double' ? doubles : taken).push(run);
      continue;
    }
    if (meeting === 'later') {
      taken.splice(at, 1);
      overtaken.push(part(fileSystem, other, overlap));
      waiting.unshift(run, ...outside(fileSystem, other, overlap));
      continue;
    }
    (meeting === 'same' ? doubles : overtaken).push(part(fileSystem, run, overlap));
    waiting.unshift(...outside(fileSystem, run, overlap));
  }
  return { runs: taken, doubles, overtaken };
}

/** Whether two files hold any stretch of the very same records: they are then of one log. */
export function sharesRecords(
  fileSystem: FileSystem,
  [file, runs]: readonly [SegmentEvidence, readonly RecordRun[]],
  [otherFile, otherRuns]: readonly [SegmentEvidence, readonly RecordRun[]],
): boolean {
  const placed = (of: SegmentEvidence, run: RecordRun): PlacedRun => ({
    ...run,
    file: of,
    index: 0,
    isWhole: true,
  });
  return runs.some((run) =>
    otherRuns.some((other) => {
      const [one, two] = [placed(file, run), placed(otherFile, other)];
      const overlap = overlapOf(one, two);
      return overlap !== undefined && meetingOf(fileSystem, one, two, overlap) === 'same';
    }),
  );
}

function areApart(runs: readonly PlacedRun[]): boolean {
  const sorted = [...runs].sort((a, b) =>
    a.epoch === b.epoch ? Number(a.firstSequence - b.firstSequence) : a.epoch < b.epoch ? -1 : 1,
  );
  return sorted.every((run, index) => index === 0 || overlapOf(sorted[index - 1]!, run) === undefined);
}

/** Whether any run of a log that is numbered anew holds the same records as another. */
function distinctAmong(
  taken: readonly PlacedRun[],
  run: PlacedRun,
  fileSystem: FileSystem,
): 'double' | 'distinct' {
  const isDouble = taken.some((other) => {
    const overlap = overlapOf(other, run);
    if (overlap === undefined || overlap.to - overlap.from < BigInt(run.records)) return false;
    return meetingOf(fileSystem, other, run, overlap) === 'same';
  });
  return isDouble ? 'double' : 'distinct';
}

/** The sequences that two runs of one epoch both have; undefined where there is none. */
export function overlapOf(one: PlacedRun, other: PlacedRun): Span | undefined {
  if (one.epoch !== other.epoch) return undefined;
  const from = one.firstSequence > other.firstSequence ? one.firstSequence : other.firstSequence;
  const [oneEnd, otherEnd] = [nextSequenceOf(one), nextSequenceOf(other)];
  const to = oneEnd < otherEnd ? oneEnd : otherEnd;
  return from < to ? { from, to } : undefined;
}

/** Whether two runs hold the same records where they overlap; else whether the second's are later. */
export function meetingOf(
  fileSystem: FileSystem,
  one: PlacedRun,
  other: PlacedRun,
  span: Span,
): 'same' | 'later' | 'earlier' {
  const left = recordsIn(fileSystem, one, span);
  const right = recordsIn(fileSystem, other, span);
  for (const record of left) {
    const step = right.next();
    if (step.done === true) break;
    const { value } = step;
    if (record.crc === value.crc && record.timestampNs === value.timestampNs) continue;
    return value.timestampNs > record.timestampNs ? 'later' : 'earlier';
  }
  return 'same';
}

function* recordsIn(
  fileSystem: FileSystem,
  run: PlacedRun,
  { from, to }: Span,
): Generator<SweptRecord, void> {
  const descriptor = fileSystem.openRead(run.file.path);
  try {
    for (const record of new RecordSweep(fileSystem, descriptor, run.offset, run.end).records()) {
      if (record.sequence >= to) return;
      if (record.sequence >= from) yield record;
    }
  } finally {
    closeQuietly(fileSystem, descriptor);
  }
}

/** The part of a run with these sequences. */
function part(fileSystem: FileSystem, run: PlacedRun, span: Span): PlacedRun {
  if (span.from === run.firstSequence && span.to === nextSequenceOf(run)) return run;
  let first: SweptRecord | undefined;
  let last: SweptRecord | undefined;
  for (const record of recordsIn(fileSystem, run, span)) {
    first ??= record;
    last = record;
  }
  if (first === undefined || last === undefined) return { ...run, records: 0, end: run.offset };
  return {
    ...run,
    firstSequence: span.from,
    records: Number(span.to - span.from),
    offset: first.offset,
    end: last.end,
    firstTimestampNs: first.timestampNs,
    lastTimestampNs: last.timestampNs,
    isWhole: false,
  };
}

/** The rest of a run without these sequences. */
export function outside(fileSystem: FileSystem, run: PlacedRun, { from, to }: Span): PlacedRun[] {
  const spans = [
    { from: run.firstSequence, to: from },
    { from: to, to: nextSequenceOf(run) },
  ];
  return spans.filter((span) => span.from < span.to).map((span) => part(fileSystem, run, span));
}
