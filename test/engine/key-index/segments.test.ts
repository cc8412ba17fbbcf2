import test from 'ava';
import { isStatelogError } from '../../../src/engine/errors.js';
import { FIRST_SEGMENT_BYTES, Segments } from '../../../src/engine/key-index/tails/segments.js';

test('the first segment widens and keeps its bytes; then whole segments are added', (t) => {
  const segments = new Segments(20, 3);
  segments.grow();
  t.is(segments.capacity, FIRST_SEGMENT_BYTES);
  segments.bytes[0]![FIRST_SEGMENT_BYTES - 1] = 7;
  while (segments.bytes.length === 1) segments.grow();
  t.deepEqual(
    segments.bytes.map((bytes) => bytes.length),
    [2 ** 20, 2 ** 20],
  );
  t.is(segments.bytes[0]![FIRST_SEGMENT_BYTES - 1], 7);
  t.is(segments.capacity, 2 ** 21);
  t.is(segments.words[1]!.buffer, segments.bytes[1]!.buffer);
});

test('more segments than can be addressed are refused, and what is there stays', (t) => {
  const segments = new Segments(14, 2);
  segments.grow();
  segments.grow();
  const error = t.throws(() => {
    segments.grow();
  });
  t.true(isStatelogError(error, 'LIMIT_EXCEEDED'));
  t.is(segments.capacity, 2 ** 15);
});
