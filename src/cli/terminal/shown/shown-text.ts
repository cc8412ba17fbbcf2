import { encodeText, type Encoding } from '../../values/encoding.js';
import { visibleText } from './visible-text.js';

/** No more of a key or value is looked at: a line or a cell is cut to the terminal's width anyway. */
const SHOWN_BYTES_MAX = 4_096;

/**
 * The start of a key or value as a terminal may be shown it. What is not UTF-8 is U+FFFD, and so is a character that the
 * cut went through.
 */
export function shownText(bytes: Uint8Array, encoding: Encoding): string {
  const part = bytes.subarray(0, SHOWN_BYTES_MAX);
  return visibleText(encoding === 'utf8' ? new TextDecoder().decode(part) : encodeText(part, encoding)!);
}
