import { dirname } from 'node:path';
import type { Finding } from '../../finding.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import { replaceFile } from '../../storage-io/whole/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import { copyRange } from '../../storage-io/paged/zero-runs.js';
import { copyBrokenTail } from './broken-copy.js';
import { cut } from './open-position.js';
import type { ClosedSegment } from '../scan/closed-segment.js';
import { WalScanner } from '../scan/scanner.js';

/** Called for each good record, in order. The view is valid during the call only. */
export type RecordVisitor = (view: WalEntryView, offset: number, bytes: number) => void;

/** How to recover a segment. */
export interface RecoverSegmentOptions {
  readonly fileSystem?: FileSystem;
  readonly path: string;
  readonly coreId: number;
  /** The sequence that the first record must have; undefined: any. */
  readonly expectedNextSequence?: bigint | undefined;
  /** The epoch that all records must have; undefined: any, as long as none goes back. */
  readonly epoch?: bigint | undefined;
  /** The folder that a torn tail is copied to before it is cut; default: the segment's own. */
  readonly copyBrokenTo?: string | undefined;
  /**
   * True where the last writer died: what can be read may be pages that never reached the disk, and a
   * sync after a failed one would not say so. The good records are then written anew and put in place.
   */
  readonly takeOver: boolean;
  /** True where the last writer closed cleanly: nothing before a good record can be torn then. */
  readonly wasClosed?: boolean | undefined;
  /** As `WalScanOptions.closedAt`. */
  readonly closedAt?: ClosedSegment | undefined;
  /** Told of each good record as it is read; on damage, of those before it. */
  readonly onRecord?: RecordVisitor | undefined;
  /** Told of what is worth knowing and no damage. */
  readonly onNotice?: ((finding: Finding) => void) | undefined;
}

/** What was cut from a segment. */
export interface CutTail {
  readonly class: 'torn-tail' | 'zero-tail';
  readonly offset: number;
  readonly bytes: number;
  /** The path of the copy. */
  readonly copy: string;
}

/** A segment that was recovered: `CoreWalWriter.openAt(coreId, path, position, { start })` goes on with it. */
export interface SegmentReport {
  readonly path: string;
  readonly coreId: number;
  readonly records: number;
  /** Where the last good record ends, and the file with it. */
  readonly position: number;
  readonly nextSequence: bigint;
  /** Of the last record; undefined where there is none. */
  readonly lastTimestampNs: bigint | undefined;
  readonly lastEpoch: bigint | undefined;
  readonly cut: CutTail | undefined;
}

/**
 * Brings a segment to where it can be written again, in one pass over it. A torn tail is copied, the
 * copy synced, and only then cut. It can be run again after a crash at any moment.
 * @throws StatelogError `DAMAGED` where more than an unfinished last write is wrong; the segment is
 * then unchanged
 */
export function recoverSegment(options: RecoverSegmentOptions): SegmentReport {
  const fileSystem = options.fileSystem ?? realFileSystem();
  const { path, coreId } = options;
  const scanner = scanAll(fileSystem, options);
  const position = scanner.goodEnd;
  const cut = bringToEnd(fileSystem, options, scanner);
  return {
    path,
    coreId,
    records: scanner.records,
    position,
    nextSequence: scanner.nextSequence ?? options.expectedNextSequence ?? 0n,
    lastTimestampNs: scanner.lastTimestampNs,
    lastEpoch: scanner.lastEpoch,
    cut,
  };
}

/** Reads a segment to its end. @returns the scanner, closed */
function scanAll(fileSystem: FileSystem, options: RecoverSegmentOptions): WalScanner {
  const { path, coreId, epoch, closedAt, onRecord, onNotice } = options;
  const expectedSequence = options.expectedNextSequence;
  const wasClosed = (): boolean => options.wasClosed === true;
  const scanner = WalScanner.open(path, { fileSystem, coreId, epoch, expectedSequence, wasClosed, closedAt });
  try {
    for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
      if (event === 'record') {
        onRecord?.(scanner.view, scanner.offset, scanner.recordBytes);
        continue;
      }
      scanner.throwIfDamage();
      if (scanner.finding?.severity === 'notice') onNotice?.(scanner.finding);
    }
    return scanner;
  } finally {
    scanner.close();
  }
}

/** Makes the file end where its last good record does. */
function bringToEnd(
  fileSystem: FileSystem,
  options: RecoverSegmentOptions,
  scanner: WalScanner,
): CutTail | undefined {
  const { path, copyBrokenTo, takeOver } = options;
  const { tail, goodEnd } = scanner;
  const isTorn = tail === 'torn-tail' || tail === 'zero-tail';
  if (!isTorn && !takeOver) return undefined;
  const descriptor = fileSystem.openReadWrite(path, 'refuse');
  try {
    const { size } = fileSystem.statusOf(descriptor);
    const range = { descriptor, offset: goodEnd, end: size };
    const copy = isTorn ? copyBrokenTail(fileSystem, path, range, copyBrokenTo ?? dirname(path)) : undefined;
    if (takeOver) writeAnew(fileSystem, path, descriptor, goodEnd);
    else cut(fileSystem, descriptor, goodEnd);
    if (copy === undefined) return undefined;
    return { class: tail === 'zero-tail' ? tail : 'torn-tail', offset: goodEnd, bytes: size - goodEnd, copy };
  } finally {
    fileSystem.close(descriptor);
  }
}

/** Replaces the file by a copy of its first `length` bytes. */
function writeAnew(fileSystem: FileSystem, path: string, from: FileDescriptor, length: number): void {
  replaceFile(fileSystem, path, (into) => {
    copyRange(fileSystem, { descriptor: from, offset: 0, end: length }, into);
  });
}
