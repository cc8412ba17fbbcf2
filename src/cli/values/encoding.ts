import type { LongText } from '../../engine/bytes/text/json-line.js';
import {
  fromBase64,
  fromHex,
  fromUtf8,
  isWellFormed,
  toBase64,
  toHex,
  toUtf8,
} from '../../engine/bytes/text/text.js';
import { usageError } from '../errors/usage-error.js';

/** How bytes stand in arguments, batch lines and output. */
export const ENCODINGS = ['utf8', 'hex', 'base64'] as const;

/** One of the encodings. */
export type Encoding = (typeof ENCODINGS)[number];

/** How keys and how values are written. */
export interface Encodings {
  readonly key: Encoding;
  readonly value: Encoding;
}

/** The character that Node puts for every byte of an argument that is not UTF-8. */
const REPLACEMENT_CHARACTER = '\ufffd';

/** Bytes from their text; undefined where it is not of that encoding. */
export function decodeText(text: string, encoding: Encoding): Uint8Array | undefined {
  switch (encoding) {
    case 'utf8':
      return isWellFormed(text) ? toUtf8(text) : undefined;
    case 'hex':
      return fromHex(text);
    case 'base64':
      return fromBase64(text);
  }
}

/** Decodes a long text, which can be decoded once. */
export function decodeLongText(text: LongText, encoding: Encoding): Uint8Array | undefined {
  switch (encoding) {
    case 'utf8':
      return text.takeUtf8();
    case 'hex':
      return text.takeHex();
    case 'base64':
      return text.takeBase64();
  }
}

/** The text of bytes; undefined where `utf8` was asked for and they are not. */
export function encodeText(bytes: Uint8Array, encoding: Encoding): string | undefined {
  switch (encoding) {
    case 'utf8':
      return fromUtf8(bytes);
    case 'hex':
      return toHex(bytes);
    case 'base64':
      return toBase64(bytes);
  }
}

/**
 * The bytes of an argument or of a flag's value.
 * @param text as it came on the command line
 * @param name what to call it in the error, such as `KEY` or `--prefix`
 * @param flag the flag that says how it is written: `--key-encoding` or `--value-encoding`
 * @throws StatelogError `INVALID_ARGUMENT`. An argument with U+FFFD is refused: whatever bytes
 * stood there are lost, and another key than the one meant would be written.
 */
export function decodeArgument(
  text: string,
  encoding: Encoding,
  name: string,
  flag: '--key-encoding' | '--value-encoding',
): Uint8Array {
  if (encoding === 'utf8' && text.includes(REPLACEMENT_CHARACTER)) {
    throw usageError(`${name} is not UTF-8`, `give it as hex or base64, with ${flag} hex or --encoding hex`);
  }
  const bytes = decodeText(text, encoding);
  if (bytes === undefined) throw usageError(`${name} is not ${encoding}`, `${flag} says how it is written`);
  return bytes;
}
