import { diskCopyHint } from '../../engine/bytes/text/command-hints.js';
import { StatelogError } from '../../engine/errors.js';

/** Operations that read: if the disk refuses one, everything else was left as it is, or never touched. */
const READING = new Set(['read', 'open', 'readdir', 'stat', 'lstat', 'fstat', 'copy']);

/** An error of a disk that fails (EIO) says what is safe, and what to do before more of it does. */
export function withDiskHint(error: StatelogError): StatelogError {
  const { path, operation, safe, hint } = error.details;
  if (hint !== undefined) return error;
  const isReading = operation !== undefined && READING.has(operation);
  return new StatelogError(error.code, error.message, {
    ...error.details,
    safe: safe ?? (isReading ? 'nothing of it was changed' : 'what was acknowledged before is on disk'),
    hint: isReading
      ? diskCopyHint(path)
      : "the disk may be failing: see the kernel's log, and 'statelog verify' the store before it is written again",
    cause: error,
  });
}
