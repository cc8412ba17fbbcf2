import { commandText } from '../../bytes/text/command-hints.js';
import { isStatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { PAGE_BYTES, STATE_HEADER_BYTES } from '../format/format.js';
import type { StateFile } from './state-file.js';

const BLOCK_BYTES = 64 * 1024;
/** Zeros at the end of the values mean something from so many bytes on: of several values, or of one. */
const ZERO_BYTES_MIN = 32;
const ZERO_BYTES_OF_ONE_MIN = 64;

/**
 * Evidence that an index without checksums is not that of its state file, or is older than it. LaminarDB writes each value behind all
 * others: where the index says that they end, nothing but zeros follows, and what lies before that was written.
 */
export function* findingsOfForeignPair(fileSystem: FileSystem, file: StateFile): Generator<Finding, void> {
  const { values } = file.descriptors;
  const end = STATE_HEADER_BYTES + file.writePos;
  const behind = endOfBytes(fileSystem, values, end, fileSystem.statusOf(values).size);
  if (behind > end) {
    yield finding(file, end, behind - end, 'damage', BEHIND);
    return;
  }
  const used = endOfBytes(fileSystem, values, STATE_HEADER_BYTES, end);
  const valuesMin = end - used >= ZERO_BYTES_OF_ONE_MIN ? 1 : 2;
  if (end - used < ZERO_BYTES_MIN || zeroValues(file, used - STATE_HEADER_BYTES) < valuesMin) return;
  yield finding(file, used, end - used, 'damage', NEVER_WRITTEN);
}

/** A notice where values lie right behind those that an index without checksums knows; reads one page. */
export function noticeOfForeignPair(fileSystem: FileSystem, file: StateFile): Finding | undefined {
  if (file.block !== undefined) return undefined;
  const { values } = file.descriptors;
  const start = STATE_HEADER_BYTES + file.writePos;
  const size = fileSystem.statusOf(values).size;
  const end = endOfBytes(fileSystem, values, start, Math.min(size, start + PAGE_BYTES));
  return end > start ? finding(file, start, 0, 'notice', BEHIND) : undefined;
}

const BEHIND =
  'values lie behind the last that the index knows: they were written since it was, or it is the index of another state file';
const NEVER_WRITTEN =
  'the index names values where there are only zeros, as where none was ever written: it is the index of another state file, or the file lost them';

function finding(
  { path }: StateFile,
  offset: number,
  bytes: number,
  severity: Finding['severity'],
  message: string,
): Finding {
  const hint = `run ${commandText('statelog', 'verify', path)} to see all that is wrong`;
  return { severity, class: 'index-mismatch', file: path, offset, bytes, message, hint };
}

/** End of the last byte that is not zero, from `start` up to `end`; `start` where there is none. */
function endOfBytes(fileSystem: FileSystem, descriptor: FileDescriptor, start: number, end: number): number {
  const block = new Uint8Array(BLOCK_BYTES);
  for (let to = end; to > start;) {
    const from = Math.max(start, to - BLOCK_BYTES);
    const count = fileSystem.read(descriptor, block, 0, to - from, from);
    const last = block.subarray(0, count).findLastIndex((byte) => byte !== 0);
    if (last >= 0) return from + last + 1;
    to = from;
  }
  return start;
}

/** How many whole values lie in the zeros from `zerosFrom` on; none where one elsewhere is all zeros, too. */
function zeroValues(file: StateFile, zerosFrom: number): number {
  let within = 0;
  try {
    const cursor = file.cursor();
    for (let valid = cursor.first(); valid; valid = cursor.next()) {
      const { offset, length } = cursor;
      if (length === 0) continue;
      if (offset >= zerosFrom) within += 1;
      else if (file.peek(offset, length).every((byte) => byte === 0)) return 0;
    }
  } catch (error) {
    // What is wrong with the index is told by itself.
    if (!isStatelogError(error)) throw error;
    return 0;
  }
  return within;
}
