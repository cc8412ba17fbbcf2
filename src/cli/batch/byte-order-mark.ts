import { startsWithBytes } from '../../engine/bytes/compare.js';
import { byteOrderMarkLength } from '../../engine/bytes/text/text.js';
import { StatelogError } from '../../engine/errors.js';

/** Byte order marks of UTF-16, in which nothing of ours is written. */
const UTF16_MARKS = [Uint8Array.of(0xff, 0xfe), Uint8Array.of(0xfe, 0xff)];

/** True where a text starts with one of these marks: printed text that does not mean one is escaped there. */
export function startsWithByteOrderMark(bytes: Uint8Array): boolean {
  return byteOrderMarkLength(bytes) > 0 || isUtf16(bytes);
}

/**
 * The first line of a text, without the byte order mark that it may start with.
 * @throws StatelogError `INVALID_LINE` for UTF-16
 */
export function withoutByteOrderMark(line: Uint8Array): Uint8Array {
  if (isUtf16(line)) {
    throw new StatelogError('INVALID_LINE', 'line 1 was refused: the input is UTF-16, not UTF-8', {
      line: 1,
      hint: 'iconv -f UTF-16 -t UTF-8 makes UTF-8 of it',
    });
  }
  return line.subarray(byteOrderMarkLength(line));
}

function isUtf16(bytes: Uint8Array): boolean {
  return UTF16_MARKS.some((mark) => startsWithBytes(bytes, mark));
}
