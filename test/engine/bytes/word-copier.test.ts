import test from 'ava';
import { WordCopier } from '../../../src/engine/bytes/word-copier.js';

test('ranges of every length and alignment are copied to their place, and nothing beside it changes', (t) => {
  const whole = Uint8Array.from({ length: 403 }, (_, index) => (index % 255) + 1);
  // One view at a word and one beside it; the last bytes of the buffer are no whole word.
  for (const from of [whole, whole.subarray(3)]) {
    const copier = new WordCopier();
    for (let length = 0; length <= 300; length++) {
      const start = from.length - length - (length % 5);
      const at = 4 + (length % 3);
      const into = new Uint8Array(310);
      copier.copy(from, start, length, into, at);
      const expected = new Uint8Array(310);
      expected.set(from.subarray(start, start + length), at);
      t.deepEqual(into, expected);
    }
  }
});
