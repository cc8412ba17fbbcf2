/**
 * 64-bit numbers as two 32-bit halves. A `bigint` is an object: on a path that is taken for each
 * record, numbers stay in halves, and become a `bigint` only where they leave the engine.
 */
const scratch = new DataView(new ArrayBuffer(8));

const HALF_RANGE = 0x1_0000_0000;

/** Reads an unsigned 16-bit little-endian number. */
export function readU16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

/** Reads an unsigned 32-bit little-endian number. */
export function readU32(bytes: Uint8Array, at: number): number {
  return readI32(bytes, at) >>> 0;
}

/** Reads a signed 32-bit little-endian number. */
export function readI32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Writes the low 16 bits of `value`, little-endian. */
export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

/** Writes the low 32 bits of `value`, little-endian; a signed number as its two's complement. */
export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** Reads an unsigned 64-bit little-endian number. */
export function readU64(bytes: Uint8Array, at: number): bigint {
  return joinU64(readI32(bytes, at), readI32(bytes, at + 4));
}

/** Reads a signed 64-bit little-endian number. */
export function readI64(bytes: Uint8Array, at: number): bigint {
  return joinI64(readI32(bytes, at), readI32(bytes, at + 4));
}

/** Writes a 64-bit number, little-endian; a signed one as its two's complement. */
export function writeU64(bytes: Uint8Array, at: number, value: bigint): void {
  writeU32(bytes, at, lowHalf(value));
  writeU32(bytes, at + 4, highHalf(value));
}

/** The unsigned number with these halves, each given signed or unsigned. */
export function joinU64(low: number, high: number): bigint {
  scratch.setUint32(0, low, true);
  scratch.setUint32(4, high, true);
  return scratch.getBigUint64(0, true);
}

/** The signed number with these halves, each given signed or unsigned. */
export function joinI64(low: number, high: number): bigint {
  scratch.setUint32(0, low, true);
  scratch.setUint32(4, high, true);
  return scratch.getBigInt64(0, true);
}

/** The low 32 bits, unsigned. */
export function lowHalf(value: bigint): number {
  scratch.setBigUint64(0, value, true);
  return scratch.getUint32(0, true);
}

/** The high 32 bits, unsigned; for a negative number, those of its two's complement. */
export function highHalf(value: bigint): number {
  scratch.setBigUint64(0, value, true);
  return scratch.getUint32(4, true);
}

/** The number with these halves as a double: exact up to 2^53. */
export function halvesToNumber(low: number, high: number): number {
  return (high >>> 0) * HALF_RANGE + (low >>> 0);
}

/** The low half of a whole, non-negative number up to 2^53. */
export function lowHalfOfNumber(value: number): number {
  return value % HALF_RANGE;
}

/** The high half of a whole, non-negative number up to 2^53. */
export function highHalfOfNumber(value: number): number {
  return Math.floor(value / HALF_RANGE);
}

/** Negative, 0 or positive as the unsigned a is below, equal to or above b. Halves must be unsigned. */
export function compareHalves(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  return aHigh === bHigh ? aLow - bLow : aHigh - bHigh;
}

/** Compares signed 64-bit numbers; their halves are still given unsigned. */
export function compareSignedHalves(aLow: number, aHigh: number, bLow: number, bHigh: number): number {
  return aHigh === bHigh ? aLow - bLow : (aHigh | 0) - (bHigh | 0);
}

/** True if the unsigned half is the high one of a negative number. */
export function isNegativeHigh(high: number): boolean {
  return high >= HALF_RANGE / 2;
}

const BILLION = 1_000_000_000;
const QUARTER_BITS = 16;
const QUARTER_MASK = 0xffff;
const QUARTER_RANGE = 0x1_0000;

/** Divides by 10^9 by hand, 16 bits at a time: no step leaves what a double holds exactly. */
export class DividedByBillion {
  /** Exact: 2^64 / 10^9 is less than 2^53. */
  quotient = 0;
  remainder = 0;

  /** Divides the unsigned number with these unsigned halves. */
  divide(low: number, high: number): void {
    const top = Math.floor(high / BILLION);
    const upper = (high - top * BILLION) * QUARTER_RANGE + (low >>> QUARTER_BITS);
    const middle = Math.floor(upper / BILLION);
    const lower = (upper - middle * BILLION) * QUARTER_RANGE + (low & QUARTER_MASK);
    const bottom = Math.floor(lower / BILLION);
    this.quotient = top * HALF_RANGE + middle * QUARTER_RANGE + bottom;
    this.remainder = lower - bottom * BILLION;
  }
}
