import { CoreShapes } from '../directory/checkpoint/build-checkpoint.js';
import { ContentDigest } from '../bytes/hash/content-digest.js';
import { isStatelogError, StatelogError } from '../errors.js';
import { checkUpdate } from '../fold/format/update.js';
import type { ImportRequest, Survey, Verified } from './import-request.js';
import { refuseLosses, type Attributes } from './losses.js';

/** Looks at a content as it goes by, for what the target's kind needs to know of it. */
export class Surveyor {
  readonly #kind: Survey['kind'];
  readonly #largeValues: boolean | undefined;
  readonly #shapes: CoreShapes;
  #hasVersions = false;
  #refusal: StatelogError | undefined;

  constructor(kind: Survey['kind'], cores: number, largeValues: boolean | undefined) {
    this.#kind = kind;
    this.#largeValues = largeValues;
    this.#shapes = new CoreShapes(cores);
  }

  /** The next entry in key order. */
  add(key: Uint8Array, value: Uint8Array, version: Uint8Array | undefined): void {
    this.#hasVersions ||= version !== undefined && version.length > 0;
    if (this.#kind === 'directory') this.#shapes.add(key, value.length);
    else this.#refusal ??= refusalOf(key, value, this.#largeValues);
  }

  /** @param digest of the same content */
  survey({ digest, keys }: Pick<Survey, 'digest' | 'keys'>): Survey {
    return {
      kind: this.#kind,
      digest,
      keys,
      hasVersions: this.#hasVersions,
      shapes: this.#shapes.shapes,
      refusal: this.#refusal,
    };
  }
}

/** Goes through the content once, where it has not been already. */
export function surveyOf(request: ImportRequest, verified: Verified): Survey {
  if (verified.survey !== undefined) return verified.survey;
  const kind = request.kind ?? verified.kind;
  if (verified.read !== undefined && isTakenAsItIs(request, verified))
    return { ...verified.read, kind, shapes: [], refusal: undefined };
  const surveyor = new Surveyor(kind, coresOf(request, verified), request.largeValues);
  const digest = new ContentDigest();
  verified.forEachEntry((key, value, version) => {
    digest.add(key, value);
    surveyor.add(key, value, version);
  });
  return surveyor.survey({ digest: digest.hex(), keys: digest.keys });
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
export function coresOf(
  request: ImportRequest,
  { cores, summary }: Pick<Verified, 'cores' | 'summary'>,
): number {
  // The summary of a log by itself has sources, and no cores.
  return request.cores ?? cores ?? Math.max(summary?.cores.length ?? 1, 1);
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
  if (survey.kind === 'log' && request.cores !== undefined)
    throw new StatelogError('INVALID_ARGUMENT', 'a fold log has no cores');
  if (survey.refusal !== undefined) throw survey.refusal;
  const { cursor, summary } = verified;
  const attributes = { hasVersions: survey.hasVersions, cursor, ...summaryAttributes(summary) };
  refuseLosses(request.source, attributes, survey.kind, request);
}

function summaryAttributes(summary: Verified['summary']): Pick<Attributes, 'sources' | 'watermark'> {
  return { sources: summary?.sources, watermark: summary?.watermark };
}
