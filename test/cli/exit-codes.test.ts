import test from 'ava';
import {
  EXIT_CODES,
  exitCodeOfError,
  exitCodeOfFinding,
  worseExitCode,
} from '../../src/cli/errors/exit-codes.js';
import { ERROR_CODES, type ErrorCode } from '../../src/engine/errors.js';

test('every error code has an exit code that is no success and no plain no', (t) => {
  const failures = new Set<number>(Object.values(EXIT_CODES).filter((code) => code > EXIT_CODES.no));
  for (const code of ERROR_CODES) t.true(failures.has(exitCodeOfError(code)), code);
});

test('the exit codes are those of the contract', (t) => {
  const expected: Partial<Record<ErrorCode, number>> = {
    INVALID_ARGUMENT: 2,
    INVALID_LINE: 2,
    DAMAGED: 3,
    DIGEST_MISMATCH: 3,
    UNFINISHED_STREAM: 3,
    TORN_TAIL: 4,
    LOCKED: 5,
    NOT_FOUND: 6,
    EPOCH_NOT_FOUND: 6,
    DISK_FULL: 6,
    UNKNOWN_FORMAT: 7,
    UNSUPPORTED_VERSION: 7,
    ALREADY_EXISTS: 8,
    NOT_REPRESENTABLE: 8,
    LOSS_LIMIT: 8,
    SOURCE_MISMATCH: 8,
    SAME_PATH: 8,
    LED_ELSEWHERE: 8,
    OWNER_LOCKED_OUT: 8,
    STORE_REPLACED: 6,
    INTERNAL: 70,
  };
  for (const [code, exitCode] of Object.entries(expected)) {
    t.is(exitCodeOfError(code as ErrorCode), exitCode as never, code);
  }
});

test('a notice alone is a success, a torn tail is 4, damage is 3', (t) => {
  const outcomeOf = (severity: 'notice' | 'torn' | 'damage'): number => exitCodeOfFinding({ severity });
  t.deepEqual((['notice', 'torn', 'damage'] as const).map(outcomeOf), [0, 4, 3]);
  t.is(exitCodeOfFinding({ severity: 'damage', isForeign: true }), 7);
});

test('of several outcomes the first of 70, 3, 6, 7, 4, 0 is told', (t) => {
  const order = [70, 3, 6, 7, 4, 0] as const;
  for (const [index, worse] of order.entries()) {
    for (const other of order.slice(index)) {
      t.is(worseExitCode(worse, other), worse);
      t.is(worseExitCode(other, worse), worse);
    }
  }
});
