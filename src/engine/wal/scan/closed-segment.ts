import type { FileStatus } from '../../storage-io/interface/file-system.js';

/** How a segment was left by the writer that last closed cleanly: all of it was on disk then. */
export interface ClosedSegment {
  /** The end of the segment, which was the end of a record. */
  readonly end: number;
  readonly records: number;
  readonly nextSequence: bigint;
  /** Which file it was, and when that had last changed (`FileStatus`): to know one that was written in place since. */
  readonly identity: string;
  readonly changedNs: bigint;
}

/**
 * True where the last clean close had more than what is before an offset. Of a file that somebody has since written in, in
 * place, it says nothing: that write may not have been finished.
 */
export function wasThereAtClose(
  offset: number,
  closedAt: ClosedSegment,
  { identity, size, changedNs }: FileStatus,
): boolean {
  if (offset >= closedAt.end) return false;
  const isSameFile = identity === closedAt.identity && size === closedAt.end;
  return !isSameFile || changedNs === closedAt.changedNs;
}
