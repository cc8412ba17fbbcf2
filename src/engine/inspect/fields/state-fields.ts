import { CASTAGNOLI } from '../../bytes/crc/polynomial.js';
import { crc32c } from '../../bytes/crc/checksum.js';
import { readU16, readU32, readU64 } from '../../bytes/halves.js';
import { toHex } from '../../bytes/text/text.js';
import { BLOCK_LENGTH_AT, FORMAT_VERSION, VERSION_AT } from '../../state/format/format.js';
import { BLOCK_FIXED_BYTES } from '../../state/format/index-block.js';
import { hasStateMagic } from '../../state/format/state-header.js';
import {
  checksumText,
  fieldsInRow,
  markedAt,
  markedByName,
  type ByteField,
  type FieldPart,
} from './byte-field.js';
import { checksumOf, mended } from './checked-bytes.js';
import type { FileBytes } from './file-bytes.js';

/** Round a byte of a page that is wrong, so many are shown on either side. */
const ROUND_BYTES = 32;
const HEADER_BYTES = 32;
const BLOCK_MAGIC = 'SLB1';
/** The block's checksum is of what follows it. */
const BLOCK_CHECKED_FROM = 8;

function magicParts(header: Uint8Array): FieldPart[] {
  const version = header.length < VERSION_AT + 4 ? 0 : readU32(header, VERSION_AT);
  return [
    { name: 'magic', bytes: VERSION_AT, isWrong: !hasStateMagic(header) },
    { name: 'formatVersion', bytes: 4, isWrong: version !== FORMAT_VERSION, text: String(version) },
  ];
}

/** The fields of a state file's header. */
export function stateHeaderFields(bytes: FileBytes): ByteField[] {
  const header = bytes.read(0, HEADER_BYTES);
  if (header.length < HEADER_BYTES) return tooShort(header.length);
  const number = (name: string, at: number): FieldPart => ({
    name,
    bytes: 8,
    text: String(readU64(header, at)),
  });
  return fieldsInRow(0, [
    ...magicParts(header),
    number('generation', 12),
    number('dataOffset', 20),
    { name: 'unused', bytes: 4 },
  ]);
}

/** The fields of an index file's header, and of the block behind it where there is one. */
export function indexHeaderFields(bytes: FileBytes): ByteField[] {
  const header = bytes.read(0, HEADER_BYTES);
  if (header.length < HEADER_BYTES) return tooShort(header.length);
  const blockLength = readU32(header, BLOCK_LENGTH_AT);
  const isTooLong = HEADER_BYTES + blockLength > bytes.size;
  return [
    ...fieldsInRow(0, [
      ...magicParts(header),
      { name: 'blockLength', bytes: 4, isWrong: isTooLong, text: String(blockLength) },
      { name: 'writePos', bytes: 8, text: String(readU64(header, 16)) },
      { name: 'nextVersion', bytes: 8, text: String(readU64(header, 24)) },
    ]),
    ...(blockLength < BLOCK_FIXED_BYTES || isTooLong ? [] : blockFields(bytes, blockLength)),
  ];
}

function tooShort(length: number): ByteField[] {
  return fieldsInRow(0, [
    { name: 'header', bytes: length, isWrong: true, text: `${length} of ${HEADER_BYTES} bytes` },
  ]);
}

function blockFields(bytes: FileBytes, blockLength: number): ByteField[] {
  const stored = readU32(bytes.read(HEADER_BYTES + 4, 4), 0);
  const checked = { from: HEADER_BYTES + BLOCK_CHECKED_FROM, length: blockLength - BLOCK_CHECKED_FROM };
  const computed = checksumOf(crc32c, bytes, checked.from, checked.length);
  const mending = mended(CASTAGNOLI, bytes, checked, stored ^ computed);
  const block = (mending?.read ?? bytes.read.bind(bytes))(HEADER_BYTES, BLOCK_FIXED_BYTES);
  const number = (name: string, at: number): FieldPart => ({
    name,
    bytes: 8,
    text: String(readU64(block, at)),
  });
  const fields = fieldsInRow(HEADER_BYTES, [
    {
      name: 'blockMagic',
      bytes: 4,
      isWrong: Buffer.from(block.subarray(0, 4)).toString('latin1') !== BLOCK_MAGIC,
    },
    { name: 'blockChecksum', bytes: 4, text: checksumText(stored) },
    { name: 'storeId', bytes: 16, text: toHex(block.subarray(8, 24)) },
    number('generation', 24),
    number('epoch', 32),
    { name: 'coreId', bytes: 2, text: String(readU16(block, 40)) },
    { name: 'unused', bytes: 6 },
    number('indexLength', 48),
    number('valueLength', 56),
    number('keyBytes', 64),
    number('liveBytes', 72),
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
