import test from 'ava';
import { asStatelogError, errorJson, errorLine, exitCodeOf } from '../../src/cli/errors/error-rendering.js';
import { StatelogError } from '../../src/engine/errors.js';

test('an error line says what happened, where, what is safe and what to run next', (t) => {
  const error = new StatelogError('DAMAGED', 'the record fails its checksum', {
    path: 'orders/wal/8/wal-0.log',
    offset: 4096,
    safe: 'all 12 records before it are good',
    hint: 'run: statelog verify orders',
  });
  t.is(
    errorLine(error),
    'statelog: the record fails its checksum: orders/wal/8/wal-0.log, byte 4096; all 12 records before it are good; run: statelog verify orders',
  );
});

test('a path that the message names already is not said twice', (t) => {
  const error = new StatelogError('NOT_FOUND', 'open a.snap: there is no such file', { path: 'a.snap' });
  t.is(errorLine(error), 'statelog: open a.snap: there is no such file');
});

test('a path that is a part of another word of the message is said all the same', (t) => {
  t.is(
    errorLine(new StatelogError('NOT_FOUND', 'nothing is there', { path: 's' })),
    'statelog: nothing is there: s',
  );
});

test('an error is one line, whatever its message and path hold', (t) => {
  const error = new StatelogError('IO_FAILED', 'first\nsecond\u001b[31m', {
    path: 'a\r\u009bb\u2028c\u202e',
  });
  t.is(errorLine(error), 'statelog: first\\nsecond\\x1b[31m: a\\r\\x9bb\\u2028c\\u202e');
});

test('the object for programs holds every detail that is known, and no others', (t) => {
  const error = new StatelogError('LOCKED', 'in use', {
    path: 'orders',
    hint: undefined,
    holder: { pid: 7, host: 'h', since: '2026-01-01T00:00:00Z' },
    cause: new Error('underneath'),
  });
  t.deepEqual(JSON.parse(errorJson(error)), {
    error: {
      code: 'LOCKED',
      message: 'in use',
      path: 'orders',
      holder: { pid: 7, host: 'h', since: '2026-01-01T00:00:00Z' },
    },
  });
});

test('what the operating system threw keeps its meaning', (t) => {
  const thrown = Object.assign(new Error('EISDIR: illegal operation'), { code: 'EISDIR', syscall: 'read' });
  t.is(asStatelogError(thrown).code, 'NOT_A_FILE');
});

test('anything else that was thrown is a defect, with its cause kept', (t) => {
  const thrown = new TypeError('x is not a function');
  const error = asStatelogError(thrown);
  t.is(error.code, 'INTERNAL');
  t.is(error.cause, thrown);
  t.is(exitCodeOf(error), 70);
  t.is(asStatelogError('text').code, 'INTERNAL');
});
