import { StatelogError } from '../../../errors.js';

/** The error for a bucket that is not there. */
export function noSuchBucket(name: string, hint = "'nats kv ls' lists those there are"): StatelogError {
  return new StatelogError('NOT_FOUND', 'there is no such bucket', { path: name, hint });
}
