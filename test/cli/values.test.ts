import test from 'ava';
import fc from 'fast-check';
import { parseInteger, parseIntegerWithin } from '../../src/cli/command/integer-text.js';
import { formatSize, parseSize } from '../../src/cli/command/size-text.js';
import { formatTime, parseTime } from '../../src/cli/command/time-text.js';

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

test('times are RFC 3339 with any offset, or nanoseconds', (t) => {
  t.is(parseTime('1970-01-01T00:00:00Z'), 0n);
  t.is(parseTime('2026-02-03T04:05:06.123456789Z'), 1770091506123456789n);
  t.is(parseTime('2026-02-03T04:05:06.5+01:30'), 1770086106500000000n);
  t.is(parseTime('2026-02-03 04:05:06-00:30'), 1770093306000000000n);
  t.is(parseTime('1969-12-31T23:59:59.999999999Z'), -1n);
  t.is(parseTime('1770091506123456789'), 1770091506123456789n);
  t.is(parseTime('-5'), -5n);
});

test('what is no time is refused, and never moved to another day', (t) => {
  for (const text of [
    '',
    'now',
    '2026-02-03',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00',
    '2026-01-01T00:00:00.1234567890Z',
    '2026-01-01T00:00:00+24:00',
    '9999-01-01T00:00:00Z',
    '9223372036854775808',
  ]) {
    t.is(parseTime(text), undefined, text);
  }
});

test('a time that was formatted is read back as the same nanosecond', (t) => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 63n - 1n }), (timeNs) => {
      t.is(parseTime(formatTime(timeNs)), timeNs);
    }),
  );
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
