import { StatelogError } from './errors.js';

/**
 * Checks an invariant of our own code. What a file or a caller could make false is never
 * checked with this, but reported with its own code. The message may be a function, so
 * that a hot path builds no string.
 */
export function assert(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) {
    throw new StatelogError('INTERNAL', typeof message === 'string' ? message : message(), {
      hint: 'this is a defect of statelog: please report it with the command that led here',
    });
  }
}
