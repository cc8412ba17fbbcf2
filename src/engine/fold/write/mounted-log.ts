import { isStatelogError, StatelogError } from '../../errors.js';
import { writeFully } from '../../storage-io/whole/write-fully.js';
import { readLog, type OpenLog } from '../record/log-window.js';

/*
 * A log that is mounted by itself, as containers mount single files: it can be written, and no other file can take its place.
 * What is otherwise written anew is then written over itself.
 */

const CHUNK_BYTES = 1024 * 1024;

/** True for the failure of a rename over such a log. */
export function isMountPoint(error: unknown): boolean {
  return isStatelogError(error) && error.details.errno === 'EBUSY' && error.details.operation === 'rename';
}

/** The error for a log that cannot be made smaller for that reason; any other error is passed on. */
export function orMountPoint(error: unknown, path: string): unknown {
  if (!isMountPoint(error)) return error;
  return new StatelogError('IO_FAILED', `${path} is mounted by itself: no other file can take its place`, {
    path,
    errno: 'EBUSY',
    operation: 'rename',
    safe: 'the log is as it was, and can be written to',
    hint: 'compact it under the path that it is mounted from',
    cause: error,
  });
}

/**
 * Writes the first bytes of a log over themselves, cuts what follows, and syncs: pages that a failed sync left behind reach
 * the disk after all. Whatever a crash on the way leaves, the bytes are the same.
 */
export function writeAgain(log: OpenLog, length: number): void {
  const { fileSystem, descriptor } = log;
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, length));
  for (let offset = 0; offset < length; offset += chunk.length) {
    const count = Math.min(chunk.length, length - offset);
    readLog(log, chunk, 0, count, offset);
    writeFully(fileSystem, descriptor, chunk, 0, count, offset);
  }
  if (fileSystem.statusOf(descriptor).size > length) fileSystem.truncate(descriptor, length);
  fileSystem.sync(descriptor);
}

/** Writes a log's first bytes where none are good, and cuts what follows. */
export function writeOver({ fileSystem, descriptor }: OpenLog, bytes: Uint8Array): void {
  writeFully(fileSystem, descriptor, bytes);
  fileSystem.truncate(descriptor, bytes.length);
  fileSystem.sync(descriptor);
}
