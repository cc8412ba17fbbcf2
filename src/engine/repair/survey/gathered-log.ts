import type { FileSlice } from '../../storage-io/views/composed-file-system.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { nextSequenceOf, type RecordRun } from '../../wal/scan/record-sweep.js';
import { recordsAsItLies } from './as-it-lies.js';
import { distinctRuns } from './doubles.js';
import type { SegmentEvidence } from './evidence.js';
import { orderRuns, type PlacedRun } from './run-order.js';

/** Disks lose, swap and double blocks of this size: records that lie across two of them are put together again. */
const BLOCK_BYTES = 4096;

/** A log of one core, gathered from wherever its records lie. */
export interface GatheredLog {
  /** The slices of the log, in order: good records, and bytes between them that may belong there. */
  readonly slices: readonly FileSlice[];
  /** Its runs, in order. */
  readonly runs: readonly PlacedRun[];
  /** The file that most of it lies in. */
  readonly home: SegmentEvidence;
  /** Copies of records that are there. */
  readonly doubles: readonly PlacedRun[];
  /** Records of an earlier life of the log: not a part of it. */
  readonly setApart: readonly PlacedRun[];
}

/** The guarantees of whoever wrote a log. */
export interface LogRules {
  /** Whether a sequence is given once only in an epoch. */
  readonly isOnce: boolean;
  /** True of a log that is no store's: its times may go back, as `orderRuns` says. */
  readonly isLoose: boolean;
}

/**
 * Gathers a log from runs of its core that lie in any files and in any order, each record once, older lives of it set apart. Bytes without a good
 * record stay behind the record that they follow in the file that most of the log lies in, so that what they held is
 * still looked for; not where the records that they stood for were found elsewhere.
 * @param candidates runs of one core, by file; the first file is preferred where two hold the same
 * @param rules the guarantees of whoever wrote the log
 * @returns undefined where there is no run
 */
export function gatherLog(
  fileSystem: FileSystem,
  candidates: ReadonlyMap<SegmentEvidence, readonly RecordRun[]>,
  { isOnce, isLoose }: LogRules,
): GatheredLog | undefined {
  const placed = [...candidates].flatMap(([file, runs]) => {
    const indexes = new Map(file.runs.map((run, index) => [run, index]));
    return runs.map((run): PlacedRun => ({ ...run, file, index: indexes.get(run)!, isWhole: true }));
  });
  if (placed.length === 0) return undefined;
  const distinct = distinctRuns(fileSystem, placed, isOnce);
  const { kept, older } = orderRuns(distinct.runs, isLoose);
  const [alone] = candidates.size === 1 ? candidates.keys() : [];
  const isForeign = isLoose && placed.every(({ hasLags }) => !hasLags);
  if (
    alone !== undefined &&
    isForeign &&
    showsAllAsItLies(fileSystem, alone, [...distinct.overtaken, ...older], kept)
  ) {
    return { slices: [wholeOf(alone)], runs: placed, home: alone, doubles: [], setApart: [] };
  }
  const home = mostOf(kept);
  const slices = slicesOf(kept, home);
  const setApart = [...distinct.overtaken, ...older];
  return { slices, runs: kept, home, doubles: distinct.doubles, setApart };
}

/** Whether a file of which records would be moved or set apart shows as many where it is read as it lies. */
function showsAllAsItLies(
  fileSystem: FileSystem,
  { path }: SegmentEvidence,
  setApart: readonly PlacedRun[],
  kept: readonly PlacedRun[],
): boolean {
  const isMoved = kept.some((run, index) => index > 0 && run.offset < kept[index - 1]!.offset);
  if (setApart.length === 0 && (!isMoved || areBlocksExchanged(kept))) return false;
  const records = kept.reduce((sum, run) => sum + run.records, 0);
  return recordsAsItLies(fileSystem, path, kept[0]!.coreId) >= records;
}

/** Whether runs follow each other but for the record across each edge of a block: what was written anew is not numbered so. */
function areBlocksExchanged(runs: readonly PlacedRun[]): boolean {
  return runs.every((run, index) => {
    const before = runs[index - 1];
    return before === undefined || run.firstSequence - nextSequenceOf(before) <= 1n;
  });
}

function wholeOf({ path, status }: SegmentEvidence): FileSlice {
  return { path, start: 0, length: status.size, holder: status };
}

function mostOf(runs: readonly PlacedRun[]): SegmentEvidence {
  const records = new Map<SegmentEvidence, number>();
  for (const run of runs) records.set(run.file, (records.get(run.file) ?? 0) + run.records);
  return [...records].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

function slicesOf(runs: readonly PlacedRun[], home: SegmentEvidence): FileSlice[] {
  const slices: FileSlice[] = [];
  for (const [index, run] of runs.entries()) {
    const before = runs[index - 1];
    const after = runs[index + 1];
    const start = run.offset - gapBefore(run, before, home);
    const end = run.end + gapBehind(run, after, home);
    addSlice(slices, run.file, start, end - start);
  }
  return slices;
}

/** Joins what lies behind each other. */
function addSlice(
  slices: FileSlice[],
  { path, status }: SegmentEvidence,
  start: number,
  length: number,
): void {
  const last = slices.at(-1);
  if (last?.path === path && last.start + last.length === start) {
    slices[slices.length - 1] = { ...last, length: last.length + length };
    return;
  }
  if (length > 0) slices.push({ path, start, length, holder: status });
}

/** How many bytes behind a run, none of them a good record, go with it. */
function gapBehind(run: PlacedRun, after: PlacedRun | undefined, home: SegmentEvidence): number {
  if (run.file !== home || !run.isWhole) return 0;
  const { runs, status } = home;
  const next = runs[run.index + 1];
  const bytes = (next?.offset ?? status.size) - run.end;
  if (next === undefined || isAt(after, home, run.index + 1)) return bytes;
  if (after !== undefined && !isHole(run, after)) return 0;
  const boundary = blockBoundary(run.end, next.offset);
  return boundary === undefined ? bytes : boundary - run.end;
}

/** How many bytes in front of a run go with it: the end of a record that began in a block which lay there once. */
function gapBefore(run: PlacedRun, before: PlacedRun | undefined, home: SegmentEvidence): number {
  if (run.file !== home || !run.isWhole) return 0;
  const previous = home.runs[run.index - 1];
  if (previous === undefined && before === undefined) return run.offset;
  if (isAt(before, home, run.index - 1) || !isHole(before, run)) return 0;
  const boundary = blockBoundary(previous?.end ?? 0, run.offset);
  return boundary === undefined ? 0 : run.offset - boundary;
}

/** Whether a run is the one with this number in its file, whole. */
function isAt(run: PlacedRun | undefined, file: SegmentEvidence, index: number): boolean {
  return run?.file === file && run.index === index && run.isWhole;
}

/** Whether records are missing between two runs: without that, what stood there was found. */
function isHole(before: PlacedRun | undefined, run: PlacedRun): boolean {
  return run.firstSequence !== (before === undefined ? 0n : nextSequenceOf(before));
}

function blockBoundary(from: number, to: number): number | undefined {
  const boundary = Math.ceil(from / BLOCK_BYTES) * BLOCK_BYTES;
  return boundary < to ? boundary : undefined;
}
