import { assert } from '../../assert.js';
import { crc32c } from '../../bytes/crc/checksum.js';
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from '../../bytes/halves.js';
import type { PageSumSource } from '../../storage-io/paged/paged-source.js';
import { INDEX_BYTES_MAX, INDEX_BYTES_MIN, VALUE_REGION_BYTES_MAX, pageCount } from './format.js';

/**
 * The block that we put between an index's header and its rkyv bytes, where LaminarDB skips over
 * it: what binds the index to its values, and a checksum of every page of both.
 */
export interface IndexBlockFields {
  /** 16 random bytes that name the store. */
  readonly storeId: Uint8Array;
  /** The generation, equal to that in the header of the state file that this index belongs to. */
  readonly generation: bigint;
  /** The epoch that a checkpoint closes; 0 in a bare pair. */
  readonly epoch: bigint;
  readonly coreId: number;
  /** How many rkyv bytes follow. */
  readonly indexLength: number;
  /** Value bytes in use; equal to the header's write_pos. */
  readonly valueLength: number;
  /** Bytes of all keys. */
  readonly keyBytes: number;
  /** Bytes of all live values. */
  readonly liveBytes: number;
  /** crc32c of each 4 KiB of the rkyv bytes; the last page may be short. */
  readonly indexPageSums: Uint32Array;
  /** crc32c of each 4 KiB of the values in use; the last page may be short. */
  readonly valuePageSums: Uint32Array;
}

/** A block that was read. Its fields are checked; its sums may still be read when they are asked for. */
export interface IndexBlock extends IndexBlockFields {
  /** The sums of the index, by page number, without reading all of them. */
  readonly indexSums: PageSumSource;
  readonly valueSums: PageSumSource;
}

/** "SLB1", little-endian. */
const BLOCK_MAGIC = 0x31424c53;
export const STORE_ID_BYTES = 16;
const SUM_BYTES = 4;
const BLOCK_ALIGNMENT = 16;

const CRC_AT = 4;
const CHECKED_FROM = CRC_AT + 4;
const GENERATION_AT = CHECKED_FROM + STORE_ID_BYTES;
const EPOCH_AT = GENERATION_AT + 8;
const CORE_AT = EPOCH_AT + 8;
const INDEX_LENGTH_AT = CORE_AT + 2 + 6;
const VALUE_LENGTH_AT = INDEX_LENGTH_AT + 8;
const KEY_BYTES_AT = VALUE_LENGTH_AT + 8;
const LIVE_BYTES_AT = KEY_BYTES_AT + 8;

/** Byte positions in a block, which starts with its magic number. */
export const BLOCK = {
  crc: CRC_AT,
  /** The checksum is of what follows it. */
  checkedFrom: CHECKED_FROM,
  storeId: CHECKED_FROM,
  generation: GENERATION_AT,
  epoch: EPOCH_AT,
  coreId: CORE_AT,
  indexLength: INDEX_LENGTH_AT,
  valueLength: VALUE_LENGTH_AT,
  keyBytes: KEY_BYTES_AT,
  liveBytes: LIVE_BYTES_AT,
} as const;

/** Start of the sums: a block of an empty store is that long before its padding. */
const SUMS_AT = LIVE_BYTES_AT + 8;
/** The block before its sums, which holds the checksum of all of it. */
export const BLOCK_FIXED_BYTES = SUMS_AT;
assert(SUMS_AT === 80, 'the fixed part of a block has 80 bytes');
assert(SUMS_AT % SUM_BYTES === 0, 'sums are aligned');

/** True if the bytes start as a block does. */
export function hasBlockMagic(bytes: Uint8Array): boolean {
  return readU32(bytes, 0) === BLOCK_MAGIC;
}

/** How long a block for that many rkyv and value bytes is: a multiple of 16. */
export function indexBlockBytes(indexLength: number, valueLength: number): number {
  const bytes = SUMS_AT + SUM_BYTES * (pageCount(indexLength) + pageCount(valueLength));
  return Math.ceil(bytes / BLOCK_ALIGNMENT) * BLOCK_ALIGNMENT;
}

/** No block is longer than this, whatever a header claims. */
export const INDEX_BLOCK_BYTES_MAX = indexBlockBytes(INDEX_BYTES_MAX, VALUE_REGION_BYTES_MAX);
export const INDEX_BLOCK_BYTES_MIN = indexBlockBytes(INDEX_BYTES_MIN, 0);

/** The block's bytes, its checksum filled in. */
export function encodeIndexBlock(block: IndexBlockFields): Uint8Array {
  assert(block.storeId.length === STORE_ID_BYTES, 'a store id has 16 bytes');
  assert(block.indexPageSums.length === pageCount(block.indexLength), 'every index page has a sum');
  assert(block.valuePageSums.length === pageCount(block.valueLength), 'every value page has a sum');
  const bytes = new Uint8Array(indexBlockBytes(block.indexLength, block.valueLength));
  writeU32(bytes, 0, BLOCK_MAGIC);
  bytes.set(block.storeId, BLOCK.storeId);
  writeU64(bytes, BLOCK.generation, block.generation);
  writeU64(bytes, BLOCK.epoch, block.epoch);
  writeU16(bytes, BLOCK.coreId, block.coreId);
  writeU64(bytes, BLOCK.indexLength, BigInt(block.indexLength));
  writeU64(bytes, BLOCK.valueLength, BigInt(block.valueLength));
  writeU64(bytes, BLOCK.keyBytes, BigInt(block.keyBytes));
  writeU64(bytes, BLOCK.liveBytes, BigInt(block.liveBytes));
  let at = SUMS_AT;
  for (const sums of [block.indexPageSums, block.valuePageSums]) {
    bytes.set(new Uint8Array(sums.buffer, sums.byteOffset, sums.byteLength), at);
    at += sums.byteLength;
  }
  writeU32(bytes, BLOCK.crc, crc32c(bytes, BLOCK.checkedFrom));
  return bytes;
}

/**
 * How long the block that seems to start here is, told by its fixed part alone; undefined where
 * none does.
 */
export function claimedBlockBytes(fixedPart: Uint8Array): number | undefined {
  if (fixedPart.length < INDEX_BLOCK_BYTES_MIN || !hasBlockMagic(fixedPart)) return undefined;
  const indexLength = readLength(fixedPart, BLOCK.indexLength, INDEX_BYTES_MAX);
  const valueLength = readLength(fixedPart, BLOCK.valueLength, VALUE_REGION_BYTES_MAX);
  if (indexLength === undefined || valueLength === undefined) return undefined;
  return indexBlockBytes(indexLength, valueLength);
}

/** True if the checksum of a block that takes up all of `bytes` fits. */
export function blockChecksumFits(bytes: Uint8Array): boolean {
  return crc32c(bytes, BLOCK.checkedFrom) === readU32(bytes, BLOCK.crc);
}

/**
 * Reads a block that takes up all of `bytes`; a string says what is wrong with it. `indexLength` is
 * how many bytes follow it in the file, `writePos` what the header says.
 */
export function decodeIndexBlock(
  bytes: Uint8Array,
  indexLength: number,
  writePos: number,
): IndexBlock | string {
  if (bytes.length < INDEX_BLOCK_BYTES_MIN) return 'the block is too short';
  if (!hasBlockMagic(bytes)) return 'the block does not start with "SLB1"';
  if (!blockChecksumFits(bytes)) return 'the block fails its checksum';
  const fixed = decodeBlockFixed(bytes, bytes.length, indexLength, writePos);
  if (typeof fixed === 'string') return fixed;
  const indexPages = pageCount(indexLength);
  const indexPageSums = readSums(bytes, SUMS_AT, indexPages);
  const valuePageSums = readSums(bytes, SUMS_AT + SUM_BYTES * indexPages, pageCount(writePos));
  return { ...fixed, indexPageSums, valuePageSums, indexSums: indexPageSums, valueSums: valuePageSums };
}

/** The fields of a block before its sums. */
export type BlockFixed = Omit<IndexBlockFields, 'indexPageSums' | 'valuePageSums'>;

/**
 * Reads the part of a block before its sums; a string says what is wrong with it. Whether its bytes
 * are as they were written is for the caller to know.
 */
export function decodeBlockFixed(
  bytes: Uint8Array,
  blockLength: number,
  indexLength: number,
  writePos: number,
): BlockFixed | string {
  if (readLength(bytes, BLOCK.indexLength, INDEX_BYTES_MAX) !== indexLength) {
    return 'the block is of an index of another length';
  }
  if (readLength(bytes, BLOCK.valueLength, VALUE_REGION_BYTES_MAX) !== writePos) {
    return 'the block and the header differ in how many value bytes are in use';
  }
  if (indexBlockBytes(indexLength, writePos) !== blockLength) return 'the block has the wrong length';
  const keyBytes = readLength(bytes, BLOCK.keyBytes, indexLength);
  const liveBytes = readLength(bytes, BLOCK.liveBytes, writePos);
  if (keyBytes === undefined) return 'the block counts more key bytes than the index has';
  if (liveBytes === undefined) return 'the block counts more live bytes than are in use';
  return {
    ...ownerIn(bytes),
    indexLength,
    valueLength: writePos,
    keyBytes,
    liveBytes,
  };
}

/** The owner of a block. */
function ownerIn(bytes: Uint8Array): Pick<IndexBlockFields, 'storeId' | 'generation' | 'epoch' | 'coreId'> {
  return {
    storeId: bytes.slice(BLOCK.storeId, BLOCK.storeId + STORE_ID_BYTES),
    generation: readU64(bytes, BLOCK.generation),
    epoch: readU64(bytes, BLOCK.epoch),
    coreId: readU16(bytes, BLOCK.coreId),
  };
}

function readSums(bytes: Uint8Array, at: number, count: number): Uint32Array {
  const sums = new Uint32Array(count);
  // As a whole, in the byte order of the processors that are supported: a large store has many thousands.
  new Uint8Array(sums.buffer).set(bytes.subarray(at, at + SUM_BYTES * count));
  return sums;
}

function readLength(bytes: Uint8Array, at: number, max: number): number | undefined {
  const value = readU64(bytes, at);
  return value > BigInt(max) ? undefined : Number(value);
}

/** The sums of both files in a block, whether or not the rest of it is intact. */
export interface BlockSums {
  readonly storeId: Uint8Array;
  readonly generation: bigint;
  readonly epoch: bigint;
  readonly coreId: number;
  readonly indexLength: number;
  readonly valueLength: number;
  /** crc32c of each 4 KiB: one that was damaged fits no page. */
  readonly index: Uint32Array;
  readonly values: Uint32Array;
  /** True where the block's own checksum fits. */
  readonly isWhole: boolean;
}

/** Reads what is left of a block, for salvage: its checksum need not fit, but its lengths must fit each other. */
export function decodeBlockSums(bytes: Uint8Array): BlockSums | undefined {
  if (bytes.length < INDEX_BLOCK_BYTES_MIN) return undefined;
  const indexLength = readLength(bytes, BLOCK.indexLength, INDEX_BYTES_MAX);
  const valueLength = readLength(bytes, BLOCK.valueLength, VALUE_REGION_BYTES_MAX);
  if (indexLength === undefined || valueLength === undefined) return undefined;
  if (indexBlockBytes(indexLength, valueLength) !== bytes.length) return undefined;
  const indexPages = pageCount(indexLength);
  return {
    ...ownerIn(bytes),
    indexLength,
    valueLength,
    index: readSums(bytes, SUMS_AT, indexPages),
    values: readSums(bytes, SUMS_AT + SUM_BYTES * indexPages, pageCount(valueLength)),
    isWhole: hasBlockMagic(bytes) && blockChecksumFits(bytes),
  };
}
