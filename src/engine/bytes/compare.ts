/**
 * Negative, 0 or positive as `a` is below, equal to or above `b`, byte for byte; a prefix is below
 * what it begins. The order of keys everywhere.
 */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return compareRanges(a, 0, a.length, b, 0, b.length);
}

/**
 * `compareBytes` of `a[aStart, aStart + aLength)` and the same of b, where they lie. For keys, a
 * loop: a call into native code costs more than they are long.
 */
export function compareRanges(
  a: Uint8Array,
  aStart: number,
  aLength: number,
  b: Uint8Array,
  bStart: number,
  bLength: number,
): number {
  const shorter = aLength < bLength ? aLength : bLength;
  let at = 0;
  // Four bytes a turn: a turn of a loop costs as much as comparing a byte does, and keys begin alike.
  for (; at + 4 <= shorter; at += 4) {
    const left = aStart + at;
    const right = bStart + at;
    if (a[left] !== b[right] || a[left + 1] !== b[right + 1]) break;
    if (a[left + 2] !== b[right + 2] || a[left + 3] !== b[right + 3]) break;
  }
  for (; at < shorter; at++) {
    const difference = a[aStart + at]! - b[bStart + at]!;
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

/** Above this many bytes, one native comparison is quicker than a loop. */
const LOOP_BYTES_MAX = 128;

/** True if both hold the same bytes. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  const length = a.length;
  if (length !== b.length) return false;
  if (length > LOOP_BYTES_MAX) return Buffer.compare(a, b) === 0;
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** True if `bytes` begin with `prefix`. */
export function startsWithBytes(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return startsWithRange(bytes, 0, bytes.length, prefix);
}

/** True if `bytes[start, start + length)` begin with `prefix`. */
export function startsWithRange(
  bytes: Uint8Array,
  start: number,
  length: number,
  prefix: Uint8Array,
): boolean {
  if (prefix.length > length) return false;
  for (let at = 0; at < prefix.length; at++) if (bytes[start + at] !== prefix[at]) return false;
  return true;
}

/**
 * The least key above every key that begins with `prefix`; undefined where there is none (the
 * prefix is empty, or 0xFF all through).
 */
export function prefixSuccessor(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  // A copy: `slice` of a Buffer would be a view, and change the caller's prefix.
  const successor = new Uint8Array(prefix.subarray(0, length));
  successor[length - 1] = successor[length - 1]! + 1;
  return successor;
}
