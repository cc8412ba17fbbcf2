import { isStatelogError } from '../../errors.js';

/** A store, a file, or whatever else is open until it is closed. */
export interface Closeable {
  close(): void;
}

/**
 * Calls each function in turn, also those behind one that fails: each lets go of something that nobody else will.
 * @throws the first failure, after the last call
 */
export function callEach(functions: Iterable<() => void>): void {
  const failures: unknown[] = [];
  for (const call of functions) {
    try {
      call();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/**
 * Closes each in turn, also those behind one that cannot be closed. What is undefined is passed over.
 * @throws the first failure, after the last one
 */
export function closeEach(open: Iterable<Closeable | undefined>): void {
  callEach(Array.from(open, (one) => () => one?.close()));
}

/** Closes each in turn after a failure that is about to be reported, which no second one may hide. */
export function closeEachQuietly(open: Iterable<Closeable | undefined>): void {
  try {
    closeEach(open);
  } catch (error) {
    if (!isStatelogError(error)) throw error;
  }
}
