import { dirname } from 'node:path';
import { checkLoss, type Finding } from '../../finding.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import { closeQuietly, replaceFile } from '../../storage-io/whole/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import { copyRange } from '../../storage-io/paged/zero-runs.js';
import { copyBrokenTail } from './broken-copy.js';
import { cut } from './open-position.js';
import type { ClosedSegment } from '../scan/closed-segment.js';
import { damageError } from '../scan/scan-findings.js';
import type { Reached } from '../scan/scan-options.js';
import { WalScanner } from '../scan/scanner.js';
import type { PassedChanges } from '../record/ordinary-run.js';

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
  /** The recorded end of the segment, as `WalScanOptions.closedAt` says. */
  readonly closedAt?: ClosedSegment | undefined;
  /** How far the segments of other cores reach, as `WalScanOptions.reached` says. */
  readonly reached?: Reached | undefined;
  /** How much may be cut (`checkLoss`); undefined: what a recovery may cut by itself. */
  readonly lossBytesMax?: number | undefined;
  /** Told of each good record as it is read; on damage, of those before it. */
  readonly onRecord?: RecordVisitor | undefined;
  /** Told of the puts and deletes that are passed over, many at a time; `onRecord` is not told of those. */
  readonly changes?: PassedChanges | undefined;
  /** Told of what is worth knowing and no damage. */
  readonly onNotice?: ((finding: Finding) => void) | undefined;
}

/** The end that was cut off a segment. */
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
  /** End of the last good record, and of the file with it. */
  readonly position: number;
  readonly nextSequence: bigint;
  /** Timestamp of the last record; undefined if there is none. */
  readonly lastTimestampNs: bigint | undefined;
  readonly lastEpoch: bigint | undefined;
  readonly cut: CutTail | undefined;
}

/** A segment that is open, and was read from end to end: it can be brought to its end, and gone on with. */
export interface ReadSegment {
  /** Open for reading and writing; whoever has it closes it. */
  readonly descriptor: FileDescriptor;
  /** The end to cut off. */
  readonly torn: Finding | undefined;
  readonly report: Omit<SegmentReport, 'cut'>;
}

/** A segment that ends with its last good record. */
export interface RecoveredSegment {
  /** Descriptor of the file that has the segment's name now. */
  readonly descriptor: FileDescriptor;
  readonly report: SegmentReport;
  /** True where all of it was written, or cut, and synced just now. */
  readonly isSynced: boolean;
}

/**
 * Brings a segment to where it can be written again, in one pass over it. A torn tail is copied, the
 * copy synced, and only then cut. It can be run again after a crash at any moment.
 * @throws StatelogError `DAMAGED` where more than an unfinished last write is wrong, `LOSS_LIMIT` where too much
 * would be cut; the segment is then unchanged
 */
export function recoverSegment(options: RecoverSegmentOptions): SegmentReport {
  const fileSystem = options.fileSystem ?? realFileSystem();
  const read = readSegment(options, fileSystem.openReadWrite(options.path));
  let { descriptor } = read;
  try {
    if (read.torn !== undefined) checkLoss(options.path, [read.torn], options.lossBytesMax);
    // A link never leads a write elsewhere.
    if (needsWriting(options, read)) fileSystem.close(fileSystem.openReadWrite(options.path, 'refuse'));
    const recovered = bringToEnd(options, read);
    ({ descriptor } = recovered);
    return recovered.report;
  } finally {
    closeQuietly(fileSystem, descriptor);
  }
}

/**
 * Reads a segment that is open from end to end, and changes nothing.
 * @throws StatelogError `DAMAGED`, with how many good records follow; the descriptor is closed then
 */
export function readSegment(options: RecoverSegmentOptions, descriptor: FileDescriptor): ReadSegment {
  const fileSystem = options.fileSystem ?? realFileSystem();
  const { path, coreId } = options;
  try {
    const scanner = scanAll(fileSystem, options, descriptor);
    const isTorn = scanner.tail === 'torn-tail' || scanner.tail === 'zero-tail';
    const report = {
      path,
      coreId,
      records: scanner.records,
      position: scanner.goodEnd,
      nextSequence: scanner.nextSequence ?? options.expectedNextSequence ?? 0n,
      lastTimestampNs: scanner.lastTimestampNs,
      lastEpoch: scanner.lastEpoch,
    };
    return { descriptor, torn: isTorn ? scanner.finding : undefined, report };
  } catch (error) {
    closeQuietly(fileSystem, descriptor);
    throw error;
  }
}

function scanAll(
  fileSystem: FileSystem,
  options: RecoverSegmentOptions,
  descriptor: FileDescriptor,
): WalScanner {
  const { path, coreId, epoch, closedAt, reached, onRecord, changes, onNotice } = options;
  const expectedSequence = options.expectedNextSequence;
  const wasClosed = (): boolean => options.wasClosed === true;
  const part = { descriptor, order: undefined, isFollowed: false };
  const expected = { fileSystem, coreId, epoch, expectedSequence, wasClosed, closedAt, reached };
  const scanner = WalScanner.openPart(path, part, expected);
  for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
    if (event === 'record') {
      onRecord?.(scanner.view, scanner.offset, scanner.recordBytes);
      if (changes !== undefined) scanner.passOrdinary(changes);
      continue;
    }
    const finding = scanner.finding!;
    if (finding.severity === 'damage') throw damageError(finding, safeAround(scanner));
    if (finding.severity === 'notice') onNotice?.(finding);
  }
  return scanner;
}

/** The safe part around damage that the scanner has just reported; reads the rest. */
function safeAround(scanner: WalScanner): string {
  const before = scanner.records;
  while (scanner.next() !== 'end');
  const behind = scanner.records - before;
  return `the ${before} good records before it and the ${behind} behind it; nothing was changed`;
}

function needsWriting({ takeOver }: RecoverSegmentOptions, { torn }: ReadSegment): boolean {
  return takeOver || torn !== undefined;
}

/** Makes the file end where its last good record does. */
export function bringToEnd(options: RecoverSegmentOptions, read: ReadSegment): RecoveredSegment {
  const fileSystem = options.fileSystem ?? realFileSystem();
  const { path, copyBrokenTo, takeOver } = options;
  const { descriptor, torn, report } = read;
  if (!needsWriting(options, read))
    return { descriptor, report: { ...report, cut: undefined }, isSynced: false };
  const { position } = report;
  const { size } = fileSystem.statusOf(descriptor);
  const range = { descriptor, offset: position, end: size };
  const copy =
    torn === undefined ? undefined : copyBrokenTail(fileSystem, path, range, copyBrokenTo ?? dirname(path));
  const cutTail =
    copy === undefined
      ? undefined
      : ({
          class: torn!.class === 'zero-tail' ? 'zero-tail' : 'torn-tail',
          offset: position,
          bytes: size - position,
          copy,
        } as const);
  const result = { report: { ...report, cut: cutTail }, isSynced: true };
  if (!takeOver) {
    cut(fileSystem, descriptor, position);
    return { ...result, descriptor };
  }
  writeAnew(fileSystem, path, descriptor, position);
  const written = fileSystem.openReadWrite(path, 'refuse');
  closeQuietly(fileSystem, descriptor);
  return { ...result, descriptor: written };
}

/** Replaces the file by a copy of its first `length` bytes. */
function writeAnew(fileSystem: FileSystem, path: string, from: FileDescriptor, length: number): void {
  replaceFile(fileSystem, path, (into) => {
    copyRange(fileSystem, { descriptor: from, offset: 0, end: length }, into);
  });
}
