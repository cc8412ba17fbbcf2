import type { StatelogError } from '../../../errors.js';
import type { Retention } from '../format/retention.js';

/** A bucket as it is now. */
export interface BucketState {
  /** When its stream was made, as the server says it: another text is another stream. */
  readonly created: string;
  /** The first and the last revision that the stream has kept; 0 where it never had any. */
  readonly firstRevision: bigint;
  readonly lastRevision: bigint;
  readonly retention: Retention;
  /** The server's time in milliseconds since 1970, where it says it (2.10 and later). */
  readonly serverTimeMs: number | undefined;
}

/** One message of a bucket. */
export interface BucketChange {
  readonly key: string;
  /** Undefined for a delete: of whatever kind, an empty value too. */
  readonly value: Uint8Array | undefined;
  readonly revision: bigint;
  /** Milliseconds since 1970; 0 where it is not known. */
  readonly writtenAtMs: number;
  /** How many more there were behind it when it was sent. */
  readonly pending: number;
}

/**
 * A thing that a stream of changes tells: a change; a sign of life; or that it is over, so that another is to be opened where
 * the changes taken so far end.
 */
export type StreamEvent =
  { readonly kind: 'change'; readonly change: BucketChange } | { readonly kind: 'alive' } | Lost;

/** The end of a stream of changes. */
export interface Lost {
  readonly kind: 'lost';
  readonly reason: string;
  /** Set where no other stream will do better. */
  readonly lastWord?: StatelogError | undefined;
}

/** The error that the end of a stream means. */
export function lossOf({ reason, lastWord }: Lost): Error {
  return lastWord ?? new TransientError(reason);
}

/** Changes as they come, at most a few hundred ahead of who takes them. */
export interface ChangeStream {
  /** How many were waiting when it was opened. */
  readonly pending: number;
  /** The greatest revision that has come, taken or not. */
  readonly newest: bigint;
  /** True where the server has nothing more for it, and all that came was taken. @throws TransientError */
  isDrained(): Promise<boolean>;
  /** Takes what has come; undefined where nothing has. */
  take(): StreamEvent | undefined;
  /** Resolves when something has come, or after so many milliseconds, or when it is woken. */
  wait(ms: number): Promise<void>;
  /** Ends a wait. */
  wake(): void;
  close(): void;
}

/** The position and the keys from which on changes are asked for. */
export interface ChangesRequest {
  /** Behind this revision; undefined: the newest of each key, and from there on. */
  readonly after: bigint | undefined;
  /** Only keys that start with it. */
  readonly prefix: string;
  /** Values are left out: only which keys are there is asked. Every value is then empty. */
  readonly keysOnly?: boolean | undefined;
}

/**
 * A bucket that changes are read from.
 *
 * What its methods throw tells whether to try again: `TransientError` says so, and a `StatelogError` is the last word.
 */
export interface ChangeSource {
  /** Its address, without credentials. */
  readonly name: string;
  state(): Promise<BucketState>;
  open(request: ChangesRequest): Promise<ChangeStream>;
  close(): Promise<void>;
}

/** A failure that may be over soon: no leader, no connection, no answer in time. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
}
