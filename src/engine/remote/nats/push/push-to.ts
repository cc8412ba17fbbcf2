import { StatelogError } from '../../../errors.js';
import { noSuchBucket } from '../format/no-such-bucket.js';
import { TransientError } from '../source/change-source.js';
import type { Timers } from '../source/timers.js';
import type { BucketTarget } from './bucket-target.js';
import { countsOf, pushChanges, type PushCounts } from './push-changes.js';
import { checkPushable, planPush, type PushPlan, type PushSource } from './push-plan.js';

/** The liberties of a push. */
export interface PushPolicy {
  /** Make the bucket where there is none. */
  readonly create: boolean;
  /** Write over what the bucket has and the store never saw. */
  readonly overwrite: boolean;
  /** Only look. */
  readonly dryRun: boolean;
}

const NOTHING: PushPlan = {
  expected: new Map(),
  unchanged: new Set(),
  deletes: new Map(),
  ahead: [],
  aheadCount: 0,
};

/**
 * Makes a bucket equal to a store. What is there already is passed over: cut short, it is run again.
 * @param sourceOf the store, as it stands to a bucket that was made then; undefined: there was none
 * @throws StatelogError `NOT_FOUND`, `BUCKET_AHEAD`, `NOT_REPRESENTABLE`, `LIMIT_EXCEEDED`; `IO_FAILED` where the server goes away
 */
export async function pushTo(
  target: BucketTarget,
  timers: Timers,
  policy: PushPolicy,
  sourceOf: (created: string | undefined) => PushSource,
): Promise<PushCounts> {
  try {
    const state = await target.state();
    if (state === undefined && !policy.create)
      throw noSuchBucket(target.name, 'make it, or let --create make it');
    const source = sourceOf(state?.created);
    checkPushable(source, target);
    const plan = state === undefined ? NOTHING : await planPush(source, target, timers);
    if (plan.aheadCount > 0 && !policy.overwrite) throw bucketAhead(target.name, plan);
    if (policy.dryRun) return countsOf(source, plan);
    if (state === undefined) await target.create();
    await pushChanges(source, plan, target);
    return countsOf(source, plan);
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    throw new StatelogError('IO_FAILED', `the push was cut short: ${error.message}`, {
      path: target.name,
      safe: 'what was written until then stays',
      hint: 'run it again: it goes on with what is missing',
      cause: error,
    });
  }
}

function bucketAhead(name: string, { ahead, aheadCount }: PushPlan): StatelogError {
  const keys = ahead.map((key) => JSON.stringify(key)).join(', ');
  const more = aheadCount > ahead.length ? ` and ${aheadCount - ahead.length} more` : '';
  return new StatelogError('BUCKET_AHEAD', `the bucket has what the store never saw: ${keys}${more}`, {
    path: name,
    safe: 'nothing was written',
    hint: 'pull the bucket into the fold first, or push with --overwrite',
  });
}
