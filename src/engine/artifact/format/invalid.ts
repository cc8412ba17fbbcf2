import { StatelogError, type ErrorCode, type ErrorDetails } from '../../errors.js';

/** What to do about an artifact that is damaged: there is another, or one can be made. */
export const FETCH_HINT = 'fetch the artifact again, or export a new one';

/** The error for an artifact that is not what it should be. `origin`: its path, or a stream's name. */
export function invalidArtifact(origin: string, reason: string, details: ErrorDetails = {}): StatelogError {
  return artifactError('INVALID_ARTIFACT', origin, reason, details);
}

/** The same with another code. */
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
