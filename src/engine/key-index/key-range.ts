/** RangeError unless the bytes from `start` on, `length` of them, are there. */
export function checkRange(bytes: Uint8Array, start: number, length: number): void {
  if (start >= 0 && length >= 0 && start + length <= bytes.length) return;
  throw new RangeError(`no key of ${String(length)} bytes at ${String(start)} in ${String(bytes.length)}`);
}
