import type { FileDescriptor } from '../interface/file-system.js';
import type { NativeLibrary } from './native-library.js';
import { PAGE_BYTES } from '../paged/page-cache.js';
import { INTERRUPTED_TRIES_MAX } from './system-call.js';
import { systemError, twoPathError } from '../interface/system-error.js';

const LOCK_EXCLUSIVE = 2;
const LOCK_WITHOUT_WAITING = 4;
const CURRENT_DIRECTORY = -100;
const RENAME_NO_REPLACE = 1;
const SYNC_FILE_RANGE_WRITE = 2;
/** fallocate's FALLOC_FL_KEEP_SIZE. */
const KEEP_SIZE = 1;
/** Shorter writes are as well left to the sync that follows: the call would cost more than it saves. */
const WRITEBACK_BYTES_MIN = 512 * 1024;
/** lseek's SEEK_DATA, where there is one: Linux. */
const SEEK_DATA = process.platform === 'linux' ? 3 : undefined;

/**
 * Reserves blocks up to `length`.
 * @returns false where this platform or file system cannot
 * @throws StatelogError `DISK_FULL`, `IO_FAILED`
 */
export function allocateBlocks(
  library: NativeLibrary | undefined,
  path: string | undefined,
  descriptor: FileDescriptor,
  length: number,
): boolean {
  if (library?.fallocate === undefined) return false;
  const { fallocate } = library;
  const errno = callUntilDone(library, () => fallocate(descriptor, 0, 0, length));
  if (errno === undefined) return true;
  if (errno === 'EOPNOTSUPP' || errno === 'ENOSYS') return false;
  throw systemError('fallocate', path, errno);
}

/**
 * Reserves blocks for a part of a file, which may lie behind its end, and leaves its size as it is.
 * @throws StatelogError `DISK_FULL`; whatever else fails leaves nothing reserved, and is no failure
 */
export function reserveBlocks(
  library: NativeLibrary | undefined,
  path: string | undefined,
  descriptor: FileDescriptor,
  offset: number,
  length: number,
): void {
  if (library?.fallocate === undefined) return;
  const { fallocate } = library;
  const errno = callUntilDone(library, () => fallocate(descriptor, KEEP_SIZE, offset, length));
  if (errno === 'ENOSPC' || errno === 'EDQUOT') throw systemError('write', path, errno);
}

/**
 * Renames unless something has the new name.
 * @returns false where this platform or file system cannot
 * @throws StatelogError `ALREADY_EXISTS`, and as for `rename`
 */
export function renameWithoutReplacing(
  library: NativeLibrary | undefined,
  from: string,
  to: string,
): boolean {
  // A C string ends at its first NUL: node:fs refuses such a path, so leave it to that.
  if (library?.renameat2 === undefined || from.includes('\0') || to.includes('\0')) return false;
  const { renameat2 } = library;
  const errno = callUntilDone(library, () =>
    renameat2(CURRENT_DIRECTORY, from, CURRENT_DIRECTORY, to, RENAME_NO_REPLACE),
  );
  if (errno === undefined) return true;
  if (errno === 'EINVAL' || errno === 'ENOSYS') return false;
  throw twoPathError('rename', from, to, errno);
}

/**
 * The first position from `position` on where a file has blocks; `Infinity` if only a hole follows, and
 * `position` where this platform or file system cannot tell. Moves the descriptor's own position, which
 * nothing here uses.
 */
export function seekData(
  library: NativeLibrary | undefined,
  descriptor: FileDescriptor,
  position: number,
): number {
  if (library?.lseek === undefined || SEEK_DATA === undefined) return position;
  const found = Number(library.lseek(descriptor, position, SEEK_DATA));
  if (found >= 0) return Math.max(found, position);
  return library.errnoName() === 'ENXIO' ? Infinity : position;
}

/**
 * Lets the disk begin with what a large write left in the page cache, so that the sync that follows finds
 * little left to do. Only whole pages: the last one is likely to be written to again. This makes nothing
 * durable, and hides no failure: what goes wrong on the way to the disk, the sync reports.
 * @param library loads the native library; only asked where there is something to do
 */
export function beginWriteback(
  library: () => NativeLibrary | undefined,
  descriptor: FileDescriptor,
  position: number,
  length: number,
): void {
  if (length < WRITEBACK_BYTES_MIN) return;
  const from = position - (position % PAGE_BYTES);
  const end = position + length;
  library()?.sync_file_range?.(descriptor, from, end - (end % PAGE_BYTES) - from, SYNC_FILE_RANGE_WRITE);
}

/** Takes the lock if it is free; true if it is ours now. @throws StatelogError `IO_FAILED` */
export function lockIfFree(
  library: NativeLibrary | undefined,
  path: string | undefined,
  descriptor: FileDescriptor,
): boolean {
  if (library?.flock === undefined) throw systemError('flock', path, 'ENOSYS');
  const { flock } = library;
  const errno = callUntilDone(library, () => flock(descriptor, LOCK_EXCLUSIVE | LOCK_WITHOUT_WAITING));
  if (errno === undefined) return true;
  if (errno === 'EAGAIN') return false;
  throw systemError('flock', path, errno);
}

/** The name of the error that a call ended with; undefined for success. */
function callUntilDone(library: NativeLibrary, call: () => number): string | undefined {
  for (let tries = 1; ; tries += 1) {
    if (call() === 0) return undefined;
    const errno = library.errnoName();
    if (errno !== 'EINTR' || tries >= INTERRUPTED_TRIES_MAX) return errno;
  }
}
