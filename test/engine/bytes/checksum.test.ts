import test from 'ava';
import CRC32 from 'crc-32';
import fc from 'fast-check';
import { crc32, crc32c, NATIVE_BYTES_MIN } from '../../../src/engine/bytes/crc/checksum.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';

/** The definition, a bit at a time. */
function crcByBits(polynomial: number, bytes: Uint8Array): number {
  let register = ~0;
  for (const byte of bytes) {
    register ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      register = (register & 1) === 1 ? (register >>> 1) ^ polynomial : register >>> 1;
    }
  }
  return ~register >>> 0;
}

const pattern = Uint8Array.from({ length: 4096 }, (_, index) => (index * 131 + (index >> 3)) & 0xff);

const CHECKSUMS = [
  { name: 'crc32c', checksum: crc32c, polynomial: 0x82f63b78, ofDigits: 0xe3069283 },
  { name: 'crc32', checksum: crc32, polynomial: 0xedb88320, ofDigits: 0xcbf43926 },
];

for (const { name, checksum, polynomial, ofDigits } of CHECKSUMS) {
  test(`${name} of the digits 1 to 9 is its published check value, and of nothing 0`, (t) => {
    t.is(checksum(toUtf8('123456789')), ofDigits);
    t.is(checksum(new Uint8Array()), 0);
  });

  test(`${name} is right for every length up to where native code takes over, and past it`, (t) => {
    // Native code is loaded once there was much to sum.
    t.is(checksum(new Uint8Array(1024 * 1024)), checksum(new Uint8Array(1024 * 1024)));
    for (let length = 0; length <= NATIVE_BYTES_MIN + 40; length++) {
      const start = length % 17;
      const bytes = pattern.subarray(start, start + length);
      t.is(checksum(pattern, start, start + length), crcByBits(polynomial, bytes), `length ${length}`);
    }
  });

  test(`${name} of pieces, each seeded with the one before, is that of the whole`, (t) => {
    const cut = fc.nat(pattern.length);
    const property = fc.property(cut, cut, (a, b) => {
      const [first, second] = a < b ? [a, b] : [b, a];
      let sum = checksum(pattern, 0, first);
      sum = checksum(pattern, first, second, sum);
      sum = checksum(pattern, second, pattern.length, sum);
      return sum === crcByBits(polynomial, pattern);
    });
    t.notThrows(() => fc.assert(property));
  });

  test(`${name} refuses a range that is not within the bytes`, (t) => {
    for (const [start, end] of [
      [-1, 4],
      [0, 10],
      [5, 4],
      [0, NaN],
    ] as const) {
      t.throws(() => checksum(new Uint8Array(9), start, end), { instanceOf: RangeError });
    }
  });
}

test('crc32 agrees with a package that others wrote, on any bytes and from any seed', (t) => {
  const property = fc.property(
    fc.uint8Array({ maxLength: 2 * NATIVE_BYTES_MIN }),
    fc.uint8Array({ maxLength: 20 }),
    (bytes, before) => {
      const seed = crc32(before);
      return crc32(bytes, 0, bytes.length, seed) === CRC32.buf(bytes, seed) >>> 0;
    },
  );
  t.notThrows(() => fc.assert(property));
});
