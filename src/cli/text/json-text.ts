import type { ByteOutput } from '../terminal/byte-output.js';
import { PlainBytes } from '../terminal/shown/plain-bytes.js';

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The escape of each byte that a JSON string may not hold as it is, as `JSON.stringify` writes it. */
function makeEscapes(): readonly (Uint8Array | undefined)[] {
  return Array.from({ length: BACKSLASH + 1 }, (_, byte) =>
    byte < SPACE || byte === QUOTE || byte === BACKSLASH
      ? new TextEncoder().encode(JSON.stringify(String.fromCharCode(byte)).slice(1, -1))
      : undefined,
  );
}

/** Made when first needed: a start is quicker without. */
let escapes: ReturnType<typeof makeEscapes> | undefined;

/** Longer texts are looked through first and written piece by piece: they may be written without a copy. */
const PLAIN_BYTES_MAX = 4096;

/** Bytes that stand for themselves: all that have no escape. */
const PLAIN = new PlainBytes({ escaped: [QUOTE, BACKSLASH], isHighPlain: true });

/**
 * Writes UTF-8 bytes, all or a range, as a JSON string, quotes included: the same as `JSON.stringify` of their
 * text, without making a text of them.
 */
export function writeJsonText(output: ByteOutput, bytes: Uint8Array, from = 0, end = bytes.length): void {
  escapes ??= makeEscapes();
  output.writeByte(QUOTE);
  let start = end - from <= PLAIN_BYTES_MAX ? output.writePlain(bytes, from, end, PLAIN) : from;
  for (let index = start; index < end; index++) {
    const escape = escapes[bytes[index]!];
    if (escape === undefined) continue;
    if (index > start) output.write(bytes, start, index);
    output.write(escape);
    start = index + 1;
  }
  if (start < end) output.write(bytes, start, end);
  output.writeByte(QUOTE);
}
