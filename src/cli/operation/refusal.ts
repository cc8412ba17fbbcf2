import { isStatelogError, StatelogError, type ErrorDetails } from '../../engine/errors.js';

/**
 * The refusal of a request. Whoever knows what it is called says so, with `refusedAs`.
 * @param what about "it", such as `it has no key`
 */
export function refused(what: string, hint?: string): StatelogError {
  return new StatelogError('INVALID_LINE', what, { hint });
}

/** A refusal of what `subject` names: a line by its number, or the request. What is no error of ours stays as it is. */
export function refusedAs(subject: string, error: unknown, details: ErrorDetails): unknown {
  if (!isStatelogError(error)) return error;
  return new StatelogError(error.code, `${subject} was refused: ${error.message}`, {
    ...error.details,
    ...details,
    cause: error,
  });
}
