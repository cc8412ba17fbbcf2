import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import type { LockHolder } from '../../storage-io/lock/lock-holder.js';
import type { ClosedSegment } from './closed-segment.js';
import type { RecordOrder } from '../format/record-order.js';
import type { RecordStreamOptions } from './record-stream.js';

/**
 * Whether a writer holds the lock. A holder where that cannot be told from here: it left its text behind, and is, or was, on
 * another host.
 */
export type Locked = boolean | LockHolder;

/** Whether the good records of a core's segment reach up to a sequence, which is not that of one of them. */
export type Reached = (coreId: number, sequence: bigint) => boolean;

/** Times of the records beside a segment's own, in nanoseconds since the Unix epoch; undefined where they are not known. */
export interface WrittenWithin {
  readonly afterNs?: bigint | undefined;
  readonly beforeNs?: bigint | undefined;
}

/** How to read a segment. */
export interface WalScanOptions {
  readonly fileSystem?: FileSystem;
  /** The core whose segment it is; undefined: that of its first good record. */
  readonly coreId?: number | undefined;
  /** The sequence that the first record must have; undefined: any. */
  readonly expectedSequence?: bigint | undefined;
  /**
   * For a closed log: the sequence with which the next one starts. Records that came while its checkpoint was made stand here,
   * too, and there; here they are passed over.
   */
  readonly endSequence?: bigint | undefined;
  /** The epoch that all records must have; undefined: any, as long as none goes back. */
  readonly epoch?: bigint | undefined;
  /** The offset of a record to start at; default 0. */
  readonly from?: number | undefined;
  /** Read no further than this; default: the end of the file as it is now. */
  readonly to?: number | undefined;
  /**
   * True while a writer holds the lock: an unfinished last record is then being written. As a function it is
   * asked only where the end is unfinished: to ask the kernel takes longer than to read a short segment.
   */
  readonly isLocked?: Locked | (() => Locked) | undefined;
  /**
   * True where the last writer closed cleanly: what it wrote was on disk then, so that bad bytes with a good record
   * behind them, or in a segment without any, rotted. Asked only where there are bad bytes.
   */
  readonly wasClosed?: (() => boolean) | undefined;
  /**
   * How the segment was left by the last clean close that is known of; it must have been learned before the segment was opened.
   * What it names was on disk: before its end nothing is torn, and where the segment ends before it, records are missing.
   */
  readonly closedAt?: ClosedSegment | undefined;
  /**
   * True for a segment that is read by itself: one that holds bytes and not one good record is damaged then, or something else
   * altogether. In a store that is where the first write was not finished.
   */
  readonly isLoose?: boolean | undefined;
  /** True where a checkpoint closed the epoch: all of it was durable, so that none of it can be torn. */
  readonly isClosed?: boolean | undefined;
  /**
   * The treatment of a torn end with good records in it: stop (default), as recovery does, since they were
   * never acknowledged; or show them too, as salvage does.
   */
  readonly tornTail?: 'stop' | 'show' | undefined;
  /** True for a segment that is followed: one that is cut while it is read is looked at again. */
  readonly mayBeCut?: boolean | undefined;
  /** How far the segments of other cores reach that atomic groups are in, too; undefined: far enough. */
  readonly reached?: Reached | undefined;
  /** Times between which all records of the segment were written, as far as they are known, in nanoseconds since the Unix epoch. */
  readonly writtenWithin?: WrittenWithin | undefined;
  /** How much to read at a time; default 1 MiB. */
  readonly blockBytes?: number | undefined;
}

/** The part of a segment of `size` bytes that is read, and what its records must be. */
export function partToRead(
  options: WalScanOptions,
  part: WalScanPart | undefined,
  size: number,
): Omit<RecordStreamOptions, 'fileSystem' | 'descriptor'> {
  const { coreId, expectedSequence, epoch, blockBytes, from = 0, to = size } = options;
  const { order, mayJump } = part ?? {};
  const end = Math.min(part?.end ?? to, size);
  return { coreId, expectedSequence, epoch, blockBytes, from, end, order, mayJump };
}

/** How the segments of a log are read, each by what is known of its core. */
export interface LogScanOptions extends Pick<
  WalScanOptions,
  'epoch' | 'isLocked' | 'wasClosed' | 'isLoose' | 'isClosed'
> {
  /** The recorded end of each core's segment, as `WalScanOptions.closedAt` says. */
  readonly closedAtOf?: ((coreId: number) => ClosedSegment | undefined) | undefined;
  /** The sequence that a core's first record must have; undefined: any. */
  readonly expectedSequenceOf?: ((coreId: number) => bigint | undefined) | undefined;
  /** The sequence with which a core's next log starts, as `WalScanOptions.endSequence` says. */
  readonly endSequenceOf?: ((coreId: number) => bigint | undefined) | undefined;
  /** Times around a core's segment, as `WalScanOptions.writtenWithin` says. */
  readonly writtenWithinOf?: ((coreId: number) => WrittenWithin) | undefined;
}

/** How one core's segment of a log is read. */
export function scanOptionsOf(log: LogScanOptions, coreId: number): WalScanOptions {
  const { epoch, isLocked, wasClosed, isLoose, isClosed, closedAtOf } = log;
  const { expectedSequenceOf, endSequenceOf, writtenWithinOf } = log;
  return {
    coreId,
    epoch,
    isLocked,
    wasClosed,
    isLoose,
    isClosed,
    closedAt: closedAtOf?.(coreId),
    expectedSequence: expectedSequenceOf?.(coreId),
    endSequence: endSequenceOf?.(coreId),
    writtenWithin: writtenWithinOf?.(coreId),
  };
}

/** The sequence that comes next in a log that ends at one, where that is known. */
export function upTo(endSequence: bigint | undefined, nextSequence: bigint | undefined): bigint | undefined {
  if (endSequence === undefined || nextSequence === undefined) return nextSequence;
  return nextSequence < endSequence ? nextSequence : endSequence;
}

/** For a part of a segment that was read before: what is known of the rest. */
export interface WalScanPart {
  /** An open descriptor of the segment; the scanner does not close it. */
  readonly descriptor: FileDescriptor;
  /** The order of the records before `from`; undefined if the scan starts with the segment. */
  readonly order: RecordOrder | undefined;
  /** Whether good records follow behind `to`: a gap before them is then no torn tail. */
  readonly isFollowed: boolean;
  /** Whether the record at `from` may jump, as was decided before it. */
  readonly mayJump?: boolean | undefined;
  /**
   * End of the segment: what lies behind `to` is looked at to judge what is before it, as a scan of the whole does. Default: nothing
   * behind `to` is.
   */
  readonly end?: number | undefined;
}
