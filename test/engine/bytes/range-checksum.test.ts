import test from 'ava';
import fc from 'fast-check';
import { crc32, crc32c } from '../../../src/engine/bytes/crc/checksum.js';
import { PrefixSums } from '../../../src/engine/bytes/crc/prefix-sums.js';
import { RangeChecksum } from '../../../src/engine/bytes/crc/range-checksum.js';

test('the checksum of any range equals the one computed directly', (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 3000 }),
      fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 40 }),
      fc.nat({ max: 500 }),
      (bytes, ranges, bytesOffset) => {
        const ieee = new RangeChecksum();
        const castagnoli = PrefixSums.castagnoli(16, 8);
        castagnoli.restart(bytesOffset);
        castagnoli.extend(bytes, bytesOffset, bytesOffset + bytes.length);
        const ascending = ranges.map(([from]) => from % bytes.length).sort((a, b) => a - b);
        for (const [index, start] of ascending.entries()) {
          const end = start + (ranges[index]![1] % (bytes.length - start + 1));
          const [from, to] = [start + bytesOffset, end + bytesOffset];
          t.is(ieee.of(bytes, bytesOffset, from, to), crc32(bytes, start, end));
          const [before, all] = [from, to].map((offset) => castagnoli.upTo(bytes, bytesOffset, offset));
          t.is(castagnoli.ofRange(all!, before!, to - from), crc32c(bytes, start, end));
        }
      },
    ),
  );
});

test('long ranges that start at every byte of a long file are summed in a window that moves on', (t) => {
  const bytes = Uint8Array.from({ length: 60_000 }, (_, index) => (index * 7919) >>> 3);
  const sums = new RangeChecksum();
  for (let from = 0; from + 1000 <= bytes.length; from++) {
    // Only a block before the range and the range itself are given.
    const windowStart = Math.max(0, from - 64);
    const window = bytes.subarray(windowStart, from + 1000);
    if (sums.of(window, windowStart, from, from + 1000) !== crc32(bytes, from, from + 1000)) {
      t.fail(`differs at ${from}`);
      return;
    }
  }
  t.pass();
});
