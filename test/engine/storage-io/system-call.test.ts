import test from 'ava';
import {
  INTERRUPTED_TRIES_MAX,
  attempt,
  attemptOnTwo,
} from '../../../src/engine/storage-io/real/system-call.js';

/** A call that fails so often before it succeeds. */
function failing(
  errno: string,
  times: number,
): { readonly call: () => string; readonly calls: () => number } {
  let calls = 0;
  const call = (): string => {
    calls += 1;
    if (calls <= times) throw Object.assign(new Error(errno), { code: errno, syscall: 'write' });
    return 'done';
  };
  return { call, calls: () => calls };
}

for (const errno of ['EINTR', 'EAGAIN']) {
  test(`a call that ends with ${errno} is made again, and in the end given up`, (t) => {
    const interrupted = failing(errno, 3);
    t.is(attempt('write', '/file', interrupted.call), 'done');
    t.is(interrupted.calls(), 4);
    const onTwo = failing(errno, 3);
    attemptOnTwo('rename', '/a', '/b', onTwo.call);
    t.is(onTwo.calls(), 4);

    const forEver = failing(errno, Infinity);
    t.throws(() => attempt('write', '/file', forEver.call), { name: 'StatelogError' });
    t.is(forEver.calls(), INTERRUPTED_TRIES_MAX);
  });
}

test('a call that fails in any other way is made once, and its error says what and where', (t) => {
  for (const [errno, code] of [
    ['EIO', 'IO_FAILED'],
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
  ] as const) {
    const once = failing(errno, Infinity);
    const error = t.throws(() => attempt('write', '/file', once.call), { code });
    t.like(error, { details: { path: '/file', operation: 'write' } });
    t.is(once.calls(), 1);
  }
});
