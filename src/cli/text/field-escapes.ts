import { isUtf8 } from '../../engine/bytes/text/text.js';
import { startsWithByteOrderMark } from '../batch/byte-order-mark.js';
import type { ByteOutput } from '../terminal/byte-output.js';
import { PlainBytes } from '../terminal/shown/plain-bytes.js';
import { unseenLength } from '../terminal/shown/unseen-characters.js';

/*
 * One field of a `key<TAB>value` line. Bytes stand for themselves, except that
 *
 *     TAB \t    LF \n    CR \r    \ \\    any other control byte, and 0x7f: \xHH
 *
 * and that every byte from 0x80 is \xHH too where the field is not UTF-8, or where it belongs to a
 * character that shows nothing and changes what is shown around it. So a line is one
 * entry, and `--tsv` reads back exactly the same bytes.
 */

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const BACKSLASH = 0x5c;
const LETTER_X = 0x78;
const DELETE = 0x7f;
const UTF8_MARK_BYTES = 3;

/** The letter after the backslash, by the byte it stands for, and the other way round. */
const LETTER_OF_BYTE: ReadonlyMap<number, number> = new Map([
  [TAB, 0x74],
  [LINE_FEED, 0x6e],
  [CARRIAGE_RETURN, 0x72],
  [BACKSLASH, BACKSLASH],
]);
const BYTE_OF_LETTER: ReadonlyMap<number, number> = new Map(
  [...LETTER_OF_BYTE].map(([byte, letter]) => [letter, byte]),
);

const HEX_DIGITS = new TextEncoder().encode('0123456789abcdef');

/** Longer fields are looked through first and written piece by piece: they may be written without a copy. */
const PLAIN_BYTES_MAX = 4096;

/** Bytes that stand for themselves wherever they are. */
const PLAIN = new PlainBytes({ escaped: [BACKSLASH], isHighPlain: false });

/** Writes a field of bytes that are meant as text: all of them, or a range. */
export function writeField(output: ByteOutput, bytes: Uint8Array, start = 0, end = bytes.length): void {
  const isShort = end - start <= PLAIN_BYTES_MAX;
  const at = isShort ? output.writePlain(bytes, start, end, PLAIN) : start;
  if (at < end) writeWithEscapes(output, bytes.subarray(start, end), at - start);
}

/** Writes a field from `from` on: before it, everything is plain. */
function writeWithEscapes(output: ByteOutput, bytes: Uint8Array, from: number): void {
  const limit = isUtf8(bytes) ? 0x100 : 0x80;
  let start = from;
  // A mark at the start of the output would be taken for one of the text.
  if (from === 0 && limit === 0x100 && startsWithByteOrderMark(bytes))
    start = writeEscapes(output, bytes, 0, UTF8_MARK_BYTES);
  for (let index = start; index < bytes.length; index++) {
    const byte = bytes[index]!;
    if (PLAIN.has(byte)) continue;
    const length = byte > DELETE && byte < limit ? unseenLength(bytes, index) : 1;
    if (length === 0) continue;
    if (index > start) output.write(bytes, start, index);
    start = writeEscapes(output, bytes, index, length);
    index = start - 1;
  }
  if (start < bytes.length) output.write(bytes, start);
}

/**
 * The bytes of a field.
 * @param field what stands between the tabs
 * @returns undefined where a backslash starts no escape of ours, or a raw CR ends the field: it is
 * a line end from elsewhere or a byte of the value, and taking it for either would be a guess
 */
export function readField(field: Uint8Array): Uint8Array | undefined {
  if (field[field.length - 1] === CARRIAGE_RETURN) return undefined;
  const first = field.indexOf(BACKSLASH);
  if (first === -1) return field;
  const bytes = new Uint8Array(field.length);
  bytes.set(field.subarray(0, first));
  let length = first;
  for (let index = first; index < field.length; index++) {
    if (field[index] !== BACKSLASH) {
      bytes[length++] = field[index]!;
      continue;
    }
    const letter = field[++index] ?? 0;
    const byte = letter === LETTER_X ? hexByte(field, index + 1) : BYTE_OF_LETTER.get(letter);
    if (byte === undefined) return undefined;
    bytes[length++] = byte;
    if (letter === LETTER_X) index += 2;
  }
  return bytes.subarray(0, length);
}

/** @returns where the bytes after them start */
function writeEscapes(output: ByteOutput, bytes: Uint8Array, start: number, length: number): number {
  for (let index = start; index < start + length; index++) writeEscape(output, bytes[index]!);
  return start + length;
}

function writeEscape(output: ByteOutput, byte: number): void {
  output.writeByte(BACKSLASH);
  const letter = LETTER_OF_BYTE.get(byte);
  if (letter !== undefined) {
    output.writeByte(letter);
    return;
  }
  output.writeByte(LETTER_X);
  output.writeByte(HEX_DIGITS[byte >> 4]!);
  output.writeByte(HEX_DIGITS[byte & 0x0f]!);
}

/** Two hex digits as a byte; undefined where they are not there. */
function hexByte(field: Uint8Array, at: number): number | undefined {
  const high = hexDigit(field[at]);
  const low = hexDigit(field[at + 1]);
  return high === undefined || low === undefined ? undefined : high * 16 + low;
}

function hexDigit(character: number | undefined): number | undefined {
  if (character === undefined) return undefined;
  const digit = HEX_DIGITS.indexOf(character >= 0x41 && character <= 0x46 ? character + SPACE : character);
  return digit === -1 ? undefined : digit;
}
