import { StatelogError } from '../../errors.js';

/** The error that every call of a closed state directory gets. */
export function closedError(path: string): StatelogError {
  return new StatelogError('CLOSED', 'the state directory is closed', { path });
}

/** The error that every call gets after a write or a sync failed: nobody can say how much of it is on disk. */
export function poisonedError(path: string, cause: unknown): StatelogError {
  return new StatelogError(
    'POISONED',
    'an earlier write or sync failed: nothing more is written or read here',
    {
      path,
      safe: 'everything acknowledged before is on disk',
      hint: 'open the store again: it recovers what was acknowledged',
      cause,
    },
  );
}
