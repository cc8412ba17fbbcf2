import { StatelogError, type ErrorCode, type ErrorDetails } from '../../errors.js';

/** The advice for a damaged artifact: there is another copy, or a new one can be made. */
export const FETCH_HINT = 'fetch the artifact again, or export a new one';
/** The advice where a store was packed in place of an artifact. */
export const STORE_HINT =
  'this is a store and no artifact: unpack it where it is to lie, and use it as it is, or export it';
/** The advice where other files of ours were packed in place of an artifact. */
export const PACKED_HINT = 'this is no artifact: what is packed in it is read once it is unpacked';

/** The error for an artifact that is not what it should be. `origin`: its path, or a stream's name. */
export function invalidArtifact(origin: string, reason: string, details: ErrorDetails = {}): StatelogError {
  return artifactError('INVALID_ARTIFACT', origin, reason, details);
}

/** An error about an artifact, with a code of the caller's choice. */
export function artifactError(
  code: ErrorCode,
  origin: string,
  reason: string,
  details: ErrorDetails = {},
): StatelogError {
  return new StatelogError(code, `${origin}: ${reason}`, {
    path: origin,
    hint: FETCH_HINT,
    safe: 'nothing was made of it',
    ...details,
  });
}
