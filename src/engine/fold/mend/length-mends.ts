import { crc32 } from '../../bytes/crc/checksum.js';
import { readU16, readU32, writeU16, writeU32 } from '../../bytes/halves.js';
import type { RecordMend } from '../../bytes/record-mend.js';
import {
  CURSOR_TYPE,
  DELETE_TYPE,
  FIELDS_AT,
  KEY_AT,
  KEY_BYTES_MAX,
  KEY_LENGTH_BYTES,
  MEMO_BYTES,
  MEMO_TIME_BYTES,
  PUT_TYPE,
  RECORD_BYTES_MIN,
  TOKEN_BYTES_MAX,
  TOKEN_LENGTH_BYTES,
  TYPE_AT,
  VALUE_LENGTH_BYTES,
} from '../format/format.js';

const TOKEN_LENGTHS_MAX = MEMO_BYTES + MEMO_TIME_BYTES;
/** Checksums over one record that are tried at the most: bytes made for it could ask for thousands. */
const TRIES_MAX = 64;

/**
 * The mends of one length of a record, whatever stands there: where it ends says what each must be, and the checksum, under which
 * lengths lie, whether it was that one.
 */
export function* lengthMends(bytes: Uint8Array, end: number): Generator<RecordMend, void> {
  if (end < RECORD_BYTES_MIN) return;
  const type = bytes[TYPE_AT];
  let tries = 0;
  for (const { at, after } of lengthsFor(bytes, end, type ?? 0)) {
    const before = bytes.slice(at, at + after.length);
    if (tries++ >= TRIES_MAX) return;
    bytes.set(after, at);
    const holds = crc32(bytes, TYPE_AT, end) === readU32(bytes, 0);
    bytes.set(before, at);
    if (holds) yield { kind: 'length', at, before, after, end };
  }
}

/** One length, as it must be if all else is right. */
interface Length {
  readonly at: number;
  readonly after: Uint8Array;
}

function* lengthsFor(bytes: Uint8Array, end: number, type: number): Generator<Length, void> {
  if (type === CURSOR_TYPE) yield* tokenLength(FIELDS_AT, end);
  if (type !== PUT_TYPE && type !== DELETE_TYPE) return;
  if (end < KEY_AT + TOKEN_LENGTH_BYTES) return;
  const keyEnd = KEY_AT + readU16(bytes, FIELDS_AT);
  const isPut = type === PUT_TYPE;
  if (keyEnd + (isPut ? VALUE_LENGTH_BYTES : 0) < end) {
    const tokenAt = isPut ? keyEnd + VALUE_LENGTH_BYTES + readU32(bytes, keyEnd) : keyEnd;
    yield* tokenLength(tokenAt, end);
  }
  for (let token = 0; token <= TOKEN_LENGTHS_MAX; token++) {
    const tokenAt = end - token - TOKEN_LENGTH_BYTES;
    if (tokenAt < KEY_AT || bytes[tokenAt] !== token) continue;
    if (!isPut) yield* keyLength(tokenAt - KEY_AT, bytes);
    else {
      yield* valueLength(bytes, keyEnd, tokenAt);
      yield* keyLengths(bytes, tokenAt);
    }
  }
}

function* tokenLength(at: number, end: number): Generator<Length, void> {
  const length = end - at - TOKEN_LENGTH_BYTES;
  const isKnown = length <= TOKEN_BYTES_MAX || length === MEMO_BYTES || length === TOKEN_LENGTHS_MAX;
  if (length >= 0 && isKnown) yield { at, after: Uint8Array.of(length) };
}

function* keyLength(length: number, bytes: Uint8Array): Generator<Length, void> {
  if (length > KEY_BYTES_MAX || length === readU16(bytes, FIELDS_AT)) return;
  const after = new Uint8Array(KEY_LENGTH_BYTES);
  writeU16(after, 0, length);
  yield { at: FIELDS_AT, after };
}

function* valueLength(bytes: Uint8Array, keyEnd: number, tokenAt: number): Generator<Length, void> {
  const length = tokenAt - keyEnd - VALUE_LENGTH_BYTES;
  if (length < 0 || length === readU32(bytes, keyEnd)) return;
  const after = new Uint8Array(VALUE_LENGTH_BYTES);
  writeU32(after, 0, length);
  yield { at: keyEnd, after };
}

/** The keys' lengths after which a value's length stands that leads to the token. */
function* keyLengths(bytes: Uint8Array, tokenAt: number): Generator<Length, void> {
  const longest = Math.min(KEY_BYTES_MAX, tokenAt - KEY_AT - VALUE_LENGTH_BYTES);
  for (let length = 0; length <= longest; length++) {
    const valueLengthAt = KEY_AT + length;
    if (readU32(bytes, valueLengthAt) === tokenAt - valueLengthAt - VALUE_LENGTH_BYTES) {
      yield* keyLength(length, bytes);
    }
  }
}
