import { toHex } from '../../../engine/bytes/text/text.js';

/*
 * Characters of UTF-8 beyond ASCII that show nothing themselves and change what is shown around them: the C1
 * controls, which some terminals obey, line and paragraph separators, and marks that turn text round.
 */

const DELETE = 0x7f;
const FIRST_OF_TWO = 0xc2;
const ARABIC_MARK = [0xd8, 0x9c] as const;
const FIRST_OF_THREE = 0xe2;

/**
 * How many bytes the unseen character has that starts at `at`; 0 where none does.
 * @param bytes UTF-8
 */
export function unseenLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  const second = bytes[at + 1] ?? 0;
  if (first === FIRST_OF_TWO) return second < 0xa0 ? 2 : 0;
  if (first === ARABIC_MARK[0]) return second === ARABIC_MARK[1] ? 2 : 0;
  if (first !== FIRST_OF_THREE) return 0;
  const third = bytes[at + 2] ?? 0;
  if (second === 0x80) return third === 0x8e || third === 0x8f || (third >= 0xa8 && third <= 0xae) ? 3 : 0;
  return second === 0x81 && third >= 0xa6 && third <= 0xa9 ? 3 : 0;
}

/**
 * JSON with those characters, and DEL, as escapes: it says the same, and a terminal shows it as it is.
 * @param json whole characters of UTF-8
 */
export function visibleJson(json: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!;
    if (byte < DELETE) continue;
    const length = byte === DELETE ? 1 : unseenLength(json, at);
    if (length === 0) continue;
    parts.push(json.subarray(start, at), escapeOf(json.subarray(at, at + length)));
    start = at + length;
  }
  return start === 0 ? json : Buffer.concat([...parts, json.subarray(start)]);
}

function escapeOf(character: Uint8Array): Uint8Array {
  const unit = new TextDecoder().decode(character).charCodeAt(0);
  return Buffer.from(`\\u${toHex(Uint8Array.of(unit >>> 8, unit & 0xff))}`);
}
