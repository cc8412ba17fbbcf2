import { joinI64 } from '../../engine/bytes/halves.js';
import { formatTime } from '../../engine/bytes/text/time-text.js';
import { toUtf8 } from '../../engine/bytes/text/text.js';

const SECOND_NS = 1_000_000_000;
const HALF_BITS = 16;
const HALF_MASK = 0xffff;
const HALF_RANGE = 0x1_0000;
const WORD_RANGE = 0x1_0000_0000;
/** From so many on, a high half is that of a negative number: a time before 1970. */
const SIGN = 0x8000_0000;
const DIGIT_ZERO = 0x30;
const FRACTION_DIGITS = 9;
const FRACTION_START = 'yyyy-mm-ddThh:mm:ss.'.length;

/**
 * Times as RFC 3339 in UTC with nanoseconds, as `formatTime` writes them, without a text for each: records follow each other, and
 * most are of the second of the one before.
 */
export class TimeDigits {
  readonly #text = toUtf8(formatTime(0n));
  #second = 0;

  /** @returns the text as bytes, valid until the next call. @param low and `high`: unsigned halves of an i64 of nanoseconds since 1970 */
  of(low: number, high: number): Uint8Array {
    if (high >= SIGN) return toUtf8(formatTime(joinI64(low, high)));
    // Division by hand, 16 bits at a time: no step leaves what a double holds exactly.
    const top = Math.floor(high / SECOND_NS);
    const upper = (high - top * SECOND_NS) * HALF_RANGE + (low >>> HALF_BITS);
    const middle = Math.floor(upper / SECOND_NS);
    const lower = (upper - middle * SECOND_NS) * HALF_RANGE + (low & HALF_MASK);
    const bottom = Math.floor(lower / SECOND_NS);
    const second = top * WORD_RANGE + middle * HALF_RANGE + bottom;
    if (second !== this.#second) this.#startSecond(second);
    this.#writeFraction(lower - bottom * SECOND_NS);
    return this.#text;
  }

  #startSecond(second: number): void {
    this.#text.set(toUtf8(formatTime(BigInt(second) * BigInt(SECOND_NS))));
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
