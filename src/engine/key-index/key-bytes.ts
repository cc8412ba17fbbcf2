/** From this length on, the native comparison wins over a loop. */
const NATIVE_COMPARE_LENGTH_MIN = 1024;

/** The first of `length` positions at which `a` from `aStart` on and `b` from `bStart` on differ, or -1. */
export function firstDifference(
  a: Uint8Array,
  aStart: number,
  b: Uint8Array,
  bStart: number,
  length: number,
): number {
  if (length >= NATIVE_COMPARE_LENGTH_MIN) {
    const order = Buffer.compare(a.subarray(aStart, aStart + length), b.subarray(bStart, bStart + length));
    if (order === 0) return -1;
  }
  let i = 0;
  for (; i < length - 3; i += 4) {
    const differences =
      (a[aStart + i]! ^ b[bStart + i]!) |
      (a[aStart + i + 1]! ^ b[bStart + i + 1]!) |
      (a[aStart + i + 2]! ^ b[bStart + i + 2]!) |
      (a[aStart + i + 3]! ^ b[bStart + i + 3]!);
    if (differences !== 0) break;
  }
  for (; i < length; i++) if (a[aStart + i] !== b[bStart + i]) return i;
  return -1;
}
