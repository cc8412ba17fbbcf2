/** A checksum in eight hex digits. */
export function checksumHex(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}

/** The same, marked as hex: `0x0123abcd`. */
export function checksumText(sum: number): string {
  return `0x${checksumHex(sum)}`;
}
