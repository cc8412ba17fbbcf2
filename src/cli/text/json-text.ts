import type { ByteOutput } from '../terminal/byte-output.js';

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The escape of each byte that a JSON string may not hold as it is, as `JSON.stringify` writes it. */
const ESCAPES: readonly (Uint8Array | undefined)[] = Array.from({ length: BACKSLASH + 1 }, (_, byte) =>
  byte < SPACE || byte === QUOTE || byte === BACKSLASH
    ? new TextEncoder().encode(JSON.stringify(String.fromCharCode(byte)).slice(1, -1))
    : undefined,
);

/**
 * Writes UTF-8 bytes as a JSON string, quotes included: the same as `JSON.stringify` of their
 * text, without making a text of them.
 */
export function writeJsonText(output: ByteOutput, bytes: Uint8Array): void {
  output.writeByte(QUOTE);
  let start = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    if (byte > BACKSLASH) continue;
    const escape = ESCAPES[byte];
    if (escape === undefined) continue;
    if (index > start) output.write(bytes.subarray(start, index));
    output.write(escape);
    start = index + 1;
  }
  if (start < bytes.length) output.write(start === 0 ? bytes : bytes.subarray(start));
  output.writeByte(QUOTE);
}
