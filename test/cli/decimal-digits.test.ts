import test from 'ava';
import fc from 'fast-check';
import { highHalf, lowHalf } from '../../src/engine/bytes/halves.js';
import {
  DECIMAL_BYTES_MAX,
  writeDecimal,
  writeDecimalHalves,
  writeSignedHalves,
} from '../../src/cli/terminal/shown/decimal-digits.js';

const AT = 3;

function textOf(write: (into: Uint8Array, at: number) => number): string {
  const into = new Uint8Array(AT + DECIMAL_BYTES_MAX);
  const end = write(into, AT);
  return Buffer.from(into.subarray(AT, end)).toString('latin1');
}

/** Numbers of all lengths, and those beside the powers of ten and of two. */
function numbers(max: bigint): fc.Arbitrary<bigint> {
  const edges: bigint[] = [0n, max];
  for (let digits = 1n; 10n ** digits <= max; digits++) edges.push(10n ** digits - 1n, 10n ** digits);
  for (let bits = 1n; 2n ** bits <= max; bits++) edges.push(2n ** bits - 1n, 2n ** bits);
  return fc.oneof(
    fc.constantFrom(...edges),
    fc.bigInt({ min: 0n, max }),
    fc.integer({ min: 0, max: 62 }).chain((bits) => fc.bigInt({ min: 0n, max: (max >> BigInt(bits)) | 1n })),
  );
}

const many = { numRuns: 2000 };

test('a whole number is written as its decimal digits', (t) => {
  fc.assert(
    fc.property(numbers(2n ** 53n), (value) => {
      t.is(
        textOf((into, at) => writeDecimal(into, at, Number(value))),
        String(value),
      );
    }),
    many,
  );
});

test('an unsigned 64-bit number is written as its decimal digits', (t) => {
  fc.assert(
    fc.property(numbers(2n ** 64n - 1n), (value) => {
      t.is(
        textOf((into, at) => writeDecimalHalves(into, at, lowHalf(value), highHalf(value))),
        String(value),
      );
    }),
    many,
  );
});

test('a signed 64-bit number is written as its decimal digits, with a minus in front if below zero', (t) => {
  fc.assert(
    fc.property(numbers(2n ** 63n - 1n), fc.boolean(), (value, isNegative) => {
      const signed = isNegative ? -value - 1n : value;
      const halves = BigInt.asUintN(64, signed);
      t.is(
        textOf((into, at) => writeSignedHalves(into, at, lowHalf(halves), highHalf(halves))),
        String(signed),
      );
    }),
    many,
  );
});
