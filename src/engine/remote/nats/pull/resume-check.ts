import type { StatelogError } from '../../../errors.js';
import { isGapOverwritten, isStillThere } from '../format/retention.js';
import type { BucketState } from '../source/change-source.js';
import type { Origin } from './origin.js';
import { cursorPastEnd, expiredCursor, otherStream } from './refusals.js';

/** The revision up to which a fold has everything. */
export interface Position {
  /** Undefined: it has nothing yet. */
  readonly revision: bigint | undefined;
  /** When the message of that revision was written, milliseconds since 1970; 0: not known. */
  readonly writtenAtMs: number;
}

/**
 * Says why a bucket cannot be gone on from at a position; undefined where it can. To be asked before and after a consumer is
 * made, and where its deliveries jump: a server that has lost what comes next says nothing, and begins further on.
 */
export function whyNotFrom(
  name: string,
  { revision, writtenAtMs }: Position,
  origin: Origin | undefined,
  state: BucketState,
): StatelogError | undefined {
  if (origin !== undefined && origin.created !== state.created)
    return otherStream(name, origin.created, state.created);
  if (revision === undefined) return undefined;
  if (revision > state.lastRevision) return cursorPastEnd(name, revision, state);
  if (isStillThere(revision, state.firstRevision)) return undefined;
  const { serverTimeMs, retention } = state;
  if (
    serverTimeMs !== undefined &&
    writtenAtMs > 0 &&
    isGapOverwritten(retention, serverTimeMs - writtenAtMs)
  )
    return undefined;
  return expiredCursor(name, revision, state);
}
