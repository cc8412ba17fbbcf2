import test from 'ava';
import fc from 'fast-check';
import { readTime } from '../../src/cli/values/time-argument.js';
import { formatTime } from '../../src/engine/bytes/text/time-text.js';
import { commandLine } from '../support/command-line.js';
import { fixturePath } from '../support/fixtures.js';

/** Noon in Berlin, which is an hour ahead of UTC in winter. */
const NOW_MS = Date.UTC(2026, 10, 29, 11);
const NOW_NS = BigInt(NOW_MS) * 1_000_000n;
const HOUR_NS = 3_600_000_000_000n;

// Node reads the variable anew whenever it is set.
test.before(() => {
  process.env['TZ'] = 'Europe/Berlin';
});

/** The moment; or the reason for there being none, and what to type instead. */
function read(text: string): bigint | string {
  const reading = readTime(text, NOW_MS);
  return 'timeNs' in reading ? reading.timeNs : `${reading.refusal}; ${reading.examples}`;
}

test('a time with a zone is the moment that it names, to the nanosecond', (t) => {
  t.is(read('1970-01-01T00:00:00Z'), 0n);
  t.is(read('2026-02-03T04:05:06.123456789Z'), 1770091506123456789n);
  t.is(read('2026-02-03T04:05:06.5+01:30'), 1770086106500000000n);
  t.is(read('2026-02-03 04:05:06-00:30'), 1770093306000000000n);
  t.is(read('1969-12-31T23:59:59.999999999Z'), -1n);
  t.is(read('2026-02-03T04:05Z'), 1770091500000000000n);
});

test('a number is seconds, milliseconds, microseconds or nanoseconds, by its size', (t) => {
  const moment = 1770091506n;
  for (const factor of [1n, 1_000n, 1_000_000n, 1_000_000_000n]) {
    t.is(read(String(moment * factor)), moment * 1_000_000_000n);
  }
  t.is(read('1770091506123456789'), 1770091506123456789n);
  t.is(read('0x1890b5a6dd5b0d15'), 0x1890b5a6dd5b0d15n);
  t.is(read('0'), 0n);
});

test('a span is so long before now', (t) => {
  t.is(read('-1h'), NOW_NS - HOUR_NS);
  t.is(read('-30m'), NOW_NS - HOUR_NS / 2n);
  t.is(read('-90s'), NOW_NS - 90_000_000_000n);
  t.is(read('-2d'), NOW_NS - 48n * HOUR_NS);
  t.is(read('-1w'), NOW_NS - 168n * HOUR_NS);
  t.is(read('-1d12h30m'), NOW_NS - 36n * HOUR_NS - HOUR_NS / 2n);
});

test('a time without a zone is one of this host, of today where it names no day', (t) => {
  t.is(read('2026-11-29 10:00'), NOW_NS - 2n * HOUR_NS);
  t.is(read('2026-11-29T10:00:00.5'), NOW_NS - 2n * HOUR_NS + 500_000_000n);
  t.is(read('10:00'), NOW_NS - 2n * HOUR_NS);
  t.is(read('9:30:15'), NOW_NS - 2n * HOUR_NS - HOUR_NS / 2n + 15_000_000_000n);
  t.is(read('2026-07-01 12:00'), BigInt(Date.UTC(2026, 6, 1, 10)) * 1_000_000n);
});

test('what can be read in two ways is refused, with both', (t) => {
  t.regex(String(read('14:00')), /still to come today; '2026-11-28 14:00'/);
  t.regex(String(read('2026-11-29')), /no moment; '2026-11-29 00:00' or '2026-11-29 23:59'/);
  t.regex(String(read('1h')), /from when; -1h /);
  t.regex(String(read('+2d')), /from when; -2d /);
  t.regex(String(read('-5')), /what unit; -5m, -5h or -5d/);
  t.regex(String(read('1234')), /what unit/);
});

test('a time that the clocks showed twice, or never, is refused with the moments that it can be', (t) => {
  const twice = String(read('2026-10-25 02:30'));
  t.regex(twice, /twice; 2026-10-25T02:30:00\+02:00 or 2026-10-25T02:30:00\+01:00$/);
  t.not(read('2026-10-25T02:30:00+02:00'), read('2026-10-25T02:30:00+01:00'));
  t.regex(String(read('2026-03-29 02:30')), /no clock .* ever showed it; 2026-03-29T03:30:00\+02:00/);
  t.is(typeof read('2026-10-25 03:00'), 'bigint');
});

test('what is no time is refused, and never moved to another day', (t) => {
  for (const text of [
    '',
    'now',
    '-',
    '-h',
    '-1m1h',
    '2026-02-30T00:00:00Z',
    '2026-02-30 00:00',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00.1234567890Z',
    '2026-01-01T00:00:00+24:00',
    '9999-01-01T00:00:00Z',
    '9223372036854775808',
    '29.11.2026 14:00',
    '25:00',
  ]) {
    t.is(typeof read(text), 'string', text);
  }
});

test('a time that was formatted is read back as the same nanosecond', (t) => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 63n - 1n }), (timeNs) => {
      t.is(read(formatTime(timeNs)), timeNs);
    }),
  );
});

test('a moment that a local clock shows once is read from what that shows', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), (seconds) => {
      const date = new Date(seconds * 1_000);
      const pad = (number: number): string => String(number).padStart(2, '0');
      const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
      const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
      const moment = read(`${day} ${clock}`);
      t.true(
        typeof moment === 'bigint' ? moment === BigInt(seconds) * 1_000_000_000n : moment.includes('twice'),
      );
    }),
  );
});

test('a command line refuses what is no moment, and says what it takes; of a local time it says which moment it is', async (t) => {
  const segment = fixturePath('wal-ops/wal-0.log');
  const refused = await commandLine(['wal-replay', segment, '--to-time', 'yesterday']);
  t.is(refused.exitCode, 2);
  t.regex(refused.stderr, /--to-time yesterday: it is no time; write -1h, -30m, /);
  const local = await commandLine(['wal-replay', segment, '--stats', '--from-time', '2026-02-03 04:05']);
  t.is(local.exitCode, 0);
  t.regex(local.stderr, /--from-time is 2026-02-03T03:05:00\.000000000Z/);
  const relative = await commandLine(['wal-replay', segment, '--stats', '--from-time', '-1h']);
  t.regex(relative.stderr, /--from-time is 20/);
});
