import { fromBase64, fromHex, fromUtf8, isUtf8, toUtf8 } from './text.js';

/** The fields of a JSON object on a line. A long string is a `LongText`, others are what JSON makes of them. */
export type JsonFields = Readonly<Record<string, unknown>>;

/** Lines up to this are read at once: bytes. */
const SHORT_LINE_BYTES = 16 * 1024 * 1024;
/** A string of more stays as bytes. */
const SHORT_TEXT_BYTES = 64 * 1024;
/** The most bytes that a line may have without its long strings: nothing that we read has more. */
const SKELETON_BYTES_MAX = 64 * 1024 * 1024;
/** A value of 256 MiB in base64, and some more: no longer string is in anything that we read. */
const LONG_TEXT_BYTES_MAX = 384 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;
const FIRST_PIECE_BYTES = 4 * 1024;
/** Stands for a long string in what is parsed; no other string can be it, as a NUL comes only from an escape. */
const MARK = '\0long:';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const CONTROL_END = 0x20;
/** A backslash, `u`, and four digits. */
const ESCAPE_BYTES = 6;
/** By the byte: what it is worth as a hex digit, or -1. */
const DIGITS = Int8Array.from({ length: 256 }, (_, byte) => {
  const digit = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(digit) ? -1 : digit;
});
const ESCAPES: ReadonlyMap<number, number> = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, character]) => [letter.charCodeAt(0), character.charCodeAt(0)],
  ),
);

/**
 * The object of a whole line; undefined where it is none: not UTF-8, not JSON, or no object.
 * Memory: of a long line the decoded bytes of its long strings, never a string of that length.
 */
export function parseJsonLine(line: Uint8Array): JsonFields | undefined {
  if (line.length > SHORT_LINE_BYTES) {
    const parts = new JsonLineParts();
    parts.take(line);
    return parts.end();
  }
  const text = fromUtf8(line);
  return text === undefined ? undefined : parseObject(text);
}

/** A string of a JSON line that is too long to be made a string of: its bytes, in pieces. */
export class LongText {
  readonly #pieces: Uint8Array[];
  readonly #length: number;

  /** @internal */
  constructor(pieces: Uint8Array[], length: number) {
    this.#pieces = pieces;
    this.#length = length;
  }

  /** Its bytes in UTF-8. It can be asked for once: the pieces are let go as they are taken. */
  takeUtf8(): Uint8Array | undefined {
    const bytes = this.#joined(this.#length, (piece) => piece);
    return bytes !== undefined && isUtf8(bytes) ? bytes : undefined;
  }

  /** The bytes that it stands for in base64; undefined where it is none. Once, too. */
  takeBase64(): Uint8Array | undefined {
    if (this.#length % 4 !== 0) return undefined;
    return this.#joined((this.#length / 4) * 3, (piece) => fromBase64(latin1(piece)));
  }

  /** The bytes that it stands for in hex; undefined where it is none. Once, too. */
  takeHex(): Uint8Array | undefined {
    if (this.#length % 2 !== 0) return undefined;
    return this.#joined(this.#length / 2, (piece) => fromHex(latin1(piece)));
  }

  /** Pieces have even lengths that are multiples of 4, the last one apart: each is decoded by itself. */
  #joined(bytesMax: number, decode: (piece: Uint8Array) => Uint8Array | undefined): Uint8Array | undefined {
    const bytes = new Uint8Array(bytesMax);
    let length = 0;
    for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
      const decoded = decode(piece);
      if (decoded === undefined) return undefined;
      // Padding ends a text: where more follows it, it is not what one encoder wrote.
      const isWhole = decoded.length * this.#length === piece.length * bytesMax;
      if (this.#pieces.length > 0 && !isWhole) return undefined;
      bytes.set(decoded, length);
      length += decoded.length;
    }
    return bytes.subarray(0, length);
  }
}

/**
 * A line of JSON that comes in parts. Strings are decoded as they come; the rest of the line is kept as it is, and
 * parsed at its end.
 *
 * Invariant: `#skeleton` is the line so far, with a mark for each string that is in `#long`; within a string what
 * came of it is in `#text`.
 */
export class JsonLineParts {
  readonly #skeleton = new Pieces();
  readonly #long: LongText[] = [];
  #text: Pieces | undefined;
  /** Within an escape: what came of it behind the backslash. */
  #escape: number[] | undefined;
  /** The first half of a character that JSON writes in two escapes. */
  #highSurrogate: number | undefined;
  #isBad = false;

  /** The next bytes of the line, valid during the call. */
  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#isBad;) {
      at = this.#text === undefined ? this.#takeOutside(bytes, at) : this.#takeInside(this.#text, bytes, at);
      if (this.#skeleton.length > SKELETON_BYTES_MAX) this.#isBad = true;
      if ((this.#text?.length ?? 0) > LONG_TEXT_BYTES_MAX) this.#isBad = true;
    }
  }

  /** The line's object, as `parseJsonLine` has it. */
  end(): JsonFields | undefined {
    if (this.#isBad || this.#text !== undefined) return undefined;
    const text = fromUtf8(this.#skeleton.joined());
    const fields = text === undefined ? undefined : parseObject(text);
    if (fields === undefined || this.#long.length === 0) return fields;
    return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, this.#restored(value)]));
  }

  #restored(value: unknown): unknown {
    if (typeof value !== 'string' || !value.startsWith(MARK)) return value;
    return this.#long[Number(value.slice(MARK.length))] ?? value;
  }

  #takeOutside(bytes: Uint8Array, at: number): number {
    const quote = bytes.indexOf(QUOTE, at);
    const end = quote === -1 ? bytes.length : quote;
    this.#skeleton.add(bytes.subarray(at, end));
    if (quote !== -1) this.#text = new Pieces();
    return quote === -1 ? end : end + 1;
  }

  #takeInside(text: Pieces, bytes: Uint8Array, start: number): number {
    if (this.#escape !== undefined) {
      this.#takeEscaped(text, this.#escape, bytes[start]!);
      return start + 1;
    }
    let at = start;
    let byte = -1;
    for (; at < bytes.length; at++) {
      byte = bytes[at]!;
      if (byte === QUOTE || byte === BACKSLASH || byte < CONTROL_END) break;
    }
    if (at > start) {
      if (this.#highSurrogate !== undefined) this.#isBad = true;
      text.add(bytes.subarray(start, at));
    }
    if (at === bytes.length) return at;
    if (byte === BACKSLASH && bytes[at + 1] === LETTER_U && at + ESCAPE_BYTES <= bytes.length) {
      this.#addCharacter(text, unitAt(bytes, at + 2));
      return at + ESCAPE_BYTES;
    }
    if (byte === QUOTE) this.#endText(text);
    else if (byte === BACKSLASH) this.#escape = [];
    else this.#isBad = true;
    return at + 1;
  }

  #takeEscaped(text: Pieces, escape: number[], byte: number): void {
    escape.push(byte);
    if (escape[0] !== LETTER_U) {
      this.#escape = undefined;
      this.#addCharacter(text, ESCAPES.get(byte));
    } else if (escape.length === 5) {
      this.#escape = undefined;
      this.#addCharacter(text, unitAt(escape, 1));
    }
  }

  #addCharacter(text: Pieces, unit: number | undefined): void {
    const high = this.#highSurrogate;
    this.#highSurrogate = undefined;
    const isHigh = unit !== undefined && unit >= 0xd800 && unit < 0xdc00;
    const isLow = unit !== undefined && unit >= 0xdc00 && unit < 0xe000;
    // A half by itself has no UTF-8 form.
    if (unit === undefined || isLow !== (high !== undefined)) this.#isBad = true;
    else if (isHigh) this.#highSurrogate = unit;
    else if (unit < 0x80) text.addByte(unit);
    else text.add(toUtf8(high === undefined ? String.fromCharCode(unit) : String.fromCharCode(high, unit)));
  }

  #endText(text: Pieces): void {
    this.#text = undefined;
    if (this.#highSurrogate !== undefined) {
      this.#isBad = true;
      return;
    }
    if (text.length > SHORT_TEXT_BYTES) {
      this.#skeleton.add(toUtf8(JSON.stringify(`${MARK}${this.#long.length}`)));
      this.#long.push(text.taken());
      return;
    }
    const short = fromUtf8(text.joined());
    if (short === undefined || short.startsWith(MARK)) this.#isBad = true;
    else this.#skeleton.add(toUtf8(JSON.stringify(short)));
  }
}

/** Bytes that grow without being moved again and again. */
class Pieces {
  readonly #whole: Uint8Array[] = [];
  #last = new Uint8Array(FIRST_PIECE_BYTES);
  #lastLength = 0;
  length = 0;

  addByte(byte: number): void {
    if (this.#lastLength === this.#last.length) this.#grow();
    this.#last[this.#lastLength++] = byte;
    this.length++;
  }

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#lastLength === this.#last.length) this.#grow();
      const count = Math.min(bytes.length - at, this.#last.length - this.#lastLength);
      this.#last.set(bytes.subarray(at, at + count), this.#lastLength);
      this.#lastLength += count;
      at += count;
    }
    this.length += bytes.length;
  }

  joined(): Uint8Array {
    if (this.#whole.length === 0) return this.#last.subarray(0, this.#lastLength);
    return Buffer.concat([...this.#whole, this.#last.subarray(0, this.#lastLength)]);
  }

  taken(): LongText {
    return new LongText([...this.#whole, this.#last.subarray(0, this.#lastLength)], this.length);
  }

  #grow(): void {
    if (this.#last.length < PIECE_BYTES) {
      const grown = new Uint8Array(Math.min(PIECE_BYTES, this.#last.length * 4));
      grown.set(this.#last);
      this.#last = grown;
      return;
    }
    this.#whole.push(this.#last);
    this.#last = new Uint8Array(PIECE_BYTES);
    this.#lastLength = 0;
  }
}

/** The four hex digits of an escape; undefined where they are none. */
function unitAt(bytes: ArrayLike<number>, start: number): number | undefined {
  let unit = 0;
  for (let at = start; at < start + 4; at++) {
    const digit = DIGITS[bytes[at]!]!;
    if (digit < 0) return undefined;
    unit = unit * 16 + digit;
  }
  return unit;
}

function parseObject(text: string): JsonFields | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as JsonFields)
      : undefined;
  } catch {
    return undefined;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
