import test from 'ava';
import fc from 'fast-check';
import { parseInteger, parseIntegerWithin } from '../../src/cli/values/integer-text.js';
import { formatSize, parseSize } from '../../src/cli/values/size-text.js';

test('64-bit numbers are read from decimal and hex without rounding', (t) => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (value) => {
      t.is(parseInteger(value.toString()), value);
      const magnitude = (value < 0n ? -value : value).toString(16);
      t.is(parseInteger(`${value < 0n ? '-' : ''}0x${magnitude}`), value);
    }),
  );
});

test('what is no integer is not taken for one', (t) => {
  for (const text of [
    '',
    '-',
    '0x',
    '1.5',
    '1e3',
    '0b1',
    '0o7',
    ' 1',
    '1 ',
    '1_000',
    '12a',
    '٣',
    '9'.repeat(65),
  ]) {
    t.is(parseInteger(text), undefined, text);
  }
});

test('a number just out of range is refused, the ends of the range are not', (t) => {
  t.is(parseIntegerWithin('18446744073709551615', 0n, 2n ** 64n - 1n), 2n ** 64n - 1n);
  t.is(parseIntegerWithin('18446744073709551616', 0n, 2n ** 64n - 1n), undefined);
  t.is(parseIntegerWithin('-1', 0n, 10n), undefined);
});

test('sizes take binary suffixes, and nothing past 2^53', (t) => {
  const sizes = {
    '0': 0,
    '4096': 4096,
    '0x10': 16,
    '64KiB': 65536,
    '64k': 65536,
    '2 MiB': 2097152,
    '1G': 2 ** 30,
    '1tib': 2 ** 40,
    '5B': 5,
  };
  for (const [text, bytes] of Object.entries(sizes)) t.is(parseSize(text), bytes, text);
  for (const text of ['', 'K', '1.5K', '-1', '1KB', '9007199254740992', '9000TiB']) {
    t.is(parseSize(text), undefined, text);
  }
});

test('sizes are shown in the largest unit that leaves a whole digit', (t) => {
  t.deepEqual([0, 1023, 1024, 1536, 8 * 2 ** 20, 2 ** 50].map(formatSize), [
    '0 bytes',
    '1023 bytes',
    '1.0 KiB',
    '1.5 KiB',
    '8.0 MiB',
    '1024.0 TiB',
  ]);
});
