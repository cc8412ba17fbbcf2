import { SIGNED_64_MAX, SIGNED_64_MIN, parseIntegerWithin } from './integer-text.js';

const NANOSECONDS_A_MILLISECOND = 1_000_000n;
const NANOSECONDS_A_MINUTE = 60_000_000_000n;
const FRACTION_DIGITS = 9;

/** RFC 3339, section 5.6: a date, `T` or a blank, a time with an offset. At most nanoseconds. */
const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/**
 * Nanoseconds since the Unix epoch, from an RFC 3339 time or from such nanoseconds themselves;
 * undefined if it is neither, or is no time at all (February 30th), or has more than 64 bits.
 */
export function parseTime(text: string): bigint | undefined {
  const match = RFC_3339.exec(text);
  if (match === null) return parseIntegerWithin(text, SIGNED_64_MIN, SIGNED_64_MAX);
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second,
    fraction = '',
    sign,
    offsetHour = '0',
    offsetMinute = '0',
  ] = match;
  const offsetMinutes = BigInt(Number(offsetHour) * 60 + Number(offsetMinute));
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  const date = new Date(`${year!}-${month!}-${day!}T${hour!}:${minute!}:${second!}Z`);
  // `Date` makes March of February 30th; a leap second (:60) it refuses.
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day) || Number(hour) > 23)
    return undefined;
  const localNs =
    BigInt(date.getTime()) * NANOSECONDS_A_MILLISECOND + BigInt(fraction.padEnd(FRACTION_DIGITS, '0'));
  const offsetNs = offsetMinutes * NANOSECONDS_A_MINUTE;
  const timeNs = sign === '-' ? localNs + offsetNs : localNs - offsetNs;
  return timeNs < SIGNED_64_MIN || timeNs > SIGNED_64_MAX ? undefined : timeNs;
}

/** A time for people: RFC 3339 in UTC with nanoseconds. */
export function formatTime(timeNs: bigint): string {
  const nanoseconds = ((timeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const milliseconds = (timeNs - nanoseconds) / NANOSECONDS_A_MILLISECOND;
  const [seconds] = new Date(Number(milliseconds)).toISOString().split('.');
  return `${seconds!}.${nanoseconds.toString().padStart(FRACTION_DIGITS, '0')}Z`;
}
