import { StatelogError, type ErrorCode } from '../../errors.js';
import { StoreUnavailable } from '../blob/store-unavailable.js';
import { rootOf, textOf } from './xml.js';

/** An answer of a server that is no success. */
export interface FailedAnswer {
  readonly method: string;
  /** The blob or bucket that was asked for, as people write it. */
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  /** Its body; empty for a HEAD. */
  readonly text: string;
}

/** The states that may pass: too early, timeout, too many, the server's own faults. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Codes of S3 for a body that did not arrive as it was sent. */
const BROKEN_BODY = new Set(['BadDigest', 'InvalidDigest', 'XAmzContentChecksumMismatch', 'IncompleteBody']);
const REQUEST_TIMEOUT = 'RequestTimeout';
const MESSAGE_CHARACTERS_MAX = 200;

/** The code in an answer of S3, such as `NoSuchKey`; undefined where it has none. */
export function errorCodeOf(text: string): string | undefined {
  return rootOf(text) === 'Error' ? textOf(text, 'Code') : undefined;
}

/** True for a page that is meant for a browser. */
export function isHtml(headers: Headers, text: string): boolean {
  return /^text\/html\b/i.test(headers.get('content-type') ?? '') || /^\s*<(!doctype\s+)?html\b/i.test(text);
}

/** The error for a page of HTML where an answer of S3 was due. */
export function htmlAnswer(method: string, url: string, status: number): StatelogError {
  return new StatelogError(
    'IO_FAILED',
    `${method} ${url}: ${status}, and a page of HTML rather than S3's answer`,
    {
      path: url,
      operation: method,
      safe: 'nothing was changed here',
      hint: 'is there a proxy between, or is the endpoint that of a console? see AWS_ENDPOINT_URL_S3',
    },
  );
}

/**
 * The error for an answer that is no success, in words that name the request. One that may pass by itself is a
 * `StoreUnavailable`.
 * @param nowMs milliseconds since the Unix epoch, to read dates of Retry-After by
 */
export function errorOf(answer: FailedAnswer, nowMs: number): StatelogError {
  const { method, url, status, headers, text } = answer;
  if (isHtml(headers, text) && !PASSING.has(status)) return htmlAnswer(method, url, status);
  const code = errorCodeOf(text);
  const message = `${method} ${url}: ${[String(status), code].filter(Boolean).join(' ')}${saidIn(text)}`;
  const details = { path: url, operation: method };
  if (PASSING.has(status) || BROKEN_BODY.has(code ?? '') || code === REQUEST_TIMEOUT) {
    const afterMs = retryAfterMs(headers, nowMs);
    const hint =
      afterMs === undefined
        ? 'the store may be back soon: run it again'
        : `run it again in ${Math.ceil(afterMs / 1000)} seconds: so long the store asks to be left alone (Retry-After)`;
    return new StoreUnavailable(message, { ...details, hint, retryAfterMs: afterMs });
  }
  // Somebody else was at the same name at the same moment: to be looked at again, and tried again.
  if (status === 409) return new StoreUnavailable(message, { ...details, hint: 'run it again' });
  const [kind, hint] = kindOf(status, code);
  return new StatelogError(kind, message, { ...details, hint });
}

function kindOf(status: number, code: string | undefined): [ErrorCode, string] {
  if (code === 'NoSuchBucket') return ['NOT_FOUND', 'is the name of the bucket right, and the endpoint?'];
  if (status === 404) return ['NOT_FOUND', 'is the endpoint right? see AWS_ENDPOINT_URL_S3'];
  // S3 has 400 for credentials that expired, and others 403.
  if (status === 403 || status === 401 || code === 'ExpiredToken')
    return ['PERMISSION_DENIED', hintForRefusal(code)];
  if (status === 301 || status === 307)
    return ['IO_FAILED', 'the bucket is in another region: set AWS_REGION'];
  return ['IO_FAILED', 'is it a store that speaks S3? see AWS_ENDPOINT_URL_S3'];
}

function hintForRefusal(code: string | undefined): string {
  if (code === 'RequestTimeTooSkewed') return "set this host's clock: it is too far from the store's";
  if (code === 'ExpiredToken') return 'the credentials have expired: get new ones';
  if (code === 'SignatureDoesNotMatch') return 'is the secret key right, and the region (AWS_REGION)?';
  if (code === 'InvalidAccessKeyId') return 'is the access key that of this store? see AWS_PROFILE';
  return 'may these credentials do that in this bucket?';
}

function saidIn(text: string): string {
  const message = rootOf(text) === 'Error' ? textOf(text, 'Message') : undefined;
  return message === undefined || message === '' ? '' : `: ${message.slice(0, MESSAGE_CHARACTERS_MAX)}`;
}

/** Retry-After, which is seconds or a date; undefined where there is none. */
function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const untilMs = Date.parse(text);
  return Number.isNaN(untilMs) ? undefined : Math.max(0, untilMs - nowMs);
}
