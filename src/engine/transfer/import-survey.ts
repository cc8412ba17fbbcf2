import { type CoreShape, ShapeCounter } from '../directory/build-checkpoint.js';
import { ContentDigest } from '../bytes/content-digest.js';
import { isStatelogError, StatelogError } from '../errors.js';
import { checkUpdate } from '../fold/update.js';
import type { ImportRequest, Verified } from './import-store.js';

/** What is to be known of a content, whatever is made of it. */
export interface ReadContent {
  readonly digest: string;
  readonly keys: number;
  readonly hasVersions: boolean;
}

/** What one way through the content tells of it, before anything is made. */
export interface Survey extends ReadContent {
  readonly kind: 'directory' | 'log';
  /** Of each core, where a state directory is to be made. */
  readonly shapes: readonly CoreShape[];
  /** Why a fold log cannot hold an entry, where one is to be made and cannot. */
  readonly refusal: StatelogError | undefined;
}

/** Goes through the content once, where it has not been already. */
export function surveyOf(request: ImportRequest, verified: Verified): Survey {
  const kind = request.kind ?? verified.kind;
  if (verified.read !== undefined && isTakenAsItIs(request, verified))
    return { ...verified.read, kind, shapes: [], refusal: undefined };
  const digest = new ContentDigest();
  const shapes = new ShapeCounter(coresOf(request, verified));
  let hasVersions = false;
  let refusal: StatelogError | undefined;
  verified.forEachEntry((key, value, version) => {
    digest.add(key, value);
    hasVersions ||= version !== undefined && version.length > 0;
    if (kind === 'directory') shapes.add(key, value.length);
    else refusal ??= refusalOf(key, value, request.largeValues);
  });
  return { kind, digest: digest.hex(), keys: digest.keys, hasVersions, shapes: shapes.shapes, refusal };
}

/** True where the files that were verified become the store's own: nothing needs to be counted or could be refused. */
export function isTakenAsItIs(request: ImportRequest, verified: Verified): boolean {
  const { adopt, log, summary } = verified;
  if ((request.kind ?? verified.kind) === 'log') return log !== undefined;
  return adopt !== undefined && summary!.epoch > 0n && coresOf(request, verified) === summary!.cores.length;
}

function refusalOf(
  key: Uint8Array,
  value: Uint8Array,
  largeValues: boolean | undefined,
): StatelogError | undefined {
  try {
    checkUpdate({ op: 'put', key, value }, largeValues);
    return undefined;
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return error;
  }
}

/** How many cores a state directory will have. */
export function coresOf(request: ImportRequest, { cores, summary }: Verified): number {
  return request.cores ?? cores ?? summary?.cores.length ?? 1;
}

/**
 * Refuses, before anything is made, another content than was expected, and what the target's kind cannot hold.
 * @throws StatelogError `DIGEST_MISMATCH`, `NOT_REPRESENTABLE`, `LIMIT_EXCEEDED`, `INVALID_ARGUMENT`
 */
export function checkTarget(request: ImportRequest, verified: Verified, survey: Survey): void {
  if (request.expect !== undefined && request.expect.toLowerCase() !== survey.digest) {
    throw new StatelogError('DIGEST_MISMATCH', 'the content is not the one that was expected', {
      path: request.source,
      class: 'digest-mismatch',
      expected: request.expect,
      found: survey.digest,
      safe: 'nothing was made of it',
      hint: 'fetch it again, or ask for the digest again',
    });
  }
  if (survey.kind === 'log') {
    if (request.cores !== undefined) throw new StatelogError('INVALID_ARGUMENT', 'a fold log has no cores');
    if (survey.refusal !== undefined) throw survey.refusal;
    return;
  }
  const hasCursor = verified.cursor !== undefined && verified.cursor.length > 0;
  if (request.dropRevisions === true || !(hasCursor || survey.hasVersions)) return;
  const loses = survey.hasVersions ? 'revisions' : 'its cursor';
  throw new StatelogError('NOT_REPRESENTABLE', `a state directory cannot hold ${loses}`, {
    path: request.source,
    safe: 'nothing was made of it',
    hint: 'import it with --kind log, or allow the loss with --drop-revisions',
  });
}
