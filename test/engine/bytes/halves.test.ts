import test from 'ava';
import fc from 'fast-check';
import * as halves from '../../../src/engine/bytes/halves.js';

const unsigned = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const signed = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const edges = [0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];

function checkUnsigned(t: { is: (a: unknown, b: unknown) => unknown }, value: bigint): void {
  const bytes = new Uint8Array(10);
  halves.writeU64(bytes, 1, value);
  t.is(new DataView(bytes.buffer).getBigUint64(1, true), value);
  t.is(halves.readU64(bytes, 1), value);
  t.is(halves.joinU64(halves.lowHalf(value), halves.highHalf(value)), value);
  t.is(halves.readU32(bytes, 1), halves.lowHalf(value));
  t.is(halves.readU32(bytes, 5), halves.highHalf(value));
  t.is(halves.readU16(bytes, 1), Number(value & 0xffffn));
  t.is(bytes[0], 0);
  t.is(bytes[9], 0);
}

test('unsigned 64-bit numbers are read and written as DataView does, at any position', (t) => {
  for (const value of edges) checkUnsigned(t, value);
  fc.assert(fc.property(unsigned, (value) => checkUnsigned(t, value)));
});

test('signed 64-bit numbers are read and written as DataView does', (t) => {
  const check = (value: bigint) => {
    const bytes = new Uint8Array(8);
    halves.writeU64(bytes, 0, value);
    t.is(new DataView(bytes.buffer).getBigInt64(0, true), value);
    t.is(halves.readI64(bytes, 0), value);
    t.is(halves.joinI64(halves.lowHalf(value), halves.highHalf(value)), value);
  };
  for (const value of [0n, -1n, -(2n ** 63n), 2n ** 63n - 1n]) check(value);
  fc.assert(fc.property(signed, check));
});

test('32- and 16-bit numbers keep their low bits', (t) => {
  const bytes = new Uint8Array(4);
  halves.writeU32(bytes, 0, -44);
  t.is(halves.readI32(bytes, 0), -44);
  t.is(halves.readU32(bytes, 0), 0xffff_ffd4);
  halves.writeU32(bytes, 0, 0xdead_beef);
  t.is(halves.readU32(bytes, 0), 0xdead_beef);
  halves.writeU16(bytes, 0, 0x1_2345);
  t.is(halves.readU16(bytes, 0), 0x2345);
});

test('halves compare like the numbers they are of', (t) => {
  const sign = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);
  const { lowHalf, highHalf } = halves;
  const near = fc
    .tuple(unsigned, fc.bigInt({ min: -2n, max: 2n }))
    .map(([a, by]) => [a, BigInt.asUintN(64, a + by)]);
  fc.assert(
    fc.property(fc.oneof(near, fc.tuple(unsigned, unsigned)), ([a, b]) => {
      const order = halves.compareHalves(lowHalf(a), highHalf(a), lowHalf(b), highHalf(b));
      t.is(Math.sign(order), sign(a, b));
      const signedOrder = halves.compareSignedHalves(lowHalf(a), highHalf(a), lowHalf(b), highHalf(b));
      t.is(Math.sign(signedOrder), sign(BigInt.asIntN(64, a), BigInt.asIntN(64, b)));
    }),
  );
});

test('whole numbers up to 2^53 come back from their halves', (t) => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const low = halves.lowHalfOfNumber(value);
      const high = halves.highHalfOfNumber(value);
      t.is(halves.halvesToNumber(low, high), value);
      t.is(halves.joinU64(low, high), BigInt(value));
    }),
  );
});
