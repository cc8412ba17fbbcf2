/**
 * Taking a checksum of any range out of the checksums of two prefixes, so that many overlapping
 * ranges cost no more than one. Source of the idea: `crc32_combine` of zlib (Mark Adler).
 */
const CASTAGNOLI_REFLECTED = 0x82f63b78;
const HIGHEST_BIT = 0x8000_0000;
const BITS_A_BYTE_LOG2 = 3;
const POWERS = 32;

/** a times b modulo the polynomial; bit 31 is x to the 0. */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let bit = HIGHEST_BIT; bit !== 0 && a !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) {
      product ^= factor;
      a &= ~bit;
    }
    factor = (factor & 1) === 0 ? factor >>> 1 : (factor >>> 1) ^ CASTAGNOLI_REFLECTED;
  }
  return product >>> 0;
}

/** `powers[k]` is x to the 2^k. */
const powers = new Uint32Array(POWERS);
powers[0] = HIGHEST_BIT >>> 1;
for (let k = 1; k < POWERS; k++) powers[k] = multiply(powers[k - 1]!, powers[k - 1]!);

/** What is left of `crc` after `bytes` zero bytes more; `bytes` is below 2^32. */
function shift(crc: number, bytes: number): number {
  let factor = HIGHEST_BIT;
  for (let rest = bytes, k = BITS_A_BYTE_LOG2; rest !== 0; rest >>>= 1, k++) {
    if ((rest & 1) !== 0) factor = multiply(powers[k % POWERS]!, factor);
  }
  return multiply(factor, crc);
}

/**
 * The crc32c of the last `bytes` bytes of a sequence, from the crc32c of all of it and of what
 * comes before them. Takes about a microsecond, however long the range.
 */
export function crc32cOfSuffix(whole: number, prefix: number, bytes: number): number {
  return (whole ^ shift(prefix, bytes)) >>> 0;
}
