import { assert } from '../../assert.js';
import { startsWithBytes } from '../../bytes/compare.js';
import { isUtf8, toUtf8 } from '../../bytes/text/text.js';

/**
 * The blocks of a tar (POSIX ustar, and the old GNU form of the same fields that the original
 * writes). Own code for two blocks' worth of fields: tar-stream, which the tests use as the other
 * side, applies extended headers without a word, and reads on after the end.
 */

export const TAR_BLOCK_BYTES = 512;

interface Field {
  readonly at: number;
  readonly bytes: number;
}

const NAME: Field = { at: 0, bytes: 100 };
const MODE: Field = { at: 100, bytes: 8 };
const USER: Field = { at: 108, bytes: 8 };
const GROUP: Field = { at: 116, bytes: 8 };
const SIZE: Field = { at: 124, bytes: 12 };
const MODIFIED: Field = { at: 136, bytes: 12 };
const CHECKSUM: Field = { at: 148, bytes: 8 };
const TYPE: Field = { at: 156, bytes: 1 };
const LINK_NAME: Field = { at: 157, bytes: 100 };
const MAGIC: Field = { at: 257, bytes: 8 };
const PREFIX: Field = { at: 345, bytes: 155 };

const USTAR = toUtf8('ustar\u000000');
const GNU = toUtf8('ustar  \u0000');
/** Length of the prefix that both magic strings share. */
const USTAR_NAME_BYTES = 'ustar'.length;
const FILE_TYPES = ['0', '\u0000'];
const FOLDER_TYPE = '5';

/** Numbers with this bit set in their first byte are binary, big-endian. */
const BINARY_BIT = 0x80;
const SPACE = 0x20;
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

const TYPE_NAMES: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a FIFO',
  '7': 'a contiguous file',
  g: 'a global extended header (pax)',
  x: 'an extended header (pax)',
  K: 'a long link name (GNU)',
  L: 'a long name (GNU)',
  S: 'a sparse file (GNU)',
};

/** One entry as its header says it. */
export interface TarEntry {
  readonly kind: 'file' | 'folder' | 'extended' | 'long-name';
  /** The name as the header has it: a folder's may end with a slash. */
  readonly name: string;
  /** Bytes that follow; 0 for a folder. */
  readonly size: number;
}

/** Kinds beside plain files: folders, and what says more of the entry behind it. */
const KIND_OF_TYPE: Readonly<Partial<Record<string, TarEntry['kind']>>> = {
  [FOLDER_TYPE]: 'folder',
  x: 'extended',
  g: 'extended',
  L: 'long-name',
};

/** Makes the header of an entry of ours, whose names are short. */
export function encodeTarHeader(entry: TarEntry, modifiedUnix: number): Uint8Array {
  const block = new Uint8Array(TAR_BLOCK_BYTES);
  const name = toUtf8(entry.name);
  if (name.length > NAME.bytes) throw new RangeError(`the name ${entry.name} is too long for a tar`);
  block.set(name, NAME.at);
  putOctal(block, MODE, entry.kind === 'file' ? FILE_MODE : FOLDER_MODE);
  putOctal(block, USER, 0);
  putOctal(block, GROUP, 0);
  putNumber(block, SIZE, entry.size);
  putNumber(block, MODIFIED, modifiedUnix);
  block[TYPE.at] = (entry.kind === 'file' ? '0' : FOLDER_TYPE).charCodeAt(0);
  block.set(USTAR, MAGIC.at);
  block.set(toUtf8(`${checksumOf(block).toString(8).padStart(6, '0')}\u0000 `), CHECKSUM.at);
  return block;
}

/** Reads a header, of which nothing is trusted; a string says why it is refused. */
export function decodeTarHeader(block: Uint8Array): TarEntry | string {
  assert(block.length === TAR_BLOCK_BYTES, 'a tar is read block by block');
  const gnu = holds(block, MAGIC, GNU);
  if (!gnu && !holds(block, MAGIC, USTAR)) return 'it is no tar header';
  if (numberIn(block, CHECKSUM) !== checksumOf(block)) return 'the header fails its checksum';
  const type = String.fromCharCode(block[TYPE.at]!);
  const kind = FILE_TYPES.includes(type) ? 'file' : KIND_OF_TYPE[type];
  if (kind === undefined)
    return `${TYPE_NAMES[type] ?? 'an entry of a kind that is not known'} may not be in it`;
  const name = nameIn(block, gnu);
  if (name === undefined) return 'the name is not text that ends with NUL';
  const size = numberIn(block, SIZE);
  if (size === undefined) return 'the size is no number';
  if (kind === 'folder' && size !== 0) return 'a folder has bytes';
  if (block[LINK_NAME.at] !== 0) return 'it has the name of a link';
  return { kind, name, size };
}

/** True for a block that looks like a header, good or not: its magic, or its own checksum, tells. */
export function looksLikeTarHeader(block: Uint8Array): boolean {
  if (block.length < TAR_BLOCK_BYTES) return false;
  if (startsWithBytes(block.subarray(MAGIC.at), USTAR.subarray(0, USTAR_NAME_BYTES))) return true;
  const stated = Buffer.from(block.subarray(CHECKSUM.at, CHECKSUM.at + CHECKSUM.bytes)).toString('latin1');
  return Number.parseInt(stated, 8) === checksumOf(block);
}

/** True for a block that is nothing but zeros, two of which end a tar. */
export function isZeroBlock(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/** Zeros that follow an entry's bytes, up to a whole block. */
export function paddingAfter(size: number): number {
  return (TAR_BLOCK_BYTES - (size % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES;
}

/** The sum of all bytes, those of the checksum taken for spaces. */
function checksumOf(block: Uint8Array): number {
  let sum = SPACE * CHECKSUM.bytes;
  for (let at = 0; at < TAR_BLOCK_BYTES; at++) {
    if (at < CHECKSUM.at || at >= CHECKSUM.at + CHECKSUM.bytes) sum += block[at]!;
  }
  return sum;
}

function putOctal(block: Uint8Array, { at, bytes }: Field, value: number): void {
  block.set(toUtf8(value.toString(8).padStart(bytes - 1, '0')), at);
}

/** Octal, or binary where that is too long. */
function putNumber(block: Uint8Array, field: Field, value: number): void {
  if (value < 8 ** (field.bytes - 1)) {
    putOctal(block, field, value);
    return;
  }
  let rest = value;
  for (let at = field.at + field.bytes - 1; at > field.at; at--) {
    block[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  block[field.at] = BINARY_BIT;
}

/** A number that is whole, not negative and below 2^53; undefined for any other. */
function numberIn(block: Uint8Array, { at, bytes }: Field): number | undefined {
  if ((block[at]! & BINARY_BIT) !== 0) return binaryIn(block.subarray(at, at + bytes));
  const text = Buffer.from(block.subarray(at, at + bytes)).toString('latin1');
  const digits = /^ *([0-7]+)[ \0]*$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

function binaryIn(field: Uint8Array): number | undefined {
  let value = field[0]! & ~BINARY_BIT;
  for (const byte of field.subarray(1)) {
    value = value * 256 + byte;
    if (!Number.isSafeInteger(value)) return undefined;
  }
  return value;
}

function nameIn(block: Uint8Array, gnu: boolean): string | undefined {
  const name = textIn(block, NAME);
  // The old GNU form has other fields where the prefix stands.
  const prefix = gnu ? '' : textIn(block, PREFIX);
  if (name === undefined || prefix === undefined) return undefined;
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Text up to the first NUL, behind which nothing may stand. */
function textIn(block: Uint8Array, { at, bytes }: Field): string | undefined {
  const field = block.subarray(at, at + bytes);
  const end = field.indexOf(0);
  const text = end < 0 ? field : field.subarray(0, end);
  if (end >= 0 && field.subarray(end).some((byte) => byte !== 0)) return undefined;
  return isUtf8(text) ? Buffer.from(text).toString('utf8') : undefined;
}

function holds(block: Uint8Array, { at, bytes }: Field, expected: Uint8Array): boolean {
  return Buffer.compare(block.subarray(at, at + bytes), expected) === 0;
}
