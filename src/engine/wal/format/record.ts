import { assert } from '../../assert.js';
import { ROOT_ALIGNMENT, ROOT_BYTES } from '../../rkyv/entry/wal-entry-format.js';

/**
 * A record of a segment (docs/formats/wal.md): `length:u32 crc:u32 data[length]`, the crc being the
 * crc32c of the data. There is no file header; records lie back to back.
 */
const LENGTH_BYTES = 4;
const CRC_BYTES = 4;

/** Byte positions in a record's header. */
export const HEADER = { length: 0, crc: LENGTH_BYTES } as const;

/** Bytes before a record's data. */
export const RECORD_HEADER_BYTES = LENGTH_BYTES + CRC_BYTES;

/** The least `length` can be: an entry that is nothing but its root. */
export const RECORD_LENGTH_MIN = ROOT_BYTES;

/** The most `length` can be: 256 MiB, above which the original takes it for corrupted. */
export const RECORD_LENGTH_MAX = 256 * 1024 * 1024;

/** The smallest record, header included: no more than one fits in so many bytes. */
export const RECORD_BYTES_MIN = RECORD_HEADER_BYTES + RECORD_LENGTH_MIN;

/** The largest record, header included. */
export const RECORD_BYTES_MAX = RECORD_HEADER_BYTES + RECORD_LENGTH_MAX;

assert(RECORD_BYTES_MIN === 72 && RECORD_BYTES_MAX === 268_435_464, 'a record has 72 to 268,435,464 bytes');

/** True if an entry can be this long: `length` itself lies under no checksum. */
export function isPlausibleLength(length: number): boolean {
  return length >= RECORD_LENGTH_MIN && length <= RECORD_LENGTH_MAX && length % ROOT_ALIGNMENT === 0;
}
