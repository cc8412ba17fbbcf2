import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { BarrierWatch } from '../../wal/folder/barriers.js';
import { WalScanner } from '../../wal/scan/scanner.js';
import type { ClosedSegment } from '../../wal/scan/closed-segment.js';
import type { Locked, Reached, WrittenWithin } from '../../wal/scan/scan-options.js';
import type { FindingLimit } from './findings/finding-limit.js';
import type { RecordTimeline } from './record-timeline.js';

/** The facts that a segment is checked against. */
export interface SegmentExpectation {
  readonly fileSystem: FileSystem;
  readonly path: string;
  readonly coreId?: number | undefined;
  readonly epoch?: bigint | undefined;
  readonly expectedSequence?: bigint | undefined;
  readonly isLocked?: Locked | (() => Locked) | undefined;
  /** Whether the segment was closed cleanly, as `WalScanOptions.wasClosed` says. */
  readonly wasClosed?: (() => boolean) | undefined;
  /** The recorded end of the segment, as `WalScanOptions.closedAt` says. */
  readonly closedAt?: ClosedSegment | undefined;
  /** Whether the segment lies by itself, as `WalScanOptions.isLoose` says. */
  readonly isLoose?: boolean | undefined;
  /** Times around the segment, as `WalScanOptions.writtenWithin` says. */
  readonly writtenWithin?: WrittenWithin | undefined;
  /** True where a checkpoint closed its epoch: nothing of it is torn. */
  readonly isClosed?: boolean | undefined;
  /** How far the segments of other cores reach, as `WalScanOptions.reached` says. */
  readonly reached?: Reached | undefined;
  /** Takes each good record's time; undefined if nobody wants them. */
  readonly timeline?: RecordTimeline | undefined;
  /** Counts findings where there are many. */
  readonly limit: FindingLimit;
}

/** The result of walking over a segment, beside its findings. */
export interface SegmentSummary {
  readonly records: number;
  /** Good records behind damage, or in an unfinished end. */
  readonly recordsBehind: number;
  readonly bytes: number;
  /** End of the last good record. */
  readonly goodEnd: number;
  /** Undefined where the segment does not tell. */
  readonly coreId: number | undefined;
  readonly nextSequence: bigint | undefined;
  /** The time of the last good record; undefined where there is none. */
  readonly lastTimestampNs: bigint | undefined;
  readonly barriers: BarrierWatch;
}

/** Reads a segment from end to end, by the scanner that recovery and replay use. */
export function* verifySegment(expected: SegmentExpectation): Generator<Finding, SegmentSummary> {
  const { limit } = expected;
  const scanner = WalScanner.open(expected.path, expected);
  const barriers = new BarrierWatch();
  let recordsBefore: number | undefined;
  let inTornEnd = 0;
  try {
    for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
      if (event === 'finding') {
        if (scanner.found!.severity === 'damage') recordsBefore ??= scanner.records;
        if (scanner.found!.severity === 'torn') inTornEnd += scanner.finding!.goodRecords ?? 0;
        const finding = limit.take(scanner.found!);
        if (finding !== undefined) yield finding;
      } else {
        barriers.take(scanner.view);
        expected.timeline?.take(scanner.view);
        const last = expected.timeline === undefined ? scanner.passOrdinary() : undefined;
        if (last !== undefined) barriers.takeOthers(last);
      }
    }
    yield* limit.rest();
    const { records, end, goodEnd, coreId, nextSequence, lastTimestampNs } = scanner;
    const recordsBehind = inTornEnd + records - (recordsBefore ?? records);
    return { records, recordsBehind, bytes: end, goodEnd, coreId, nextSequence, lastTimestampNs, barriers };
  } finally {
    scanner.close();
  }
}
