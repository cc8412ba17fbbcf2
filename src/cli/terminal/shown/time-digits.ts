import { DividedByBillion, isNegativeHigh, joinI64 } from '../../../engine/bytes/halves.js';
import { formatTime } from '../../../engine/bytes/text/time-text.js';
import { toUtf8 } from '../../../engine/bytes/text/text.js';

const SECOND_NS = 1_000_000_000n;
const DIGIT_ZERO = 0x30;
const FRACTION_DIGITS = 9;
const FRACTION_START = 'yyyy-mm-ddThh:mm:ss.'.length;

/**
 * Times as RFC 3339 in UTC with nanoseconds, as `formatTime` writes them, without a text for each: records follow each other, and
 * most are of the second of the one before.
 */
export class TimeDigits {
  readonly #text = toUtf8(formatTime(0n));
  readonly #divided = new DividedByBillion();
  #second = 0;

  /** @returns the text as bytes, valid until the next call. @param low and `high`: unsigned halves of an i64 of nanoseconds since 1970 */
  of(low: number, high: number): Uint8Array {
    if (isNegativeHigh(high)) return toUtf8(formatTime(joinI64(low, high)));
    const divided = this.#divided;
    divided.divide(low, high);
    if (divided.quotient !== this.#second) this.#startSecond(divided.quotient);
    this.#writeFraction(divided.remainder);
    return this.#text;
  }

  #startSecond(second: number): void {
    this.#text.set(toUtf8(formatTime(BigInt(second) * SECOND_NS)));
    this.#second = second;
  }

  #writeFraction(nanoseconds: number): void {
    let rest = nanoseconds | 0;
    for (let at = FRACTION_START + FRACTION_DIGITS - 1; at >= FRACTION_START; at--) {
      const next = (rest / 10) | 0;
      this.#text[at] = DIGIT_ZERO + rest - next * 10;
      rest = next;
    }
  }
}
