import type { ErrorCode } from '../../engine/errors.js';
import type { Finding, Severity } from '../../engine/finding.js';

/** The exit codes of the process; scripts depend on these numbers (docs/errors.md has the table). */
export const EXIT_CODES = {
  done: 0,
  /** The answer is no: never a failure, and nothing is printed on standard error. */
  no: 1,
  usage: 2,
  damage: 3,
  tornTail: 4,
  locked: 5,
  inputOutput: 6,
  foreign: 7,
  refused: 8,
  defect: 70,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** The meaning of each exit code, as help and the manual page have it. */
export const EXIT_CODE_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT_CODES.done]: 'done',
  [EXIT_CODES.no]: 'the answer is no',
  [EXIT_CODES.usage]: 'wrong usage',
  [EXIT_CODES.damage]: 'damage',
  [EXIT_CODES.tornTail]: 'a torn tail',
  [EXIT_CODES.locked]: 'locked by another process',
  [EXIT_CODES.inputOutput]: 'input or output failed',
  [EXIT_CODES.foreign]: 'not ours to read',
  [EXIT_CODES.refused]: 'refused',
  [EXIT_CODES.defect]: 'a defect of statelog',
};

/** The one table from what the engine throws to what the process ends with. */
const EXIT_CODE_OF_ERROR: Readonly<Record<ErrorCode, ExitCode>> = {
  INVALID_ARGUMENT: EXIT_CODES.usage,
  INVALID_LINE: EXIT_CODES.usage,
  // No command line can bring these about: the engine was called wrongly by our own code.
  CLOSED: EXIT_CODES.defect,
  SYNC_IN_FLIGHT: EXIT_CODES.defect,
  MIXED_WRITE_PATHS: EXIT_CODES.defect,
  BACKPRESSURE_FULL: EXIT_CODES.defect,
  DAMAGED: EXIT_CODES.damage,
  DIGEST_MISMATCH: EXIT_CODES.damage,
  INVALID_ARTIFACT: EXIT_CODES.damage,
  UNFINISHED_STREAM: EXIT_CODES.damage,
  TORN_TAIL: EXIT_CODES.tornTail,
  LOCKED: EXIT_CODES.locked,
  NOT_FOUND: EXIT_CODES.inputOutput,
  EPOCH_NOT_FOUND: EXIT_CODES.inputOutput,
  PERMISSION_DENIED: EXIT_CODES.inputOutput,
  DISK_FULL: EXIT_CODES.inputOutput,
  IO_FAILED: EXIT_CODES.inputOutput,
  NOT_A_FILE: EXIT_CODES.inputOutput,
  NOT_A_DIRECTORY: EXIT_CODES.inputOutput,
  READ_ONLY: EXIT_CODES.inputOutput,
  POISONED: EXIT_CODES.inputOutput,
  STORE_REPLACED: EXIT_CODES.inputOutput,
  UNKNOWN_FORMAT: EXIT_CODES.foreign,
  UNSUPPORTED_VERSION: EXIT_CODES.foreign,
  ALREADY_EXISTS: EXIT_CODES.refused,
  NOT_REPRESENTABLE: EXIT_CODES.refused,
  LIMIT_EXCEEDED: EXIT_CODES.refused,
  LOSS_LIMIT: EXIT_CODES.refused,
  SOURCE_MISMATCH: EXIT_CODES.refused,
  SAME_PATH: EXIT_CODES.refused,
  LED_ELSEWHERE: EXIT_CODES.refused,
  OWNER_LOCKED_OUT: EXIT_CODES.refused,
  CURSOR_EXPIRED: EXIT_CODES.refused,
  BUCKET_AHEAD: EXIT_CODES.refused,
  SUPERSEDED: EXIT_CODES.refused,
  NOT_ATOMIC: EXIT_CODES.refused,
  INTERNAL: EXIT_CODES.defect,
};

/** The exit code of an error of the engine. */
export function exitCodeOfError(code: ErrorCode): ExitCode {
  return EXIT_CODE_OF_ERROR[code];
}

const EXIT_CODE_OF_SEVERITY: Readonly<Record<Severity, ExitCode>> = {
  damage: EXIT_CODES.damage,
  torn: EXIT_CODES.tornTail,
  notice: EXIT_CODES.done,
};

/** The exit code that one finding calls for by itself. */
export function exitCodeOfFinding({
  severity,
  isForeign,
  isRefused,
}: Pick<Finding, 'severity' | 'isForeign' | 'isRefused'>): ExitCode {
  if (isForeign) return EXIT_CODES.foreign;
  if (isRefused) return EXIT_CODES.inputOutput;
  return EXIT_CODE_OF_SEVERITY[severity];
}

/** Which of several outcomes is told: the first in this order that occurred. */
const WORST_FIRST: readonly ExitCode[] = [
  EXIT_CODES.defect,
  EXIT_CODES.damage,
  EXIT_CODES.inputOutput,
  EXIT_CODES.foreign,
  EXIT_CODES.refused,
  EXIT_CODES.locked,
  EXIT_CODES.usage,
  EXIT_CODES.tornTail,
  EXIT_CODES.no,
  EXIT_CODES.done,
];

/** The worse of two exit codes, for commands that go on after a failure. */
export function worseExitCode(one: ExitCode, other: ExitCode): ExitCode {
  return WORST_FIRST.indexOf(one) <= WORST_FIRST.indexOf(other) ? one : other;
}
