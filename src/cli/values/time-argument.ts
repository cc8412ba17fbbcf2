import { SIGNED_64_MAX, SIGNED_64_MIN, parseInteger } from './integer-text.js';

const NANOSECONDS_A_MILLISECOND = 1_000_000n;
const NANOSECONDS_A_SECOND = 1_000_000_000n;
const MILLISECONDS_A_MINUTE = 60_000;
const FRACTION_DIGITS = 9;

/** RFC 3339, section 5.6, at most nanoseconds; seconds and the zone may be left out. */
const DATE_AND_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:[Zz]|([+-])(\d{2}):(\d{2}))?$/;
const ENDS_WITH_ZONE = /(?:[Zz]|[+-]\d{2}:\d{2})$/;
const TIME_OF_DAY = /^\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const AGO = /^-(?=\d)(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?$/;
/** Seconds of weeks, days, hours, minutes and seconds. */
const AGO_SECONDS = [604_800n, 86_400n, 3_600n, 60n, 1n] as const;
const UNSIGNED_SPAN = /^\+?\d+[wdhms]$/;

/**
 * The units that a bare number since 1970 can be in, by its size: each reaches from 1973 to 5138, and no two overlap.
 * Below the first nothing can be told.
 */
const EPOCH_UNITS: readonly { readonly from: bigint; readonly ns: bigint }[] = [
  { from: 10n ** 17n, ns: 1n },
  { from: 10n ** 14n, ns: 1_000n },
  { from: 10n ** 11n, ns: NANOSECONDS_A_MILLISECOND },
  { from: 10n ** 8n, ns: NANOSECONDS_A_SECOND },
];

/** How far a clock may be set back or forward at once, in minutes: an hour, half of it on Lord Howe Island, two in Antarctica. */
const CLOCK_CHANGES_MINUTES = [-120, -60, -30, 30, 60, 120] as const;

const EXAMPLES = `-1h, -30m, -2d, 14:00, '2026-11-29 14:00', 2026-11-29T14:00:00Z or 1764424800`;

/** A moment as it was typed; or the reason that it is none, and what to type instead. */
export type TimeReading =
  | {
      /** Nanoseconds since the Unix epoch, an i64. */
      readonly timeNs: bigint;
      /** True where it depends on this host's clock or time zone: it is then worth saying which moment was meant. */
      readonly isOfHere: boolean;
    }
  | { readonly refusal: string; readonly examples: string };

/**
 * Reads a moment: `-1h30m` before now, a local time with or without its day, RFC 3339, or seconds, milliseconds,
 * microseconds or nanoseconds since 1970, told apart by their size. Whatever can be read in two ways is refused.
 * @param nowMs milliseconds since the Unix epoch
 */
export function readTime(text: string, nowMs: number): TimeReading {
  if (AGO.test(text)) return timeAgo(text, nowMs);
  if (TIME_OF_DAY.test(text)) return timeOfToday(text, nowMs);
  const match = DATE_AND_TIME.exec(text);
  if (match !== null) return ENDS_WITH_ZONE.test(text) ? zonedTime(match) : localTime(match);
  const number = parseInteger(text);
  if (number !== undefined) return sinceEpoch(text, number);
  if (DATE.test(text)) return refused('it is a day, and no moment', `'${text} 00:00' or '${text} 23:59'`);
  if (UNSIGNED_SPAN.test(text)) {
    return refused('it does not say from when', `-${text.replace('+', '')} for that long before now`);
  }
  return refused('it is no time', EXAMPLES);
}

function refused(refusal: string, examples: string): TimeReading {
  return { refusal, examples };
}

function bounded(timeNs: bigint, isOfHere: boolean): TimeReading {
  if (timeNs >= SIGNED_64_MIN && timeNs <= SIGNED_64_MAX) return { timeNs, isOfHere };
  return refused('no record has such a time', EXAMPLES);
}

function timeAgo(text: string, nowMs: number): TimeReading {
  return bounded(BigInt(nowMs) * NANOSECONDS_A_MILLISECOND - secondsAgo(text) * NANOSECONDS_A_SECOND, true);
}

function secondsAgo(text: string): bigint {
  const counts = AGO.exec(text)!.slice(1);
  return AGO_SECONDS.reduce((sum, unit, index) => sum + unit * BigInt(counts[index] ?? '0'), 0n);
}

/** Reads a span of time, `90s`, `1h30m` or `7d`: seconds; undefined where it is none. */
export function readSpan(text: string): number | undefined {
  return AGO.test(`-${text}`) ? Number(secondsAgo(`-${text}`)) : undefined;
}

/** A number without a unit. */
function sinceEpoch(text: string, number: bigint): TimeReading {
  if (number === 0n) return { timeNs: 0n, isOfHere: false };
  const unit = EPOCH_UNITS.find(({ from }) => number >= from);
  if (unit !== undefined) return bounded(number * unit.ns, false);
  const ago = /^-\d{1,6}$/.test(text) ? `${text}m, ${text}h or ${text}d for that long before now; ` : '';
  return refused('it does not say of what unit', `${ago}${EXAMPLES}`);
}

function zonedTime(match: RegExpExecArray): TimeReading {
  const [sign, hours = '0', minutes = '0'] = match.slice(8);
  const { date, fractionNs } = fieldsOf(match);
  if (date === undefined || Number(hours) > 23 || Number(minutes) > 59) return noSuchTime(match[0]);
  const offsetMs = BigInt((Number(hours) * 60 + Number(minutes)) * MILLISECONDS_A_MINUTE);
  const atMs = BigInt(date.getTime());
  const timeMs = sign === '-' ? atMs + offsetMs : atMs - offsetMs;
  return bounded(timeMs * NANOSECONDS_A_MILLISECOND + fractionNs, false);
}

function timeOfToday(text: string, nowMs: number): TimeReading {
  const now = new Date(nowMs);
  const time = text.padStart(text.indexOf(':') === 1 ? text.length + 1 : text.length, '0');
  const reading = readTime(`${dayText(now)} ${time}`, nowMs);
  if ('timeNs' in reading && reading.timeNs > BigInt(nowMs) * NANOSECONDS_A_MILLISECOND) {
    const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
    return refused('it is still to come today', `'${dayText(yesterday)} ${time}' for the last one`);
  }
  return reading;
}

/** A time of this host's zone; a clock that is set back has some times twice, and one that is set forward has some never. */
function localTime(match: RegExpExecArray): TimeReading {
  const { date: wanted, fractionNs } = fieldsOf(match);
  if (wanted === undefined) return noSuchTime(match[0]);
  const local = new Date(
    wanted.getUTCFullYear(),
    wanted.getUTCMonth(),
    wanted.getUTCDate(),
    wanted.getUTCHours(),
    wanted.getUTCMinutes(),
    wanted.getUTCSeconds(),
  );
  const shows = (date: Date): boolean => localAsUtcMs(date) === wanted.getTime();
  if (!shows(local)) return refused('no clock of this time zone ever showed it', zonedText(local));
  const other = CLOCK_CHANGES_MINUTES.map((minutes) => shifted(local, minutes)).find(shows);
  if (other !== undefined) {
    const [first, second] = other < local ? [other, local] : [local, other];
    return refused('clocks of this time zone showed it twice', `${zonedText(first)} or ${zonedText(second)}`);
  }
  return bounded(BigInt(local.getTime()) * NANOSECONDS_A_MILLISECOND + fractionNs, true);
}

/** The fields as if they were UTC, to whole seconds; no date where there is no such day or time. */
function fieldsOf(match: RegExpExecArray): { readonly date: Date | undefined; readonly fractionNs: bigint } {
  const [, year, month, day, hour, minute, second = '00', fraction = ''] = match;
  const date = new Date(`${year!}-${month!}-${day!}T${hour!}:${minute!}:${second}Z`);
  // `Date` makes March of February 30th; a leap second (:60) it refuses.
  const isThere = !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(day) && Number(hour) < 24;
  return {
    date: isThere ? date : undefined,
    fractionNs: BigInt(fraction.padEnd(FRACTION_DIGITS, '0')),
  };
}

function noSuchTime(text: string): TimeReading {
  return refused(`there is no such time as ${text}`, EXAMPLES);
}

function shifted(date: Date, minutes: number): Date {
  return new Date(date.getTime() + minutes * MILLISECONDS_A_MINUTE);
}

/** The time that a clock of this zone shows, as if it were UTC. */
function localAsUtcMs(date: Date): number {
  return date.getTime() - date.getTimezoneOffset() * MILLISECONDS_A_MINUTE;
}

function dayText(date: Date): string {
  return new Date(localAsUtcMs(date)).toISOString().slice(0, 10);
}

/** A moment in this zone with its offset, to seconds. */
function zonedText(date: Date): string {
  const offset = -date.getTimezoneOffset();
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60].map((part) =>
    String(part).padStart(2, '0'),
  );
  const shown = new Date(localAsUtcMs(date)).toISOString().slice(0, 19);
  return `${shown}${offset < 0 ? '-' : '+'}${hours!}:${minutes!}`;
}
