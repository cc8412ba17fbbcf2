import { crc32 } from '../../bytes/crc/checksum.js';
import { copyBytes } from '../../bytes/copy.js';
import { writeU16, writeU32 } from '../../bytes/halves.js';
import {
  CURSOR_AT,
  CURSOR_TYPE,
  DELETE_OVERHEAD_BYTES,
  DELETE_TYPE,
  FIELDS_AT,
  KEY_AT,
  PUT_OVERHEAD_BYTES,
  PUT_TYPE,
  TYPE_AT,
  VALUE_LENGTH_BYTES,
} from './format.js';
import type { KeyLike } from './update.js';
import type { VersionToken } from './version-token.js';
import type { WatchCursor } from './watch-cursor.js';

/** A string's unit becomes at most this many bytes of UTF-8. */
const UTF8_BYTES_A_UNIT_MAX = 3;

/** Bytes that a key may take, at most. */
export function keyBytesMax(key: KeyLike): number {
  return typeof key === 'string' ? key.length * UTF8_BYTES_A_UNIT_MAX : key.length;
}

/** Bytes that a put may take, at most; exactly where the key is bytes. */
export function putBytesMax(key: KeyLike, value: Uint8Array, version: VersionToken): number {
  return PUT_OVERHEAD_BYTES + keyBytesMax(key) + value.length + version.length;
}

/** Bytes that a delete may take, at most; exactly where the key is bytes. */
export function deleteBytesMax(key: KeyLike, version: VersionToken): number {
  return DELETE_OVERHEAD_BYTES + keyBytesMax(key) + version.length;
}

/** Bytes that a cursor record takes. */
export function cursorBytes(cursor: WatchCursor): number {
  return CURSOR_AT + cursor.length;
}

/** Writes a put's record to `into` at `at`; its length. What it holds was checked before (update.ts). */
export function encodePutRecord(
  into: Uint8Array,
  at: number,
  key: KeyLike,
  value: Uint8Array,
  version: VersionToken,
): number {
  const keyEnd = encodeKey(into, at, PUT_TYPE, key);
  writeU32(into, keyEnd, value.length);
  const valueAt = keyEnd + VALUE_LENGTH_BYTES;
  copyBytes(value, 0, value.length, into, valueAt);
  return encodeToken(into, at, valueAt + value.length, version);
}

/** Writes a delete's record to `into` at `at`; its length. */
export function encodeDeleteRecord(
  into: Uint8Array,
  at: number,
  key: KeyLike,
  version: VersionToken,
): number {
  return encodeToken(into, at, encodeKey(into, at, DELETE_TYPE, key), version);
}

/** Writes a cursor's record to `into` at `at`; its length. */
export function encodeCursor(into: Uint8Array, at: number, cursor: WatchCursor): number {
  into[at + TYPE_AT] = CURSOR_TYPE;
  return encodeToken(into, at, at + FIELDS_AT, cursor);
}

/** Writes the type and the key; where the key ends. */
function encodeKey(into: Uint8Array, at: number, type: number, key: KeyLike): number {
  into[at + TYPE_AT] = type;
  const keyAt = at + KEY_AT;
  const length = typeof key === 'string' ? writeText(into, keyAt, key) : key.length;
  if (typeof key !== 'string') copyBytes(key, 0, length, into, keyAt);
  writeU16(into, at + FIELDS_AT, length);
  return keyAt + length;
}

/** Writes a string as UTF-8; its bytes. */
export function writeText(into: Uint8Array, at: number, text: string): number {
  if (writeAscii(into, at, text)) return text.length;
  return Buffer.from(into.buffer, into.byteOffset, into.length).write(text, at, 'utf8');
}

/** Writes a string that is ASCII, as most keys are, for which a loop does; false for any other. */
export function writeAscii(into: Uint8Array, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return false;
    into[at + index] = unit;
  }
  return true;
}

/** Writes the token that ends every record, then the checksum at its start; the record's length. */
function encodeToken(
  into: Uint8Array,
  at: number,
  lengthAt: number,
  token: VersionToken | WatchCursor,
): number {
  into[lengthAt] = token.length;
  token.writeTo(into, lengthAt + 1);
  const end = lengthAt + 1 + token.length;
  writeU32(into, at, crc32(into, at + TYPE_AT, end));
  return end - at;
}
