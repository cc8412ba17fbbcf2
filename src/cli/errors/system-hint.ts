import { diskCopyHint, readOnlyHint, rightsHint } from '../../engine/bytes/text/command-hints.js';
import { StatelogError, type ErrorDetails } from '../../engine/errors.js';

/** Operations that read: if the system refuses one, everything else was left as it is, or never touched. */
const READING = new Set(['read', 'open', 'readdir', 'stat', 'lstat', 'fstat', 'copy']);

const NOTHING_CHANGED = 'nothing of it was changed';

/**
 * An error of the operating system with a way on, where there is one: of a disk that fails (EIO), of rights that are
 * missing, of a file system that takes no writes. All others come back as they are, and so do those with a hint.
 */
export function withSystemHint(error: StatelogError): StatelogError {
  const { errno, path, operation, hint } = error.details;
  if (hint !== undefined) return error;
  const isReading = operation !== undefined && READING.has(operation);
  const nothingChanged = isReading ? { safe: NOTHING_CHANGED } : {};
  if (errno === 'EIO')
    return withDetails(error, isReading ? { ...nothingChanged, hint: diskCopyHint(path) } : FAILED_WRITE);
  if (errno === 'EROFS') return withDetails(error, { safe: NOTHING_CHANGED, hint: readOnlyHint(path) });
  const isRefused = errno === 'EACCES' || errno === 'EPERM';
  return isRefused ? withDetails(error, { ...nothingChanged, hint: rightsHint(path) }) : error;
}

const FAILED_WRITE = {
  safe: 'what was acknowledged before is on disk',
  hint: "the disk may be failing: see the kernel's log, and 'statelog verify' the store before it is written again",
};

/** Adds to an error; its own word of what is safe stays. */
function withDetails(error: StatelogError, added: ErrorDetails): StatelogError {
  const { safe = added.safe } = error.details;
  return new StatelogError(error.code, error.message, { ...error.details, ...added, safe, cause: error });
}
