import { createRequire } from 'node:module';
import { crc32 as zlibCrc32 } from 'node:zlib';
import castagnoli from 'crc-32/crc32c.js';
import { buildCrcTables, crcBySlices } from './crc-slices.js';
import { CASTAGNOLI, IEEE } from './polynomial.js';

/*
 * crc-32 sums whole arrays with Castagnoli's polynomial. It takes no range: for one it would need a `subarray`, which costs
 * more than the sum of a short record; those are summed by slices here. (Hardly any whole array is summed with the polynomial
 * of IEEE, and crc-32's tables for it would cost each start a third of a millisecond.) Measured on Node 20.20, x64, ns of
 * processor a call:
 *
 * | bytes | whole: crc-32 | whole: slices here |
 * |---|---|---|
 * | 14 | 30 | 32 |
 * | 64 | 46 | 73 |
 * | 128 | 83 | 131 |
 * | 200 | 130 | 206 |
 * | 300 | 194 | 300 |
 */

/**
 * From this length on, the native functions win. Below it, the call into native code costs more
 * than the work. Measured on Node 20.20, x64, ns a call on a range of a larger buffer:
 *
 * | bytes | tables here | @node-rs/crc32 crc32c | zlib crc32 |
 * |---|---|---|---|
 * | 64 | 51 | 167 | 198 |
 * | 200 | 153 | 199 | 240 |
 * | 256 | 186 | 206 | 214 |
 * | 400 | 287 | 237 | 282 |
 * | 4,096 | 2,889 | 822 | 958 |
 */
export const NATIVE_BYTES_MIN = 320;

/** Made when first needed, which in most runs one of them never is. */
let castagnoliTables: Int32Array | undefined;
let ieeeTables: Int32Array | undefined;

type NativeCrc = (bytes: Uint8Array, seed: number) => number;

let nativeCrc32c: NativeCrc | undefined;
/**
 * Loading the native function takes as long as summing this many bytes without it; a process that looks up one key
 * sums less.
 */
const BYTES_BEFORE_NATIVE = 128 * 1024;
/** Making our tables takes as long as the objects that crc-32 needs for this many bytes in short ranges. */
const BYTES_BEFORE_TABLES = 64 * 1024;
let bytesSummed = 0;

/** Loaded when the first long input comes; where there is no binary, crc-32 does all the work. */
function loadNativeCrc32c(): NativeCrc {
  try {
    const native = createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: NativeCrc };
    return native.crc32c;
  } catch {
    return (bytes, seed) => castagnoli.buf(bytes, seed) >>> 0;
  }
}

function checkRange(bytes: Uint8Array, start: number, end: number): void {
  if (!(start >= 0 && start <= end && end <= bytes.length)) {
    throw new RangeError(`range ${start} to ${end} is not within ${bytes.length} bytes`);
  }
}

/**
 * crc32c (Castagnoli) of `bytes[start, end)`, as an unsigned number. `seed` is the crc32c of the
 * bytes before, so that pieces chain: `crc32c(b, 0, b.length, crc32c(a))` is that of a then b.
 * @throws RangeError where the range is not within `bytes`
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  checkRange(bytes, start, end);
  if (end - start < NATIVE_BYTES_MIN) {
    if (end - start === bytes.length) return castagnoli.buf(bytes, seed) >>> 0;
    if (castagnoliTables === undefined) {
      bytesSummed += end - start;
      if (bytesSummed < BYTES_BEFORE_TABLES) return castagnoli.buf(bytes.subarray(start, end), seed) >>> 0;
      castagnoliTables = buildCrcTables(CASTAGNOLI);
    }
    return crcBySlices(castagnoliTables, bytes, start, end, seed);
  }
  if (nativeCrc32c === undefined) {
    bytesSummed += end - start;
    if (bytesSummed < BYTES_BEFORE_NATIVE) return castagnoli.buf(bytes.subarray(start, end), seed) >>> 0;
    nativeCrc32c = loadNativeCrc32c();
  }
  return nativeCrc32c(bytes.subarray(start, end), seed);
}

/**
 * crc32 (IEEE 802.3, as in zlib) of `bytes[start, end)`, as an unsigned number; `seed` as in
 * `crc32c`.
 * @throws RangeError where the range is not within `bytes`
 */
export function crc32(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  checkRange(bytes, start, end);
  if (end - start < NATIVE_BYTES_MIN) {
    ieeeTables ??= buildCrcTables(IEEE);
    return crcBySlices(ieeeTables, bytes, start, end, seed);
  }
  return zlibCrc32(bytes.subarray(start, end), seed);
}

/** A checksum in eight hex digits. */
export function checksumHex(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}

/** Formats a checksum as hex with its prefix: `0x0123abcd`. */
export function checksumText(sum: number): string {
  return `0x${checksumHex(sum)}`;
}
