import { ROOT_BYTES } from '../../rkyv/entry/wal-entry-format.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { RECORD_BYTES_MIN, RECORD_HEADER_BYTES } from '../format/record.js';
import { ANY_LENGTH, entryLengthOfRoot, NO_ROOT } from '../format/root-shape.js';
import { RecordReader } from '../record/record-reader.js';

/** A good record in the middle of a segment. */
export interface NearStart {
  /** The start of it. */
  readonly offset: number;
  /** Whether it says its lag: the segment is then ours, and in merged order all through. */
  readonly hasLag: boolean;
}

/**
 * The record that ends at `offset`, for who wants what comes from there on and need not read what comes before: the root at
 * the end of its bytes says where it starts. Undefined where no good record ends there that says its length.
 */
export function recordEndingAt(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
  offset: number,
): NearStart | undefined {
  if (offset < RECORD_BYTES_MIN || offset > fileSystem.statusOf(descriptor).size) return undefined;
  const root = new Uint8Array(ROOT_BYTES);
  if (fileSystem.read(descriptor, root, 0, ROOT_BYTES, offset - ROOT_BYTES) < ROOT_BYTES) return undefined;
  const length = entryLengthOfRoot(root, 0);
  const start = offset - length - RECORD_HEADER_BYTES;
  if (length === NO_ROOT || length === ANY_LENGTH || start < 0) return undefined;
  const reader = new RecordReader(fileSystem, descriptor, start, offset);
  if (reader.check(start) !== 'good' || reader.recordBytes !== offset - start) return undefined;
  return { offset: start, hasLag: reader.view.lag >= 0 };
}
