import type { DirectoryLayout } from '../../directory/manifest/layout.js';
import type { CoreCheckpoint } from '../../directory/manifest/manifest.js';
import type { Finding, LostRecords } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { lostRecords } from '../../wal/scan/lost-records.js';
import { nextSequenceOf, sweepFile } from '../../wal/scan/record-sweep.js';

/** Records of one core that are nowhere. */
export interface RecordHole {
  readonly coreId: number;
  /** Their sequences; `to` is excluded. */
  readonly from: bigint;
  readonly to: bigint;
  /** The times of the records before and behind them, in nanoseconds since the Unix epoch; undefined where there are none. */
  readonly afterNs: bigint | undefined;
  readonly beforeNs: bigint | undefined;
}

/**
 * The records of one core that are missing between two points of its numbering.
 * @param segments its segments in order of epoch; those that are not there are passed over
 */
export function recordHoles(
  fileSystem: FileSystem,
  segments: readonly string[],
  coreId: number,
  start: CoreCheckpoint | undefined,
  end: CoreCheckpoint,
): RecordHole[] {
  const holes: RecordHole[] = [];
  let due = start?.nextSequence ?? 0n;
  let lastNs = start?.lastTimestampNs;
  const reach = (sequence: bigint, timestampNs: bigint | undefined): void => {
    if (sequence > due)
      holes.push({ coreId, from: due, to: sequence, afterNs: lastNs, beforeNs: timestampNs });
  };
  for (const path of segments) {
    if (fileSystem.statusFollowing(path) === undefined) continue;
    for (const run of sweepFile(fileSystem, path).filter((one) => one.coreId === coreId)) {
      reach(run.firstSequence, run.firstTimestampNs);
      if (nextSequenceOf(run) <= due) continue;
      due = nextSequenceOf(run);
      lastNs = run.lastTimestampNs;
    }
  }
  reach(end.nextSequence, undefined);
  return holes;
}

/** A hole, as what a repair says of it. */
export function missingRecords(layout: DirectoryLayout, hole: RecordHole): Finding {
  const { coreId, from } = hole;
  return {
    severity: 'damage',
    class: 'sequence-gap',
    file: layout.wal,
    offset: 0,
    bytes: 0,
    message: 'records are missing in all logs and checkpoints that are there',
    coreId,
    sequence: String(from),
    lost: lostRecords(hole),
  };
}

/** The end of a closed log that is gone, by what the manifest says of it. */
export function lostEnd(
  file: string,
  coreId: number,
  records: bigint,
  isBarrierGone: boolean,
  lost: LostRecords | undefined,
): Finding {
  const what = records === 1n ? 'one record is' : `${records} records are`;
  return {
    severity: 'damage',
    class: isBarrierGone ? 'missing-barrier' : 'sequence-gap',
    file,
    offset: 0,
    bytes: 0,
    message: `${what} missing at its end, by what the manifest says; the checkpoint holds what they did`,
    coreId,
    ...(lost === undefined ? {} : { lost }),
  };
}
