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

/** The error of ours that a promise is rejected with; anything else that becomes of it is a failure of the test. */
export async function rejectionOf(work: Promise<unknown>): Promise<StatelogError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  return failureOf(() => {
    if (outcome !== undefined) throw outcome.error;
  });
}
