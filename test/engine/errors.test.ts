import test from 'ava';
import { StatelogError, isStatelogError } from '../../src/engine/errors.js';

test('an error keeps its code, its details and its cause', (t) => {
  const cause = new Error('underneath');
  const error = new StatelogError('DISK_FULL', 'the disk is full', { path: 'a', offset: 3, cause });
  t.is(error.code, 'DISK_FULL');
  t.deepEqual(error.details, { path: 'a', offset: 3 });
  t.is(error.cause, cause);
  t.true(isStatelogError(error, 'DISK_FULL'));
  t.false(isStatelogError(error, 'LOCKED'));
});
