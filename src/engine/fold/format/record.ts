import { startsWithRange } from '../../bytes/compare.js';
import { crc32 } from '../../bytes/crc/checksum.js';
import { readU16, readU32 } from '../../bytes/halves.js';
import { isUtf8 } from '../../bytes/text/text.js';
import {
  CURSOR_TYPE,
  DELETE_TYPE,
  FIELDS_AT,
  KEY_AT,
  PUT_TYPE,
  TOKEN_LENGTH_BYTES,
  TOKEN_BYTES_MAX,
  TYPE_AT,
  VALUE_BYTES_MAX,
  VALUE_LENGTH_BYTES,
} from './format.js';
import { VersionToken } from './version-token.js';
import { isKnownCursor, WatchCursor } from './watch-cursor.js';

/**
 * The verdict on the lengths of a record: `whole` (it lies within the bytes given), `short` (it needs
 * `needed` bytes), `bad-type`, `bad-length` (a value past its limit).
 */
export type RecordShape = 'whole' | 'short' | 'bad-type' | 'bad-length';

/**
 * One record as it lies in a buffer, for readers: a view that is moved from record to record, so
 * that reading allocates nothing. `parse` looks at lengths alone; a record is good where the
 * checksum holds, its token is one that is known, and the key is UTF-8.
 */
export class FoldRecord {
  /** The buffer that it lies in. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Start of the record in the file. */
  offset = 0;
  /** Start of the record in the buffer. */
  start = 0;
  /** All its bytes, once `whole`. */
  length = 0;
  /** `PUT_TYPE`, `DELETE_TYPE` or `CURSOR_TYPE`. */
  type = 0;
  keyStart = 0;
  keyLength = 0;
  valueStart = 0;
  valueLength = 0;
  /** The version of a put or delete, or the cursor. */
  tokenStart = 0;
  tokenLength = 0;
  /** The bytes from `start` on that must be there to know more, once `short`. */
  needed = 0;

  /** Reads the lengths of the record that starts at `bytes[start]`; nothing past `end` is touched. */
  parse(bytes: Uint8Array, start: number, end: number): RecordShape {
    this.bytes = bytes;
    this.start = start;
    this.keyLength = 0;
    this.valueLength = 0;
    if (start + FIELDS_AT > end) return this.#short(FIELDS_AT);
    this.type = bytes[start + TYPE_AT]!;
    if (this.type === CURSOR_TYPE) return this.#parseToken(start + FIELDS_AT, end);
    if (this.type !== PUT_TYPE && this.type !== DELETE_TYPE) return 'bad-type';
    if (start + KEY_AT > end) return this.#short(KEY_AT);
    this.keyStart = start + KEY_AT;
    this.keyLength = readU16(bytes, start + FIELDS_AT);
    const keyEnd = this.keyStart + this.keyLength;
    if (this.type === DELETE_TYPE) return this.#parseToken(keyEnd, end);
    this.valueStart = keyEnd + VALUE_LENGTH_BYTES;
    if (this.valueStart > end) return this.#short(this.valueStart - start);
    this.valueLength = readU32(bytes, keyEnd);
    if (this.valueLength > VALUE_BYTES_MAX) return 'bad-length';
    return this.#parseToken(this.valueStart + this.valueLength, end);
  }

  /** The checksum that the record carries. */
  get storedChecksum(): number {
    return readU32(this.bytes, this.start);
  }

  /** The checksum of its bytes. */
  computedChecksum(): number {
    return crc32(this.bytes, this.start + TYPE_AT, this.start + this.length);
  }

  /** True where its bytes are those that were written. */
  checksumHolds(): boolean {
    return this.computedChecksum() === this.storedChecksum;
  }

  /** True where the key is UTF-8; a cursor has none. */
  keyIsUtf8(): boolean {
    return isUtf8(this.bytes, this.keyStart, this.keyStart + this.keyLength);
  }

  /** True if the key begins with `prefix`. */
  keyStartsWith(prefix: Uint8Array): boolean {
    return startsWithRange(this.bytes, this.keyStart, this.keyLength, prefix);
  }

  /** A copy of the key. */
  key(): Uint8Array {
    return this.bytes.slice(this.keyStart, this.keyStart + this.keyLength);
  }

  /** A copy of the value. */
  value(): Uint8Array {
    return this.bytes.slice(this.valueStart, this.valueStart + this.valueLength);
  }

  /** The version of a put or delete. */
  token(): VersionToken {
    return VersionToken.read(this.bytes, this.tokenStart, this.tokenLength);
  }

  /** The cursor of a cursor record. */
  cursor(): WatchCursor {
    return WatchCursor.read(this.bytes, this.tokenStart, this.tokenLength);
  }

  /** True where the version or cursor is one that a known release writes. */
  tokenIsKnown(): boolean {
    if (this.tokenLength <= TOKEN_BYTES_MAX) return true;
    return this.type === CURSOR_TYPE && isKnownCursor(this.bytes, this.tokenStart, this.tokenLength);
  }

  #parseToken(lengthAt: number, end: number): RecordShape {
    const { bytes, start } = this;
    if (lengthAt + TOKEN_LENGTH_BYTES > end) return this.#short(lengthAt + TOKEN_LENGTH_BYTES - start);
    this.tokenLength = bytes[lengthAt]!;
    this.tokenStart = lengthAt + TOKEN_LENGTH_BYTES;
    this.length = this.tokenStart + this.tokenLength - start;
    return start + this.length > end ? this.#short(this.length) : 'whole';
  }

  #short(needed: number): RecordShape {
    this.needed = needed;
    return 'short';
  }
}

/** The name of a record's type, for messages and JSON. */
export function recordTypeName(type: number): 'put' | 'delete' | 'cursor' {
  return type === PUT_TYPE ? 'put' : type === DELETE_TYPE ? 'delete' : 'cursor';
}
