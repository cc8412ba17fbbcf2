import type { Finding } from '../../finding.js';
import { TAG_COMMIT, TAG_DELETE, TAG_PUT } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { damageError } from '../../wal/scan/scan-findings.js';
import { WalScanner } from '../../wal/scan/scanner.js';
import type { PassedChanges } from '../../wal/record/ordinary-run.js';
import { applyOffsets } from '../manifest/source-mark.js';
import type { ClosedSegment } from '../../wal/scan/closed-segment.js';
import type { Locked, Reached } from '../../wal/scan/scan-options.js';

/** Lines taken of each source, and the watermark: what Commits say. */
export interface Progress {
  readonly sources: Map<string, bigint>;
  watermark: bigint | undefined;
}

/** How a segment is replayed. */
export interface ReplayOptions {
  readonly fileSystem: FileSystem;
  readonly path: string;
  readonly coreId: number;
  readonly epoch: bigint;
  /** The sequence that the first record must have. */
  readonly expectedSequence: bigint;
  /** True while a writer may be at work: bytes after the last whole record are then in flight. */
  readonly isLocked: Locked | (() => Locked);
  /** Whether the segment was closed cleanly, as `WalScanOptions.wasClosed` says. */
  readonly wasClosed: () => boolean;
  /** The recorded end of the segment, as `WalScanOptions.closedAt` says. */
  readonly closedAt?: ClosedSegment | undefined;
  /** How far the segments of other cores reach, as `WalScanOptions.reached` says. */
  readonly reached?: Reached | undefined;
  /** Only records before this sequence are taken. */
  readonly endSequence?: bigint | undefined;
  /** True where a checkpoint closed the epoch, as `WalScanOptions.isClosed` says. */
  readonly isClosed?: boolean | undefined;
  /** Only changes of this key are taken. */
  readonly only?: Uint8Array | undefined;
}

/** The content of a segment of the live epoch. */
export interface SegmentState {
  readonly coreId: number;
  readonly records: number;
  /** End of the last good record. */
  readonly goodEnd: number;
  /** The sequence that its next record gets. */
  readonly nextSequence: bigint;
  /** Timestamp of the last record; undefined if there is none. */
  readonly lastTimestampNs: bigint | undefined;
}

/** The result of replaying a segment. */
export interface ReplayedSegment extends SegmentState {
  /** A torn tail that was left, bytes in flight. */
  readonly notices: readonly Finding[];
}

/**
 * Applies one good record to what is in memory.
 * @param changes the layer that takes them, or what stands in for it; undefined where only the progress is wanted
 */
export function applyRecord(
  view: WalEntryView,
  changes: PassedChanges | undefined,
  progress: Progress,
): void {
  const { bytes, keyStart, keyLength, valueStart, valueLength } = view;
  if (view.tag === TAG_PUT) {
    changes?.putFrom(bytes, keyStart, keyLength, bytes, valueStart, valueLength);
  } else if (view.tag === TAG_DELETE) {
    changes?.deleteFrom(bytes, keyStart, keyLength);
  } else if (view.tag === TAG_COMMIT) {
    const operation = view.operation();
    if (operation.op !== 'commit') return;
    applyOffsets(progress.sources, operation.offsets);
    progress.watermark = operation.watermark ?? progress.watermark;
  }
}

/**
 * Reads one segment of the live epoch into memory, for a reader: nothing is changed. A torn tail, or
 * bytes in flight, are returned as a notice.
 * @throws StatelogError `DAMAGED` where a good record follows a bad one
 */
export function replaySegment(
  options: ReplayOptions,
  overlay: PassedChanges,
  progress: Progress,
): ReplayedSegment {
  const scanner = WalScanner.open(options.path, options);
  const changes = options.only === undefined ? overlay : changesOf(options.only, overlay);
  const notices: Finding[] = [];
  try {
    for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
      if (event === 'finding') takeFinding(scanner.finding!, notices);
      else {
        applyRecord(scanner.view, changes, progress);
        scanner.passOrdinary(changes);
      }
    }
    const { goodEnd, records, nextSequence, lastTimestampNs } = scanner;
    return {
      notices,
      coreId: options.coreId,
      goodEnd,
      records,
      nextSequence: nextSequence ?? options.expectedSequence,
      lastTimestampNs,
    };
  } finally {
    scanner.close();
  }
}

/** Hands on the changes of one key. */
function changesOf(only: Uint8Array, overlay: PassedChanges): PassedChanges {
  const isIt = (bytes: Uint8Array, start: number, length: number): boolean => {
    if (length !== only.length) return false;
    for (let at = 0; at < length; at++) if (bytes[start + at] !== only[at]) return false;
    return true;
  };
  return {
    putFrom(bytes, start, length, ...value) {
      if (isIt(bytes, start, length)) overlay.putFrom(bytes, start, length, ...value);
    },
    deleteFrom(bytes, start, length) {
      if (isIt(bytes, start, length)) overlay.deleteFrom(bytes, start, length);
    },
  };
}

function takeFinding(finding: Finding, notices: Finding[]): void {
  if (finding.severity === 'damage') throw damageError(finding, 'nothing was changed');
  notices.push(finding);
}
