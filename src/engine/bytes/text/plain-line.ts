import { isUtf8, toUtf8 } from './text.js';

/** A key and a value that stand in a line as they are: views of it. */
export interface PlainEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** A request that stands in a line as it is: its key and its value are views of it. */
export interface PlainRequest {
  readonly key: Uint8Array;
  /** Undefined in a get. */
  readonly value: Uint8Array | undefined;
}

const BEFORE_KEY = toUtf8('{"key":"');
const BEFORE_KEY_TO_GET = toUtf8('{"op":"get","key":"');
const BEFORE_KEY_TO_PUT = toUtf8('{"op":"put","key":"');
const BETWEEN = toUtf8('","value":"');
const LINE_END = toUtf8('"}');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const CONTROL_END = 0x20;
const ASCII_MAX = 0x7f;

/**
 * Finds the key and the value of a line `{"key":"…","value":"…"}` that has no blank, no escape and no other field, as most lines of
 * an export are; undefined for any other line, which JSON's parser has to read. That parser needs a string of the line, and makes an
 * object of it and two strings, of which bytes are made again: ten times the work.
 * @param line whatever lies around the line is not looked at
 */
export function plainEntry(line: Uint8Array, start = 0, end = line.length): PlainEntry | undefined {
  return standsAt(line, start, BEFORE_KEY) ? entryFrom(line, start + BEFORE_KEY.length, end) : undefined;
}

/**
 * Finds what a line `{"op":"get","key":"…"}` or `{"op":"put","key":"…","value":"…"}` asks for, as `plainEntry` does; undefined for
 * any other line.
 */
export function plainRequest(line: Uint8Array): PlainRequest | undefined {
  if (standsAt(line, 0, BEFORE_KEY_TO_PUT)) return entryFrom(line, BEFORE_KEY_TO_PUT.length, line.length);
  if (!standsAt(line, 0, BEFORE_KEY_TO_GET)) return undefined;
  const keyStart = BEFORE_KEY_TO_GET.length;
  const keyEnd = line.length - LINE_END.length;
  const isWhole = keyStart <= keyEnd && standsAt(line, keyEnd, LINE_END);
  if (!isWhole || textEnd(line, keyStart, keyEnd) !== keyEnd) return undefined;
  return { key: line.subarray(keyStart, keyEnd), value: undefined };
}

/** The rest of a line from the key's text on. */
function entryFrom(line: Uint8Array, keyStart: number, end: number): PlainEntry | undefined {
  const valueEnd = end - LINE_END.length;
  if (!standsAt(line, valueEnd, LINE_END)) return undefined;
  const keyEnd = textEnd(line, keyStart, valueEnd);
  if (!standsAt(line, keyEnd, BETWEEN)) return undefined;
  const valueStart = keyEnd + BETWEEN.length;
  if (valueStart > valueEnd || textEnd(line, valueStart, valueEnd) !== valueEnd) return undefined;
  return { key: line.subarray(keyStart, keyEnd), value: line.subarray(valueStart, valueEnd) };
}

function standsAt(line: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) if (line[at + index] !== text[index]) return false;
  return true;
}

/** Finds the end of what stands for itself in a JSON string; -1 where that is not UTF-8. */
function textEnd(line: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isPlain(line[at]!) && line[at]! <= ASCII_MAX) at++;
  if (at === end || line[at]! <= ASCII_MAX) return at;
  const others = at;
  while (at < end && isPlain(line[at]!)) at++;
  return isUtf8(line, others, at) ? at : -1;
}

function isPlain(byte: number): boolean {
  return byte >= CONTROL_END && byte !== QUOTE && byte !== BACKSLASH;
}
