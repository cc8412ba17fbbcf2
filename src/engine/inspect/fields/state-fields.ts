import { checksumText, crc32c } from '../../bytes/crc/checksum.js';
import { CASTAGNOLI } from '../../bytes/crc/polynomial.js';
import { readU16, readU32, readU64 } from '../../bytes/halves.js';
import { toHex } from '../../bytes/text/text.js';
import {
  BLOCK_LENGTH_AT,
  DATA_OFFSET_AT,
  FORMAT_VERSION,
  GENERATION_AT,
  INDEX_HEADER_BYTES,
  NEXT_VERSION_AT,
  STATE_HEADER_BYTES,
  VERSION_AT,
  WRITE_POS_AT,
} from '../../state/format/format.js';
import { BLOCK, BLOCK_FIXED_BYTES, hasBlockMagic, STORE_ID_BYTES } from '../../state/format/index-block.js';
import { hasStateMagic } from '../../state/format/state-header.js';
import { fieldsInRow, markedAt, markedByName, type ByteField, type FieldPart } from './byte-field.js';
import { checksumOf, mended } from './checked-bytes.js';
import type { FileBytes } from './file-bytes.js';

/** Round a byte of a page that is wrong, so many are shown on either side. */
const ROUND_BYTES = 32;

function magicParts(header: Uint8Array): FieldPart[] {
  const version = header.length < VERSION_AT + 4 ? 0 : readU32(header, VERSION_AT);
  return [
    { name: 'magic', bytes: VERSION_AT, isWrong: !hasStateMagic(header) },
    { name: 'formatVersion', bytes: 4, isWrong: version !== FORMAT_VERSION, text: String(version) },
  ];
}

function number(bytes: Uint8Array, name: string, at: number): FieldPart {
  return { name, bytes: 8, text: String(readU64(bytes, at)) };
}

/** The fields of a state file's header. */
export function stateHeaderFields(bytes: FileBytes): ByteField[] {
  const header = bytes.read(0, STATE_HEADER_BYTES);
  if (header.length < STATE_HEADER_BYTES) return tooShort(header.length, STATE_HEADER_BYTES);
  return fieldsInRow(0, [
    ...magicParts(header),
    number(header, 'generation', GENERATION_AT),
    number(header, 'dataOffset', DATA_OFFSET_AT),
    { name: 'unused', bytes: STATE_HEADER_BYTES - DATA_OFFSET_AT - 8 },
  ]);
}

/** The fields of an index file's header, and of the block behind it where there is one. */
export function indexHeaderFields(bytes: FileBytes): ByteField[] {
  const header = bytes.read(0, INDEX_HEADER_BYTES);
  if (header.length < INDEX_HEADER_BYTES) return tooShort(header.length, INDEX_HEADER_BYTES);
  const blockLength = readU32(header, BLOCK_LENGTH_AT);
  const isTooLong = INDEX_HEADER_BYTES + blockLength > bytes.size;
  return [
    ...fieldsInRow(0, [
      ...magicParts(header),
      { name: 'blockLength', bytes: 4, isWrong: isTooLong, text: String(blockLength) },
      number(header, 'writePos', WRITE_POS_AT),
      number(header, 'nextVersion', NEXT_VERSION_AT),
    ]),
    ...(blockLength < BLOCK_FIXED_BYTES || isTooLong ? [] : blockFields(bytes, blockLength)),
  ];
}

function tooShort(length: number, headerBytes: number): ByteField[] {
  return fieldsInRow(0, [
    { name: 'header', bytes: length, isWrong: true, text: `${length} of ${headerBytes} bytes` },
  ]);
}

function blockFields(bytes: FileBytes, blockLength: number): ByteField[] {
  const stored = readU32(bytes.read(INDEX_HEADER_BYTES + BLOCK.crc, 4), 0);
  const checked = { from: INDEX_HEADER_BYTES + BLOCK.checkedFrom, length: blockLength - BLOCK.checkedFrom };
  const computed = checksumOf(crc32c, bytes, checked.from, checked.length);
  const mending = mended(CASTAGNOLI, bytes, checked, stored ^ computed);
  const block = (mending?.read ?? bytes.read.bind(bytes))(INDEX_HEADER_BYTES, BLOCK_FIXED_BYTES);
  const fields = fieldsInRow(INDEX_HEADER_BYTES, [
    {
      name: 'blockMagic',
      bytes: BLOCK.crc,
      isWrong: !hasBlockMagic(block),
    },
    { name: 'blockChecksum', bytes: BLOCK.checkedFrom - BLOCK.crc, text: checksumText(stored) },
    { name: 'storeId', bytes: STORE_ID_BYTES, text: toHex(block.subarray(BLOCK.storeId, BLOCK.generation)) },
    number(block, 'generation', BLOCK.generation),
    number(block, 'epoch', BLOCK.epoch),
    { name: 'coreId', bytes: 2, text: String(readU16(block, BLOCK.coreId)) },
    { name: 'unused', bytes: BLOCK.indexLength - BLOCK.coreId - 2 },
    number(block, 'indexLength', BLOCK.indexLength),
    number(block, 'valueLength', BLOCK.valueLength),
    number(block, 'keyBytes', BLOCK.keyBytes),
    number(block, 'liveBytes', BLOCK.liveBytes),
    { name: 'pageChecksums', bytes: blockLength - BLOCK_FIXED_BYTES },
  ]);
  if (stored === computed) return fields;
  const said = `computed ${checksumText(computed)}`;
  if (mending?.at !== undefined) return markedAt(fields, mending.at, mending.text);
  return markedByName(fields, 'blockChecksum', mending === undefined ? said : `${said}; ${mending.text}`);
}

/**
 * A page that fails its checksum: the byte that is wrong and those round it, or, where that is not known, all of
 * it. Undefined where the page is good.
 */
export function badPageFields(
  bytes: FileBytes,
  page: {
    readonly offset: number;
    readonly bytes: number;
    readonly sum: number;
    readonly name: 'values' | 'index';
  },
): ByteField[] | undefined {
  const { offset, bytes: length, name, sum } = page;
  const computed = checksumOf(crc32c, bytes, offset, length);
  if (computed === sum) return undefined;
  const mending = mended(CASTAGNOLI, bytes, { from: offset, length }, sum ^ computed);
  const holdsValue = name === 'values';
  const text = `checksum of the page ${checksumText(sum)}, computed ${checksumText(computed)}`;
  if (mending?.at === undefined) {
    return fieldsInRow(offset, [{ name, bytes: length, isWrong: true, text, holdsValue }]);
  }
  const from = Math.max(offset, mending.at - ROUND_BYTES);
  const to = Math.min(offset + length, mending.at + 1 + ROUND_BYTES);
  const fields = fieldsInRow(from, [{ name, bytes: to - from, text, holdsValue }]);
  return markedAt(fields, mending.at, mending.text);
}
