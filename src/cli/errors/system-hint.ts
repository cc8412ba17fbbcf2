import { dirname } from 'node:path';
import { diskCopyHint, readOnlyHint, rightsHint } from '../../engine/bytes/text/command-hints.js';
import { isStatelogError, StatelogError } from '../../engine/errors.js';
import { realFileSystem } from '../../engine/storage-io/real/real-file-system.js';

/** Operations that read: if the system refuses one, everything else was left as it is, or never touched. */
const READING = new Set(['read', 'open', 'readdir', 'stat', 'lstat', 'fstat', 'copy']);

const ERRNOS_OF_RIGHTS = ['EACCES', 'EPERM'];

/**
 * An error of the operating system with a way on, where there is one: of a disk that fails (EIO), of rights that are
 * missing, of a file system that takes no writes. All others come back as they are, and so do those with a hint. An error's
 * own word of what is safe stays.
 */
export function withSystemHint(error: StatelogError): StatelogError {
  const { errno = '', path, operation, hint: known } = error.details;
  const isReading = operation !== undefined && READING.has(operation);
  const hint = known === undefined ? hintOf(errno, path, isReading) : undefined;
  if (hint === undefined) return error;
  const { safe = isReading ? 'nothing of it was changed' : 'what was acknowledged before is on disk' } =
    error.details;
  return new StatelogError(error.code, error.message, { ...error.details, safe, hint, cause: error });
}

function hintOf(errno: string, path: string | undefined, isReading: boolean): string | undefined {
  if (errno === 'EIO') return isReading ? diskCopyHint(path) : FAILED_WRITE_HINT;
  if (errno === 'EROFS') return readOnlyHint(nearestThere(path));
  return ERRNOS_OF_RIGHTS.includes(errno) ? rightsHint(nearestThere(path)) : undefined;
}

/** The path, or the nearest folder around it that is there: a command that shows more of a path fails where nothing is. */
function nearestThere(path: string | undefined): string | undefined {
  let at = path;
  while (at !== undefined && at !== dirname(at) && isMissing(at)) at = dirname(at);
  return at;
}

/** False also for what may not be looked at. */
function isMissing(path: string): boolean {
  try {
    return realFileSystem().status(path) === undefined;
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return false;
  }
}

const FAILED_WRITE_HINT =
  "the disk may be failing: see the kernel's log, and 'statelog verify' the store before it is written again";
