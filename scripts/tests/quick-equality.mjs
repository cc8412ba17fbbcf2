import { isDeepStrictEqual } from 'node:util';

/**
 * Gives back the body of a test for which `t.deepEqual` asks Node first: ava's own comparison describes every byte of what is
 * equal, and takes most of the time of a test that compares many. What Node finds unequal ava judges, and shows.
 */
export function withQuickEquality(body) {
  if (typeof body !== 'function') return body;
  return (t, ...args) => {
    const compare = t.deepEqual;
    t.deepEqual = (found, expected, ...message) =>
      isDeepStrictEqual(found, expected) ? t.pass() : compare(found, expected, ...message);
    return body(t, ...args);
  };
}
