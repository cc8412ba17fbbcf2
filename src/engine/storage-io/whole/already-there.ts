import { StatelogError } from '../../errors.js';

/** The error for a destination that is taken. */
export function alreadyThere(
  path: string,
  hint = 'choose another path, or remove what is there',
): StatelogError {
  return new StatelogError('ALREADY_EXISTS', 'something is there already', {
    path,
    safe: 'nothing was changed',
    hint,
  });
}
