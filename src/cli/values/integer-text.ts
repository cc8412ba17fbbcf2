/** The largest u64. */
export const UNSIGNED_64_MAX = 0xffff_ffff_ffff_ffffn;
/** The least and the largest i64. */
export const SIGNED_64_MIN = -0x8000_0000_0000_0000n;
export const SIGNED_64_MAX = 0x7fff_ffff_ffff_ffffn;

const INTEGER = /^([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)$/;
/** Longer than any 64-bit number with leading zeros that a person would type; bounds the work. */
const TEXT_LENGTH_MAX = 64;

/** An integer from decimal or 0x hex, exact whatever its size; undefined if it is none. */
export function parseInteger(text: string): bigint | undefined {
  const [, sign, digits] = (text.length > TEXT_LENGTH_MAX ? null : INTEGER.exec(text)) ?? [];
  if (digits === undefined) return undefined;
  const magnitude = BigInt(digits);
  return sign === '-' ? -magnitude : magnitude;
}

/** Parses an integer; also undefined if it is out of the given range, which includes both ends. */
export function parseIntegerWithin(text: string, least: bigint, greatest: bigint): bigint | undefined {
  const value = parseInteger(text);
  return value === undefined || value < least || value > greatest ? undefined : value;
}
