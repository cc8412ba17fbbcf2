import type { DirectoryLayout } from '../../directory/manifest/layout.js';
import type { CoreCheckpoint } from '../../directory/manifest/manifest.js';
import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
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
  const { coreId, from, to, afterNs, beforeNs } = hole;
  const count = to - from;
  const what = count === 1n ? `record ${from}` : `${count} records, sequences ${from} to ${to - 1n},`;
  const since = afterNs === undefined ? '' : ` after ${timeText(afterNs)}`;
  const until = beforeNs === undefined ? '' : ` before ${timeText(beforeNs)}`;
  return {
    severity: 'damage',
    class: 'sequence-gap',
    file: layout.wal,
    offset: 0,
    bytes: 0,
    message: `${what} of core ${coreId}, written${since}${until}, ${count === 1n ? 'is' : 'are'} in no log and no checkpoint that is there`,
    coreId,
    sequence: String(from),
  };
}

function timeText(ns: bigint): string {
  return new Date(Number(ns / 1_000_000n)).toISOString();
}
