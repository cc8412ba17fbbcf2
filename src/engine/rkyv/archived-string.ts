import { isUtf8 } from '../bytes/text/text.js';
import { readI32, readU32, writeU32 } from '../bytes/halves.js';

/** Size of an archived string where it is referred to; up to as many bytes of text stand right there. */
export const STRING_BYTES = 8;

/** Fills what a short text leaves of its 8 bytes. No UTF-8 text contains it. */
const FILLER = 0xff;

/** The two top bits of the first byte tell a text that lies elsewhere: `10`, with which no UTF-8 text starts. */
const OUT_OF_LINE_MASK = 0xc0;
const OUT_OF_LINE_MARK = 0x80;
const LOW_LENGTH_MASK = 0x3f;

/** True if a text of so many bytes lies outside its 8 bytes. */
export function isOutOfLine(textLength: number): boolean {
  return textLength > STRING_BYTES;
}

/** Writes the 8 bytes at `at` of a text; `textAt` is where a long one's bytes are. */
export function writeString(into: Uint8Array, at: number, text: Uint8Array, textAt: number): void {
  if (isOutOfLine(text.length)) {
    const high = text.length & ~LOW_LENGTH_MASK;
    writeU32(into, at, (text.length & LOW_LENGTH_MASK) | OUT_OF_LINE_MARK | (high << 2));
    writeU32(into, at + 4, textAt - at);
    return;
  }
  for (let index = 0; index < STRING_BYTES; index++) {
    into[at + index] = index < text.length ? text[index]! : FILLER;
  }
}

/** The place of an archived string's text, in a buffer that `locateString` was given. */
export interface StringPlace {
  textStart: number;
  textLength: number;
}

/**
 * Finds the text of the archived string at `at`, and checks that one lying elsewhere is within
 * `[low, high)` and that it is UTF-8.
 * @returns undefined if it is good, else the reason
 */
export function locateString(
  bytes: Uint8Array,
  at: number,
  low: number,
  high: number,
  place: StringPlace,
): string | undefined {
  if ((bytes[at]! & OUT_OF_LINE_MASK) === OUT_OF_LINE_MARK) {
    const stored = readU32(bytes, at);
    place.textLength = (stored & LOW_LENGTH_MASK) | ((stored & ~0xff) >>> 2);
    place.textStart = at + readI32(bytes, at + 4);
    if (!isOutOfLine(place.textLength)) return 'a name that would fit in its place lies elsewhere';
    if (place.textStart < low || place.textStart + place.textLength > high)
      return 'a name lies out of bounds';
  } else {
    place.textStart = at;
    place.textLength = 0;
    while (place.textLength < STRING_BYTES && bytes[at + place.textLength] !== FILLER) place.textLength++;
  }
  const text = bytes.subarray(place.textStart, place.textStart + place.textLength);
  return isUtf8(text) ? undefined : 'a name is not UTF-8';
}
