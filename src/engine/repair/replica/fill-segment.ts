import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { nextSequenceOf, sweepFile, type RecordRun } from '../../wal/scan/record-sweep.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { RepairEvent } from '../account/report.js';
import type { ArrangementBuilder } from '../survey/arrangement.js';
import type { Evidence, SegmentEvidence } from '../survey/evidence.js';
import { gatherLog } from '../survey/gathered-log.js';
import type { PlacedRun } from '../survey/run-order.js';
import { fillHoles, missingRuns, type HoledFile } from './log-holes.js';
import type { Replica } from './replica.js';

/** A segment whose holes are to be filled. */
export interface SegmentHoles {
  readonly path: string;
  readonly coreId: number;
  /** Undefined for a segment by itself, which may hold records of several. */
  readonly epoch?: bigint | undefined;
  /** The first and the next sequence of the whole log, where they are known. */
  readonly firstSequence?: bigint | undefined;
  readonly endSequence?: bigint | undefined;
  /** True where the replica's log is known to have begun as this one. */
  readonly beganAsOne: boolean;
}

/**
 * Fills the holes of a segment with the records that a replica has of it, and tells of them. The segment may be gone.
 * @returns whether both were shown to be one log
 */
export function* fillSegment(
  account: RepairAccount,
  replica: Replica,
  builder: ArrangementBuilder,
  holes: SegmentHoles,
): Generator<RepairEvent, boolean> {
  const { fileSystem } = account;
  const { path, coreId, epoch, firstSequence, endSequence, beganAsOne } = holes;
  const isOf = (run: RecordRun): boolean =>
    run.coreId === coreId && (epoch === undefined || run.epoch === epoch);
  const file = holedFile(fileSystem, path, isOf);
  const own = file?.runs ?? [];
  const segments = replica.evidence.filter(isSegmentEvidence);
  const candidates = new Map(segments.map((one) => [one, one.runs.filter(isOf)] as const));
  for (const [one, runs] of candidates) if (runs.length === 0) candidates.delete(one);
  const isOnce =
    epoch !== undefined || [...own, ...[...candidates.values()].flat()].every(({ hasLags }) => hasLags);
  const gathered = gatherLog(fileSystem, candidates, { isOnce, isLoose: epoch === undefined });
  if (gathered === undefined) return false;
  const other = gathered.runs;
  const found = missingRuns(fileSystem, { own, other, isOnce, beganAsOne, endSequence });
  if (found.refused !== undefined) {
    yield account.tellNotTaken({ file: gathered.home.path, for: path, reason: found.refused });
    return false;
  }
  const { slices, taken, unplaced } = fillHoles(file, found.runs, firstSequence);
  if (taken.length > 0) builder.place(path, slices);
  for (const run of taken) yield account.tellFilled(filledRecords(path, placeIn(own, run), run));
  if (unplaced.length > 0) {
    const reason = 'some of its records fit nowhere by their times and numbers';
    yield account.tellNotTaken({ file: gathered.home.path, for: path, reason });
  }
  return true;
}

function isSegmentEvidence(one: Evidence): one is SegmentEvidence {
  return one.kind === 'segment';
}

function holedFile(
  fileSystem: FileSystem,
  path: string,
  isOf: (run: RecordRun) => boolean,
): HoledFile | undefined {
  const status = fileSystem.statusFollowing(path);
  if (status?.kind !== 'file') return undefined;
  const runs = sweepFile(fileSystem, path);
  const file: SegmentEvidence = { kind: 'segment', path, status, runs };
  const placed = runs.map((run, index): PlacedRun => ({ ...run, file, index, isWhole: true }));
  return { path, status, runs: placed.filter(isOf) };
}

/** The place of the hole that a run fills, in bytes of the file. */
function placeIn(own: readonly PlacedRun[], run: PlacedRun): number {
  const before = own.filter(
    (one) =>
      one.epoch <= run.epoch &&
      nextSequenceOf(one) <= run.firstSequence &&
      one.lastTimestampNs <= run.firstTimestampNs,
  );
  return before.at(-1)?.end ?? 0;
}

function filledRecords(file: string, offset: number, run: PlacedRun) {
  return {
    kind: 'records' as const,
    file,
    offset,
    bytes: run.end - run.offset,
    records: run.records,
    coreId: run.coreId,
    epoch: run.epoch,
    sequence: run.firstSequence,
    from: run.file.path,
    fromOffset: run.offset,
  };
}
