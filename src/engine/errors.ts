/**
 * Every way the engine can fail, as one closed set. The message may change between
 * releases; the code may not. `docs/errors.md` lists them, and `src/cli/errors/exit-codes.ts`
 * maps each to an exit code.
 */
export const ERROR_CODES = [
  // wrong use
  'INVALID_ARGUMENT',
  'INVALID_LINE',
  'CLOSED',
  'SYNC_IN_FLIGHT',
  'MIXED_WRITE_PATHS',
  'BACKPRESSURE_FULL',
  // damage
  'DAMAGED',
  'DIGEST_MISMATCH',
  'INVALID_ARTIFACT',
  'UNFINISHED_STREAM',
  'TORN_TAIL',
  // another process
  'LOCKED',
  // input and output
  'NOT_FOUND',
  'EPOCH_NOT_FOUND',
  'PERMISSION_DENIED',
  'DISK_FULL',
  'IO_FAILED',
  'NOT_A_FILE',
  'NOT_A_DIRECTORY',
  'READ_ONLY',
  'POISONED',
  // not ours
  'UNKNOWN_FORMAT',
  'UNSUPPORTED_VERSION',
  // refused
  'ALREADY_EXISTS',
  'NOT_REPRESENTABLE',
  'LIMIT_EXCEEDED',
  'LOSS_LIMIT',
  'SOURCE_MISMATCH',
  'SAME_PATH',
  'STORE_REPLACED',
  'LED_ELSEWHERE',
  'OWNER_LOCKED_OUT',
  'CURSOR_EXPIRED',
  'BUCKET_AHEAD',
  'SUPERSEDED',
  'NOT_ATOMIC',
  // a defect of statelog
  'INTERNAL',
] as const;

/** One of the closed set of error codes. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** The details of an error, beside its message. All fields are optional and typed. */
export interface ErrorDetails {
  /** The file or folder the failure is about. */
  readonly path?: string | undefined;
  /** Byte offset in that file. */
  readonly offset?: number | undefined;
  /** The next thing to run or do, as one sentence. */
  readonly hint?: string | undefined;
  /** The part that is safe or kept, as one sentence. */
  readonly safe?: string | undefined;
  /** The class of damage, for `DAMAGED` and `TORN_TAIL` (see `finding.ts`). */
  readonly class?: string | undefined;
  /** The operating system's name for the failure, such as `ENOSPC`. */
  readonly errno?: string | undefined;
  /** The system call or step that failed, such as `fdatasync`. */
  readonly operation?: string | undefined;
  /** The expected and the actual value, where two things were compared. */
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  /** 1-based input line, for `INVALID_LINE`. */
  readonly line?: number | undefined;
  /** Holder of a lock, for `LOCKED`. */
  readonly holder?: { readonly pid: number; readonly host: string; readonly since: string } | undefined;
  readonly cause?: unknown;
}

/**
 * The only error that the engine throws on purpose, besides `TypeError` and `RangeError`
 * for calls that no input could make right.
 */
export class StatelogError extends Error {
  override readonly name = 'StatelogError';
  readonly code: ErrorCode;
  readonly details: Omit<ErrorDetails, 'cause'>;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    const { cause, ...rest } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = rest;
  }
}

/** True if `error` is a `StatelogError`, of the given code where one is named. */
export function isStatelogError(error: unknown, code?: ErrorCode): error is StatelogError {
  return error instanceof StatelogError && (code === undefined || error.code === code);
}
