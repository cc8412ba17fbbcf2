import test from 'ava';
import fc from 'fast-check';
import { PlainBytes } from '../../src/cli/terminal/shown/plain-bytes.js';

/** Long and nearly all plain, so that what stops lies at any place of a word; and a place for it in a larger array. */
const cases = fc.record({
  bytes: fc.uint8Array({ minLength: 0, maxLength: 150 }),
  base: fc.constantFrom(0x20, 0x61, 0x7e),
  spoilt: fc.array(fc.tuple(fc.nat(149), fc.integer({ min: 0, max: 255 })), { maxLength: 2 }),
  isNoise: fc.boolean(),
  lead: fc.nat(9),
  tail: fc.constantFrom(0, 100),
  at: fc.nat(9),
  first: fc.constantFrom(0x22, 0x5c, 0x20, 0x7e),
  second: fc.constantFrom(0x5c, 0x41, undefined),
  isHighPlain: fc.boolean(),
});

test('bytes are copied up to the first that is not plain, and none behind it', (t) => {
  fc.assert(
    fc.property(cases, ({ bytes, base, spoilt, isNoise, lead, tail, at, first, second, isHighPlain }) => {
      const text = isNoise ? bytes : new Uint8Array(bytes.length).fill(base);
      for (const [place, byte] of spoilt) if (place < text.length) text[place] = byte;
      const source = new Uint8Array(lead + text.length + tail);
      source.set(text, lead);
      const isPlain = (byte: number): boolean =>
        byte >= 0x20 && byte !== first && byte !== second && (byte < 0x7f || isHighPlain);
      const stops = text.findIndex((byte) => !isPlain(byte));
      const length = stops < 0 ? text.length : stops;
      const plain = new PlainBytes({
        escaped: second === undefined ? [first] : [first, second],
        isHighPlain,
      });
      const into = new Uint8Array(at + text.length);
      t.is(plain.copy(source, lead, lead + text.length, into, at), lead + length);
      t.deepEqual([...into.subarray(at, at + length)], [...text.subarray(0, length)]);
      t.true(into.subarray(0, at).every((byte) => byte === 0));
      for (const byte of bytes) t.is(plain.has(byte), isPlain(byte));
    }),
    { numRuns: 3000 },
  );
});
