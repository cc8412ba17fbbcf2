import { StatelogError } from '../../../errors.js';

/*
 * A key of a bucket is the part of a message's subject behind `$KV.BUCKET.`, as it stands: nothing is encoded.
 * https://docs.nats.io/nats-concepts/jetstream/key-value-store
 */

/** Bytes that no subject may hold. */
const NOT_OF_SUBJECTS = /[\0 \t\r\n]/;

/** The name of the stream that a bucket is. */
export function streamOf(bucket: string): string {
  return `KV_${bucket}`;
}

/** The start of every subject of a bucket. */
export function subjectStart(bucket: string): string {
  return `$KV.${bucket}.`;
}

/**
 * Checks a prefix of keys: a subject has whole words, so that a filter can end only where one does.
 * @throws StatelogError `INVALID_ARGUMENT`
 */
export function checkPrefix(prefix: string): void {
  if (!prefix.endsWith('.')) {
    throw new StatelogError('INVALID_ARGUMENT', '--prefix must end in a full stop', {
      hint: 'NATS filters by whole words between full stops: without it the server would send nothing, and no error',
    });
  }
  if (!isSubjectSafe(prefix.slice(0, -1)))
    throw new StatelogError('INVALID_ARGUMENT', 'no key of a bucket starts with this --prefix');
}

/** True where a key can stand in a subject: words between full stops, none empty, none a wildcard. */
export function isSubjectSafe(key: string): boolean {
  if (NOT_OF_SUBJECTS.test(key)) return false;
  return key.split('.').every((word) => word !== '' && word !== '*' && word !== '>');
}
