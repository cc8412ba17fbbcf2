import { DividedByBillion } from '../../../engine/bytes/halves.js';

/*
 * Decimal numbers as ASCII, written where they belong: a string for each number of each record, and its way through an
 * encoder, would cost more than the record's checksum.
 */

const DIGIT_ZERO = 0x30;
const MINUS = 0x2d;
const BASE = 10;
const PAIR = BASE * BASE;
/** The greatest power of ten that fits in 32 bits, and its digits: longer numbers are written in parts of so many. */
const PART = 1_000_000_000;
const PART_DIGITS = 9;
const WORD_RANGE = 0x1_0000_0000;

/** In parts of `PART`, which is 10^9. */
const divided = new DividedByBillion();

/** The digits of any 64-bit number, and its sign. */
export const DECIMAL_BYTES_MAX = 20;

/** The two digits of each number below 100, one behind the other. */
const PAIRS = new Uint8Array(2 * PAIR);
for (let value = 0; value < PAIR; value++) {
  PAIRS[2 * value] = DIGIT_ZERO + Math.floor(value / BASE);
  PAIRS[2 * value + 1] = DIGIT_ZERO + (value % BASE);
}

/**
 * Writes a whole number from 0 to 2^53 at `into[at]`.
 * @returns where the digits end
 */
export function writeDecimal(into: Uint8Array, at: number, value: number): number {
  if (value < PART) return writeShort(into, at, value, digitsOf(value));
  const high = Math.floor(value / PART);
  return writeShort(into, writeDecimal(into, at, high), value - high * PART, PART_DIGITS);
}

/**
 * Writes an unsigned 64-bit number, given as unsigned halves, at `into[at]`.
 * @returns where the digits end
 */
export function writeDecimalHalves(into: Uint8Array, at: number, low: number, high: number): number {
  if (high === 0) return writeDecimal(into, at, low);
  divided.divide(low, high);
  const { quotient, remainder } = divided;
  const end = quotient === 0 ? at : writeDecimal(into, at, quotient);
  return writeShort(into, end, remainder, quotient === 0 ? digitsOf(remainder) : PART_DIGITS);
}

/**
 * Writes a signed 64-bit number, given as unsigned halves of its two's complement, at `into[at]`.
 * @returns where the digits end
 */
export function writeSignedHalves(into: Uint8Array, at: number, low: number, high: number): number {
  if (high < WORD_RANGE / 2) return writeDecimalHalves(into, at, low, high);
  into[at] = MINUS;
  const negated = -low >>> 0;
  return writeDecimalHalves(into, at + 1, negated, (~high + (negated === 0 ? 1 : 0)) >>> 0);
}

/** Writes `digits` digits, zeros in front, of a number below 2^31. */
function writeShort(into: Uint8Array, at: number, value: number, digits: number): number {
  let rest = value | 0;
  let end = at + digits;
  for (; end - at >= 2; end -= 2) {
    const next = (rest / PAIR) | 0;
    const pair = 2 * (rest - next * PAIR);
    into[end - 2] = PAIRS[pair]!;
    into[end - 1] = PAIRS[pair + 1]!;
    rest = next;
  }
  if (end > at) into[at] = DIGIT_ZERO + rest;
  return at + digits;
}

/** How many digits a whole number below 2^30 has. */
function digitsOf(value: number): number {
  if (value < 10_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  if (value < 1_000_000) return value < 100_000 ? 5 : 6;
  return value < 10_000_000 ? 7 : value < 100_000_000 ? 8 : PART_DIGITS;
}
