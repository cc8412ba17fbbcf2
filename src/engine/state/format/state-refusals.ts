import { StatelogError } from '../../errors.js';

/** Every call throws this after a write or a sync has failed (docs/reliability.md, R8). */
export function poisonedError(path: string, cause: unknown): StatelogError {
  return new StatelogError('POISONED', 'a write or a sync failed before, so nothing more is taken', {
    path,
    cause,
    safe: 'what the last flush that succeeded had written is on disk',
    hint: 'close the store and open it again',
  });
}

/** The error that every call gets after `close`. */
export function closedError(path: string | undefined): StatelogError {
  return new StatelogError('CLOSED', 'the store is closed', { path });
}

/** The error that a writing call gets in a store that was opened for reading. */
export function readOnlyError(path: string): StatelogError {
  return new StatelogError('READ_ONLY', 'the store was opened read-only', {
    path,
    hint: 'open it with persistent() to write',
  });
}
