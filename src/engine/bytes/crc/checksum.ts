import { createRequire } from 'node:module';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { buildCrcTables, crcBySlices } from './crc-slices.js';
import { CASTAGNOLI, IEEE } from './polynomial.js';

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

const castagnoliTables = buildCrcTables(CASTAGNOLI);
/** Made when first needed: most runs never do. */
let ieeeTables: Int32Array | undefined;

type NativeCrc = (bytes: Uint8Array, seed: number) => number;

let nativeCrc32c: NativeCrc | undefined;
/**
 * Loading the native function takes as long as summing this many bytes without it; a process that looks up one key
 * sums less.
 */
const BYTES_BEFORE_NATIVE = 128 * 1024;
let bytesSummed = 0;

/** Loaded when the first long input comes; where there is no binary, the tables do all the work. */
function loadNativeCrc32c(): NativeCrc {
  try {
    const native = createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: NativeCrc };
    return native.crc32c;
  } catch {
    return (bytes, seed) => crcBySlices(castagnoliTables, bytes, 0, bytes.length, seed);
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
  if (end - start < NATIVE_BYTES_MIN) return crcBySlices(castagnoliTables, bytes, start, end, seed);
  if (nativeCrc32c === undefined) {
    bytesSummed += end - start;
    if (bytesSummed < BYTES_BEFORE_NATIVE) return crcBySlices(castagnoliTables, bytes, start, end, seed);
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
