/** From this many bytes on, a view and a native copy are quicker than a loop, though the view is allocated. */
const NATIVE_COPY_BYTES_MIN = 96;
/** The length from which `set` copies a whole array more quickly than a loop; it needs no view. */
const WHOLE_COPY_BYTES_MIN = 32;

/**
 * Copies `from[start, start + length)` to `into[at, …)`. Whole arrays and short ranges are copied
 * without allocating anything. The caller has checked the bounds of both.
 */
export function copyBytes(
  from: Uint8Array,
  start: number,
  length: number,
  into: Uint8Array,
  at: number,
): void {
  const isWhole = length === from.length;
  if (length < (isWhole ? WHOLE_COPY_BYTES_MIN : NATIVE_COPY_BYTES_MIN)) {
    for (let index = 0; index < length; index++) into[at + index] = from[start + index]!;
  } else if (isWhole) {
    into.set(from, at);
  } else {
    into.set(from.subarray(start, start + length), at);
  }
}
