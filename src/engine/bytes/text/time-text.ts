const NANOSECONDS_A_MILLISECOND = 1_000_000n;
const FRACTION_DIGITS = 9;

/** A time for people: RFC 3339 in UTC with nanoseconds. */
export function formatTime(timeNs: bigint): string {
  const nanoseconds = ((timeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const milliseconds = (timeNs - nanoseconds) / NANOSECONDS_A_MILLISECOND;
  const [seconds] = new Date(Number(milliseconds)).toISOString().split('.');
  return `${seconds!}.${nanoseconds.toString().padStart(FRACTION_DIGITS, '0')}Z`;
}
