import type { Finding } from '../../finding.js';
import { TAG_EPOCH_BARRIER } from '../../rkyv/entry/wal-entry-format.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { WalScanner } from '../../wal/scan/scanner.js';
import type { ClosedSegment, Locked } from '../../wal/scan/scan-options.js';

/** What a segment is held against. */
export interface SegmentExpectation {
  readonly fileSystem: FileSystem;
  readonly path: string;
  readonly coreId?: number | undefined;
  readonly epoch?: bigint | undefined;
  readonly expectedSequence?: bigint | undefined;
  readonly isLocked?: Locked | (() => Locked) | undefined;
  /** As `WalScanOptions.wasClosed`. */
  readonly wasClosed?: (() => boolean) | undefined;
  /** As `WalScanOptions.closedAt`. */
  readonly closedAt?: ClosedSegment | undefined;
  /** True where a checkpoint closed its epoch: nothing of it is torn. */
  readonly isClosed?: boolean | undefined;
}

/** What a walk over a segment came to, beside its findings. */
export interface SegmentSummary {
  readonly records: number;
  readonly bytes: number;
  /** Where the last good record ends. */
  readonly goodEnd: number;
  /** Undefined where the segment does not tell. */
  readonly coreId: number | undefined;
  readonly nextSequence: bigint | undefined;
  /** The last EpochBarrier's epoch. */
  readonly barrier: bigint | undefined;
}

/** Reads a segment from end to end, by the scanner that recovery and replay use. */
export function* verifySegment(expected: SegmentExpectation): Generator<Finding, SegmentSummary> {
  const scanner = WalScanner.open(expected.path, expected);
  let barrier: bigint | undefined;
  try {
    for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
      if (event === 'finding') yield scanner.finding!;
      else if (scanner.view.tag === TAG_EPOCH_BARRIER) barrier = barrierEpochOf(scanner);
    }
    const { records, end, goodEnd, coreId, nextSequence } = scanner;
    return { records, bytes: end, goodEnd, coreId, nextSequence, barrier };
  } finally {
    scanner.close();
  }
}

function barrierEpochOf(scanner: WalScanner): bigint | undefined {
  const operation = scanner.view.operation();
  return operation.op === 'epochBarrier' ? operation.barrierEpoch : undefined;
}
