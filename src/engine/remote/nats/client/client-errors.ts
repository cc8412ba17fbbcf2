import { errors } from '@nats-io/transport-node';
import { StatelogError, isStatelogError } from '../../../errors.js';
import { noSuchBucket } from '../format/no-such-bucket.js';
import { TransientError } from '../source/change-source.js';

const NO_SUCH_HOST: readonly string[] = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA'];
const TLS_FAILURE = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|ERR_OSSL)/;
/** Codes of JetStream's errors: https://github.com/nats-io/nats-server/blob/main/server/errors.json */
const STREAM_NOT_FOUND = 10_059;
const CONSUMER_NOT_FOUND = 10_014;
const NOT_ENABLED: readonly number[] = [10_039, 10_076];
/** The client's words for a connection that ended without any. */
const CUT = /node provided an undefined error/i;
/** An error of OpenSSL: numbers and places around the reason. */
const OPENSSL = /^[0-9a-f]+:error:[0-9a-f]+:[^:]*:[^:]*:([^:]+):/;
const CREDENTIALS =
  'credentials come from NATS_CREDS, NATS_NKEY, NATS_USER and NATS_PASSWORD, NATS_TOKEN, or a context of nats (NATS_CONTEXT)';

/** An error that JetStream answered a request with. */
export interface ApiError {
  /** As in HTTP. */
  readonly code: number;
  readonly err_code?: number | undefined;
  readonly description?: string | undefined;
}

/** The failure to connect, in one line: which it is, and what to look at. */
export function connectFailure(name: string, thrown: unknown): StatelogError {
  // Of a file of ours it is known what is wrong.
  if (isStatelogError(thrown)) return thrown;
  return refusedCredentials(name, thrown) ?? unreachable(name, thrown);
}

/** True where a server refuses the credentials, or no longer takes them. */
export function isRefusal(thrown: unknown): boolean {
  return (
    thrown instanceof errors.AuthorizationError || thrown instanceof errors.UserAuthenticationExpiredError
  );
}

function refusedCredentials(name: string, thrown: unknown): StatelogError | undefined {
  const error = [thrown, causeOf(thrown)].find(isRefusal);
  if (error === undefined) return undefined;
  const message =
    error instanceof errors.UserAuthenticationExpiredError
      ? 'the credentials have expired'
      : 'the server refuses the credentials, or asks for some';
  return new StatelogError('PERMISSION_DENIED', message, {
    path: name,
    operation: 'connect',
    hint: CREDENTIALS,
  });
}

function unreachable(name: string, thrown: unknown): StatelogError {
  const errno = errnoOf(thrown);
  const details = { path: name, operation: 'connect', errno, cause: thrown };
  if (errno !== undefined && NO_SUCH_HOST.includes(errno))
    return new StatelogError('IO_FAILED', 'there is no host of this name', {
      ...details,
      hint: 'check the host',
    });
  if (errno === 'ECONNREFUSED') {
    return new StatelogError('IO_FAILED', 'nothing listens there', {
      ...details,
      hint: 'check the host and the port, and that nats-server runs',
    });
  }
  if (errno !== undefined && TLS_FAILURE.test(errno)) {
    return new StatelogError('IO_FAILED', `TLS failed: ${reasonOf(thrown)}`, {
      ...details,
      hint: 'NATS_CA names the file of the authority to trust; NATS_CERT and NATS_KEY those of the client',
    });
  }
  return new StatelogError('IO_FAILED', `the connection failed: ${reasonOf(thrown)}`, {
    ...details,
    hint: 'check the host and the port, and whether the server asks for TLS (tls://HOST/BUCKET)',
  });
}

/** The failure that an unanswered request means: a `TransientError`, or the last word. */
export function requestFailure(name: string, thrown: unknown, isFirst: boolean): Error {
  if (isStatelogError(thrown) || thrown instanceof TransientError) return thrown;
  const refused = [thrown, causeOf(thrown)].find((one) => one instanceof errors.PermissionViolationError);
  if (refused instanceof errors.PermissionViolationError)
    return notPermitted(name, refused.operation, refused.subject);
  const isUnanswered = thrown instanceof errors.RequestError && thrown.isNoResponders();
  if (!isFirst) {
    return new TransientError(
      isUnanswered ? 'JetStream does not answer' : `a request failed: ${reasonOf(thrown)}`,
    );
  }
  if (isUnanswered) return withoutJetStream(name);
  return new StatelogError('IO_FAILED', `a request failed: ${reasonOf(thrown)}`, {
    path: name,
    operation: 'request',
    hint: 'a cluster without a leader does not answer either: try again',
  });
}

/** The failure that an error means which JetStream answered with. */
export function apiFailure(name: string, error: ApiError, isFirst: boolean): Error {
  const { err_code: code = 0, description = `error ${error.code}` } = error;
  if (code === STREAM_NOT_FOUND && isFirst) return noSuchBucket(name);
  if (code === CONSUMER_NOT_FOUND) return new TransientError('the server no longer has the consumer');
  if (!isFirst && (error.code >= 500 || code === STREAM_NOT_FOUND)) return new TransientError(description);
  if (NOT_ENABLED.includes(code)) return withoutJetStream(name);
  return new StatelogError('IO_FAILED', `JetStream refuses: ${description}`, {
    path: name,
    operation: 'request',
  });
}

function withoutJetStream(name: string): StatelogError {
  return new StatelogError('IO_FAILED', 'the server has no JetStream for this account', {
    path: name,
    hint: "a bucket needs JetStream: 'nats-server --jetstream', or its account's settings",
  });
}

function notPermitted(name: string, operation: string, subject: string): StatelogError {
  return new StatelogError('PERMISSION_DENIED', `no permission for ${operation} on ${subject}`, {
    path: name,
    operation,
    hint: 'docs/nats.md lists the subjects that are needed',
  });
}

function causeOf(thrown: unknown): unknown {
  return thrown instanceof Error ? thrown.cause : undefined;
}

function reasonOf(thrown: unknown): string {
  const cause = causeOf(thrown);
  const text =
    cause instanceof Error ? cause.message : thrown instanceof Error ? thrown.message : String(thrown);
  if (CUT.test(text)) return 'the server cut it';
  const line = text.split('\n', 1)[0]!.toLowerCase();
  return OPENSSL.exec(line)?.[1] ?? line;
}

function errnoOf(thrown: unknown): string | undefined {
  for (const one of [thrown, causeOf(thrown), causeOf(causeOf(thrown))]) {
    if (one instanceof Error && 'code' in one && typeof one.code === 'string') return one.code;
    if (one instanceof AggregateError) return errnoOf(one.errors[0]);
  }
  return undefined;
}
