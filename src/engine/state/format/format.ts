import { assert } from '../../assert.js';
import { INNER_BYTES, LEAF_BYTES } from '../../rkyv/ordered-map/ordered-map-format.js';
import { PAGE_BYTES } from '../../storage-io/paged/page-cache.js';

/**
 * Sizes and limits of a state file (`.db`, values) and its index (`.idx`). The layouts are on
 * docs/formats/state-file.md.
 */

/** `0x004C_414D_494E_4152` as two halves: the magic number of both files. */
export const MAGIC_LOW = 0x494e4152;
export const MAGIC_HIGH = 0x004c414d;
/** The version that both files carry. */
export const FORMAT_VERSION = 1;

const MAGIC_BYTES = 8;
const VERSION_BYTES = 4;
const GENERATION_BYTES = 8;
const DATA_OFFSET_BYTES = 8;
const STATE_UNUSED_BYTES = 4;

/** Position of the version in both files. */
export const VERSION_AT = MAGIC_BYTES;
/** Position of a state file's generation; the original calls it entry_count and never reads it. */
export const GENERATION_AT = VERSION_AT + VERSION_BYTES;
/** Position of a state file's data offset, which is always 0. */
export const DATA_OFFSET_AT = GENERATION_AT + GENERATION_BYTES;
/** The header of a state file: offsets of values count from its end. */
export const STATE_HEADER_BYTES = DATA_OFFSET_AT + DATA_OFFSET_BYTES + STATE_UNUSED_BYTES;

const BLOCK_LENGTH_BYTES = 4;
const WRITE_POS_BYTES = 8;
const NEXT_VERSION_BYTES = 8;

/** Position of an index file's block length; the original writes 0 there. */
export const BLOCK_LENGTH_AT = VERSION_AT + VERSION_BYTES;
export const WRITE_POS_AT = BLOCK_LENGTH_AT + BLOCK_LENGTH_BYTES;
export const NEXT_VERSION_AT = WRITE_POS_AT + WRITE_POS_BYTES;
/** The header of an index file. */
export const INDEX_HEADER_BYTES = NEXT_VERSION_AT + NEXT_VERSION_BYTES;

/** Bytes under one checksum, both of the index's rkyv bytes and of the values. */
export { PAGE_BYTES };
export const PAGE_SHIFT = 12;

/** The least length of a new state file: the header and 1 KiB, as the original has it. */
export const STATE_FILE_BYTES_MIN = STATE_HEADER_BYTES + 1024;
/** Value bytes of one state file: offsets and lengths are stored as u32. */
export const VALUE_REGION_BYTES_MAX = 0xffff_ffff;
/** rkyv bytes of one index: pointers in it are i32. */
export const INDEX_BYTES_MAX = 0x7fff_ffff;
/** rkyv bytes of an index without entries: the root alone. */
export const INDEX_BYTES_MIN = 8;

/** More than the nodes of an index take for one entry, with all padding. */
const ENTRY_BYTES_BOUND = 25;

/** A store with more keys than this rewrites itself when more than half of it is holes. */
export const AUTO_COMPACT_KEYS_MIN = 100;
export const AUTO_COMPACT_FRAGMENTATION = 0.5;

/** How many pages `bytes` take; the last may be short. */
export function pageCount(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES);
}

/** How many pages of `bytes` to keep in memory: all of a short file, and at most `max`. A multiple of 4. */
export function cachedPages(bytes: number, max: number): number {
  return Math.min(max, 4 * Math.max(1, Math.ceil(pageCount(bytes) / 4)));
}

/** The part of the bytes in use that no live value takes; 0 where nothing is in use. */
export function fragmentationOf(liveBytes: number, usedBytes: number): number {
  return usedBytes === 0 ? 0 : 1 - liveBytes / usedBytes;
}

/** True while an index surely fits: its nodes take less than the bound for each entry, and one of each kind more. Asked for each new key. */
export function surelyFitsIndex(count: number, keyBytes: number): boolean {
  return keyBytes + count * ENTRY_BYTES_BOUND + LEAF_BYTES + INNER_BYTES < INDEX_BYTES_MAX;
}

assert(STATE_HEADER_BYTES === 32, 'the header of a state file has 32 bytes');
assert(INDEX_HEADER_BYTES === 32, 'the header of an index file has 32 bytes');
assert(1 << PAGE_SHIFT === PAGE_BYTES, 'the page shift fits the page');
