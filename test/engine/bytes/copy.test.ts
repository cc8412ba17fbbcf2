import test from 'ava';
import { copyBytes } from '../../../src/engine/bytes/copy.js';

test('ranges of every length are copied to their place, and nothing beside it changes', (t) => {
  const from = Uint8Array.from({ length: 400 }, (_, index) => (index % 255) + 1);
  for (let length = 0; length <= 300; length++) {
    const into = new Uint8Array(310);
    copyBytes(from, 7, length, into, 5);
    t.deepEqual(into.subarray(5, 5 + length), from.subarray(7, 7 + length));
    t.true(
      into.subarray(0, 5).every((byte) => byte === 0) &&
        into.subarray(5 + length).every((byte) => byte === 0),
    );
  }
  const whole = new Uint8Array(400);
  copyBytes(from, 0, 400, whole, 0);
  t.deepEqual(whole, from);
});
