import { StatelogError } from '../../src/engine/errors.js';

/** The error of ours that an action throws; anything else that it does is a failure of the test. */
export function failureOf(action: () => unknown): StatelogError {
  try {
    action();
  } catch (error) {
    if (error instanceof StatelogError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
