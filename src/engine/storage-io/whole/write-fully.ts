import { StatelogError } from '../../errors.js';
import type { FileDescriptor, FileSystem } from '../interface/file-system.js';
import { systemError } from '../interface/system-error.js';

/**
 * Writes all of `length` bytes, however few the system takes at a time.
 * @throws StatelogError what `FileSystem.write` throws; `IO_FAILED` where it takes nothing
 */
export function writeFully(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
  bytes: Uint8Array,
  offset = 0,
  length = bytes.length - offset,
  position = 0,
): void {
  let done = 0;
  while (done < length) {
    const count = fileSystem.write(descriptor, bytes, offset + done, length - done, position + done);
    // A regular file takes at least one byte or fails: nothing taken would go on for ever.
    if (count === 0) throw systemError('write', undefined, 'EIO');
    done += count;
  }
}

/**
 * Reads exactly `length` bytes.
 * @throws StatelogError `IO_FAILED` where the file ends before that: it was cut while being read,
 * since callers check its size first
 */
export function readFully(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
  into: Uint8Array,
  offset = 0,
  length = into.length - offset,
  position = 0,
): void {
  const count = fileSystem.read(descriptor, into, offset, length, position);
  if (count === length) return;
  throw new StatelogError(
    'IO_FAILED',
    `the file ended at ${String(position + count)} while ${String(length)} bytes were read at ${String(position)}`,
    { offset: position + count, operation: 'read', hint: 'something cut the file: run it again' },
  );
}

/** The error for a file that was cut while it was read: it ends at `offset` now. */
export function cutMeanwhile(path: string | undefined, offset: number): StatelogError {
  return new StatelogError('IO_FAILED', `${path ?? 'a file'} was cut while it was read`, {
    path,
    offset,
    operation: 'read',
    safe: 'nothing of it was changed',
    hint: 'something else writes to the file: run it again',
  });
}

/**
 * All bytes of a file that must be small.
 * @throws StatelogError `LIMIT_EXCEEDED` above `bytesMax`; nothing is allocated for it then
 */
export function readWholeFile(fileSystem: FileSystem, path: string, bytesMax: number): Uint8Array {
  const descriptor = fileSystem.openRead(path);
  try {
    const { size } = fileSystem.statusOf(descriptor);
    if (size > bytesMax) {
      throw new StatelogError(
        'LIMIT_EXCEEDED',
        `${path} has ${String(size)} bytes, more than the ${String(bytesMax)} allowed`,
        { path, expected: `at most ${String(bytesMax)}`, found: String(size) },
      );
    }
    const bytes = new Uint8Array(size);
    const count = fileSystem.read(descriptor, bytes, 0, size, 0);
    return count === size ? bytes : bytes.slice(0, count);
  } finally {
    fileSystem.close(descriptor);
  }
}
