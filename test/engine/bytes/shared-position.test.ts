import test from 'ava';
import fc from 'fast-check';
import {
  POSITION_WORDS,
  loadPosition,
  loadPositionLow,
  resetPosition,
  storePosition,
} from '../../../src/engine/bytes/shared-position.js';

const AT = 2;

function freshWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * (AT + POSITION_WORDS + 1)));
}

test('a position counts on past 2^31, 2^32 and 2^40, step by step', (t) => {
  const starts = fc.constantFrom(0, 2 ** 31 - 5, 2 ** 32 - 5, 2 ** 40 - 5, 2 ** 52);
  const steps = fc.array(fc.oneof(fc.nat(9), fc.nat(2 ** 31)), { maxLength: 20 });
  fc.assert(
    fc.property(starts, steps, (start, lengths) => {
      const words = freshWords();
      resetPosition(words, AT, start);
      let position = start;
      for (const length of lengths) {
        storePosition(words, AT, position | 0, (position + length) | 0);
        position += length;
        t.is(loadPosition(words, AT), position);
        t.is(loadPositionLow(words, AT), position | 0);
      }
      t.deepEqual([words[0], words[1], words[AT + POSITION_WORDS]], [0, 0, 0]);
    }),
  );
});
