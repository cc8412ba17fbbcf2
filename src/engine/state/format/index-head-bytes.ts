import { crc32c } from '../../bytes/crc/checksum.js';
import { writeU32, writeU64 } from '../../bytes/halves.js';
import { BLOCK_LENGTH_AT, INDEX_HEADER_BYTES, NEXT_VERSION_AT, WRITE_POS_AT } from './format.js';
import { encodeIndexBlock, type IndexBlockFields } from './index-block.js';
import { HEAD_CHECKED_BYTES } from './index-head.js';
import { writeMagic } from './state-header.js';

/** The part of an index file before its rkyv bytes. */
export interface IndexHeadFields {
  readonly writePos: number;
  readonly nextVersion: bigint;
  /** Undefined: as LaminarDB writes it, without our block. */
  readonly block: IndexBlockFields | undefined;
}

/** The header of an index file, and the block behind it. */
export function encodeIndexHead({ writePos, nextVersion, block }: IndexHeadFields): Uint8Array {
  const encoded = block === undefined ? new Uint8Array(0) : encodeIndexBlock(block);
  const head = new Uint8Array(INDEX_HEADER_BYTES + encoded.length);
  writeMagic(head);
  writeU32(head, BLOCK_LENGTH_AT, encoded.length);
  writeU64(head, WRITE_POS_AT, BigInt(writePos));
  writeU64(head, NEXT_VERSION_AT, nextVersion);
  head.set(encoded, INDEX_HEADER_BYTES);
  return head;
}

/** `IndexHead.headCrc` of a head's bytes: what a manifest names an index by. */
export function headCrcOf(head: Uint8Array): number {
  return crc32c(head, 0, Math.min(HEAD_CHECKED_BYTES, head.length));
}
