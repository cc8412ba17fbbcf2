import { StatelogError } from '../../../errors.js';
import type { BucketState } from '../source/change-source.js';

/*
 * The reasons for which a pull does not go on from where the fold stands. Each says which it is; what helps depends on what
 * the bucket keeps, and is added by who knows that.
 */

const SAFE = 'the fold is as it was';

/** The revisions behind the fold have left the stream. */
export function expiredCursor(name: string, revision: bigint, { firstRevision }: BucketState): StatelogError {
  return new StatelogError(
    'CURSOR_EXPIRED',
    `the fold stands at revision ${revision} and the bucket begins at ${firstRevision}: what came between is gone`,
    { path: name, expected: `at most ${revision + 1n}`, found: String(firstRevision), safe: SAFE },
  );
}

/** The fold has keys and no position: any of them may have been deleted since. */
export function cursorMissing(name: string): StatelogError {
  return new StatelogError(
    'CURSOR_EXPIRED',
    'the fold holds keys and no cursor: nobody can say which were deleted since',
    { path: name, safe: SAFE },
  );
}

/** The fold's cursor is none that a bucket gives. */
export function foreignCursor(name: string, shown: string): StatelogError {
  return new StatelogError('SOURCE_MISMATCH', `the fold's cursor is no revision of a bucket: ${shown}`, {
    path: name,
    safe: SAFE,
    hint: 'pull into another fold',
  });
}

/** A bucket of this name was made anew since. */
export function otherStream(name: string, expected: string, found: string): StatelogError {
  return new StatelogError(
    'SOURCE_MISMATCH',
    `the bucket is another one under the same name: the fold is of the one made ${expected}, this was made ${found}`,
    { path: name, expected, found, safe: SAFE },
  );
}

/** The fold is ahead of the bucket: it was made anew, or came back from an older copy. */
export function cursorPastEnd(name: string, revision: bigint, { lastRevision }: BucketState): StatelogError {
  return new StatelogError(
    'SOURCE_MISMATCH',
    `the fold stands at revision ${revision} and the bucket ends at ${lastRevision}: it is another one, or an older copy of it`,
    { path: name, expected: `at least ${revision}`, found: String(lastRevision), safe: SAFE },
  );
}

/** The fold is of other keys than are asked for. */
export function otherPrefix(name: string, held: string, asked: string): StatelogError {
  const words = (prefix: string): string =>
    prefix === '' ? 'all keys' : `the keys that start with ${prefix}`;
  return new StatelogError('SOURCE_MISMATCH', `the fold is of ${words(held)}, not of ${words(asked)}`, {
    path: name,
    expected: held,
    found: asked,
    safe: SAFE,
    hint:
      held === ''
        ? 'leave out --prefix, or pull into another fold'
        : `add --prefix ${held}, or pull into another fold`,
  });
}

/** Refuses the list of keys as a remedy. */
export function listNotTrue(name: string): StatelogError {
  return new StatelogError(
    'CURSOR_EXPIRED',
    "the bucket drops current values, or did, so its list of keys does not tell a deleted key from one that was dropped: '--resync list' would delete what is only gone from the bucket",
    { path: name, safe: SAFE, hint: RESYNC_ARTIFACT },
  );
}

/** The remedy where the list is not to be trusted. */
export const RESYNC_ARTIFACT =
  'export the fold of another host that is further (\'statelog export FOLD NEW.tar --scope ""\'), and pull with --resync NEW.tar';
/** The remedy where it is. */
export const RESYNC_LIST =
  'pull with --resync list: keys that the bucket no longer has are then deleted from the fold';

/** The refusal with what helps. */
export function withRemedy(error: StatelogError, isListTrue: boolean): StatelogError {
  if (error.details.hint !== undefined) return error;
  const hint = isListTrue ? RESYNC_LIST : RESYNC_ARTIFACT;
  return new StatelogError(error.code, error.message, { ...error.details, hint, cause: error.cause });
}
