import test from 'ava';
import { WordCopier } from '../../../src/engine/bytes/copy.js';

test('ranges of every length and alignment are copied to their place, and nothing beside it changes', (t) => {
  const whole = Uint8Array.from({ length: 403 }, (_, index) => (index % 255) + 1);
  // One view at a word and one beside it; the last bytes of the buffer are no whole word.
  for (const from of [whole, whole.subarray(3)]) {
    const copier = new WordCopier();
    const into = new Uint8Array(310);
    // It makes its views of buffers that it has seen before.
    for (let times = 0; times < 4; times++) copier.copy(from, 0, 1, into, 0);
    for (let length = 0; length <= 300; length++) {
      const start = from.length - length - (length % 5);
      const at = 4 + (length % 3);
      into.fill(0);
      copier.copy(from, start, length, into, at);
      const expected = new Uint8Array(310);
      expected.set(from.subarray(start, start + length), at);
      t.deepEqual(into, expected);
    }
  }
});

test('buffers that change with every copy, or seldom, are copied as well', (t) => {
  const all = Array.from({ length: 3 }, (_, seed) =>
    Uint8Array.from({ length: 60 }, (_byte, index) => index + 60 * seed),
  );
  for (const turns of [1, 2, 4, 7]) {
    const copier = new WordCopier();
    for (let round = 0; round < 40; round++) {
      const from = all[Math.floor(round / turns) % 3]!;
      const into = new Uint8Array(60);
      const length = round;
      for (let times = 0; times < turns; times++) copier.copy(from, 3, length, into, 1);
      t.deepEqual(into.subarray(1, 1 + length), from.subarray(3, 3 + length));
      t.true(into.subarray(1 + length).every((byte) => byte === 0));
    }
  }
});
