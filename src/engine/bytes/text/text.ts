import { isUtf8 as nodeIsUtf8 } from 'node:buffer';
import { StatelogError } from '../../errors.js';

const encoder = new TextEncoder();
// `ignoreBOM` keeps a leading U+FEFF as the character it is: what was decoded encodes to the same bytes.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const NOT_HEX = /[^0-9a-fA-F]/;

/** A `Buffer` over the same bytes, without copying them. */
function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Lower-case hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  return bufferOver(bytes).toString('hex');
}

/** The bytes of a hex string in either case; undefined if it is not one. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || NOT_HEX.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  bufferOver(bytes).write(text, 'hex');
  return bytes;
}

/** Standard base64 with padding (RFC 4648, section 4). */
export function toBase64(bytes: Uint8Array): string {
  return bufferOver(bytes).toString('base64');
}

/**
 * The bytes of a base64 string; undefined unless it is exactly what `toBase64` makes: padded, in the
 * standard alphabet, with no blanks and no stray bits at the end.
 */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const decoded = Buffer.from(text, 'base64');
  if (decoded.toString('base64') !== text) return undefined;
  return Uint8Array.from(decoded);
}

/** Up to so many bytes a loop that finds nothing but ASCII is quicker than a view and native code. */
const SHORT_BYTES_MAX = 256;
const ASCII_MAX = 0x7f;

/** True if `bytes`, or a range of them, are well-formed UTF-8. */
export function isUtf8(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
  let at = start;
  if (end - start <= SHORT_BYTES_MAX) while (at < end && bytes[at]! <= ASCII_MAX) at++;
  return at === end || nodeIsUtf8(bytes.subarray(at, end));
}

/** True if a string has no lone surrogate, so that it has a UTF-8 form. */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

/**
 * The UTF-8 bytes of a string.
 * @throws StatelogError `INVALID_ARGUMENT` if it has a lone surrogate, which has no UTF-8 form: two
 * such strings would otherwise become one key. `isWellFormed` asks beforehand.
 */
export function toUtf8(text: string): Uint8Array {
  if (!isWellFormed(text)) {
    throw new StatelogError(
      'INVALID_ARGUMENT',
      'the text has half a surrogate pair, which has no UTF-8 form',
      {
        hint: 'give it as hex or base64',
      },
    );
  }
  return encoder.encode(text);
}

/** The string of UTF-8 bytes, a leading U+FEFF kept; undefined if they are not well-formed. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  if (!nodeIsUtf8(bytes)) return undefined;
  return decoder.decode(bytes);
}

/** UTF-8's byte order mark, which some programs put in front of a text. */
const MARK = Uint8Array.of(0xef, 0xbb, 0xbf);

/** How many bytes of a byte order mark of UTF-8 a text starts with: 3 or 0. */
export function byteOrderMarkLength(bytes: Uint8Array): number {
  return MARK.every((byte, index) => bytes[index] === byte) ? MARK.length : 0;
}
