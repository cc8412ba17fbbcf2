/** A checksum in eight hex digits. */
export function checksumHex(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}

/** Formats a checksum as hex with its prefix: `0x0123abcd`. */
export function checksumText(sum: number): string {
  return `0x${checksumHex(sum)}`;
}
