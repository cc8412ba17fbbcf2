import { assert } from '../../assert.js';

/**
 * Sizes, tags and limits of a fold log, version 2 of Slipstream's snapshot log. The layout is on
 * docs/formats/fold-log.md.
 */

/** "PGSS" */
export const MAGIC: Uint8Array = Uint8Array.of(0x50, 0x47, 0x53, 0x53);
/** The only version that this program reads and writes. */
export const FORMAT_VERSION = 2;

const MAGIC_BYTES = 4;
const VERSION_BYTES = 2;
/** The header: magic and version. */
export const HEADER_BYTES = MAGIC_BYTES + VERSION_BYTES;
/** Position of the version in the header. */
export const VERSION_AT = MAGIC_BYTES;

/** Each record's tag. */
export const PUT_TYPE = 1;
export const DELETE_TYPE = 2;
export const CURSOR_TYPE = 3;

const CRC_BYTES = 4;
const TYPE_BYTES = 1;
export const KEY_LENGTH_BYTES = 2;
export const VALUE_LENGTH_BYTES = 4;
export const TOKEN_LENGTH_BYTES = 1;

/** Positions of the type and of the first field in a record. */
export const TYPE_AT = CRC_BYTES;
export const FIELDS_AT = TYPE_AT + TYPE_BYTES;
/** Position of the key in a put or delete. */
export const KEY_AT = FIELDS_AT + KEY_LENGTH_BYTES;
/** Position of the token in a cursor record. */
export const CURSOR_AT = FIELDS_AT + TOKEN_LENGTH_BYTES;

/** The longest key, by its u16 length. */
export const KEY_BYTES_MAX = 0xffff;
/** The longest value that every release of Slipstream reads: to those before 0.8.3 a longer one is corruption. */
export const VALUE_BYTES_PORTABLE = 16 * 1024 * 1024;
/** The longest value (Slipstream 0.8.3 and later). */
export const VALUE_BYTES_MAX = 64 * 1024 * 1024;
/** The longest version token, and the longest cursor without a memo. */
export const TOKEN_BYTES_MAX = 10;
const MEMO_LENGTH_BYTES = 1;
const MEMO_FLAGS_BYTES = 1;
/** A cursor with a memo: the version padded with zeros, its length, flags. */
export const MEMO_BYTES = TOKEN_BYTES_MAX + MEMO_LENGTH_BYTES + MEMO_FLAGS_BYTES;
/** Bytes of a memo's time, which is there if its flags say so: u64, little-endian, milliseconds. */
export const MEMO_TIME_BYTES = 8;

/** A put's bytes beside its key, value and token. */
export const PUT_OVERHEAD_BYTES = KEY_AT + VALUE_LENGTH_BYTES + TOKEN_LENGTH_BYTES;
/** A delete's bytes beside its key and token. */
export const DELETE_OVERHEAD_BYTES = KEY_AT + TOKEN_LENGTH_BYTES;
/** The shortest record of all: a cursor that is none. */
export const RECORD_BYTES_MIN = FIELDS_AT + TOKEN_LENGTH_BYTES;
/** The longest cursor record. */
export const CURSOR_BYTES_MAX = CURSOR_AT + MEMO_BYTES + MEMO_TIME_BYTES;
/** The longest record of all: a put with everything at its limit. */
export const RECORD_BYTES_MAX = PUT_OVERHEAD_BYTES + KEY_BYTES_MAX + VALUE_BYTES_MAX + TOKEN_BYTES_MAX;

/** The largest log: an index entry has 37 bits for an offset (fold-index.ts). */
export const LOG_BYTES_MAX = 2 ** 37;

/** A log is rewritten when it grew by more than this since it was compact (Slipstream's default). */
export const COMPACT_THRESHOLD_DEFAULT = 10 * 1024 * 1024;

assert(MAGIC.length === MAGIC_BYTES, 'the magic number has 4 bytes');
assert(HEADER_BYTES === 6, 'a header has 6 bytes');
assert(RECORD_BYTES_MIN === 6, 'the shortest record has 6 bytes');
assert(MEMO_BYTES === 12, 'a cursor with a memo has 12 bytes, or 20 with a time');
assert(CURSOR_BYTES_MAX === 26, 'the longest cursor record has 26 bytes');
assert(RECORD_BYTES_MAX < 2 ** 27, 'a record length fits the 27 bits of an index entry');
