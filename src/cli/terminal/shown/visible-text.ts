import { fromUtf8 } from '../../../engine/bytes/text/text.js';

/** Everything that moves a cursor, ends a line or turns text round (Unicode categories Cc, Zl, Zp, and bidi marks). */
const INVISIBLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/**
 * Text that is safe to show on one line of a terminal, whatever it holds: control characters
 * become visible escapes. For people; what programs read back is escaped in `field-escapes.ts`.
 */
export function visibleText(text: string): string {
  return text.replace(INVISIBLE, (character) => {
    const code = character.codePointAt(0)!;
    return SHORT.get(character) ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

/**
 * A value as a terminal may be shown it: what it does to the terminal, and bytes that are no UTF-8, are visible
 * escapes. Its lines and tabs stay.
 */
export function visibleValue(value: Uint8Array): string {
  const text =
    fromUtf8(value) ??
    Buffer.from(value)
      .toString('latin1')
      .replace(/[\u0080-\u00ff]/g, (byte) => `\\x${hex(byte.charCodeAt(0), 2)}`);
  return text
    .split(/([\n\t])/)
    .map((part) => (part === '\n' || part === '\t' ? part : visibleText(part)))
    .join('');
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
