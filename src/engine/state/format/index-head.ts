import { crc32c } from '../../bytes/crc/checksum.js';
import { readU32, readU64 } from '../../bytes/halves.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { readFully } from '../../storage-io/whole/write-fully.js';
import {
  BLOCK_LENGTH_AT,
  INDEX_BYTES_MAX,
  INDEX_BYTES_MIN,
  INDEX_HEADER_BYTES,
  NEXT_VERSION_AT,
  VALUE_REGION_BYTES_MAX,
  WRITE_POS_AT,
} from './format.js';
import type { StatelogError } from '../../errors.js';
import type { IndexBlock } from './index-block.js';
import { LazyBlock, type BlockFile } from './lazy-block.js';
import {
  INDEX_BLOCK_BYTES_MAX,
  BLOCK_FIXED_BYTES,
  INDEX_BLOCK_BYTES_MIN,
  blockChecksumFits,
  decodeBlockFixed,
  claimedBlockBytes,
  decodeIndexBlock,
} from './index-block.js';
import { stateDamage } from './state-damage.js';
import { checkMagic } from './state-header.js';

/** The part of an index file before its rkyv bytes. */
export interface IndexHead {
  /** Value bytes in use. */
  readonly writePos: number;
  /** LaminarDB's counter, kept as it is. */
  readonly nextVersion: bigint;
  /** Undefined in a file that LaminarDB wrote: it has no checksums. */
  readonly block: IndexBlock | undefined;
  /** Start and length of the rkyv bytes in the file. */
  readonly start: number;
  readonly length: number;
  /** crc32c of the header and the block's part before its sums, which holds the checksum of all of it. */
  readonly headCrc: number;
}

/** The bytes that `headCrc` covers, in an index that has a block. */
export const HEAD_CHECKED_BYTES = INDEX_HEADER_BYTES + BLOCK_FIXED_BYTES;

/**
 * Reads and checks the header and the block of an index file. The rkyv bytes are not read.
 * @param knownHeadCrc what the manifest says `headCrc` is: where it fits, the block's sums are read
 * only as they are needed, since a page and its sum that agree by chance are as good as impossible
 * @throws StatelogError `UNKNOWN_FORMAT`, `UNSUPPORTED_VERSION`, `DAMAGED` (class `bad-header`)
 */
export function readIndexHead(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
  path: string,
  knownHeadCrc?: number,
): IndexHead {
  const { size } = fileSystem.statusOf(descriptor);
  const header = new Uint8Array(Math.min(HEAD_CHECKED_BYTES, size));
  readFully(fileSystem, descriptor, header);
  checkMagic(header, path, 'the index of a state file');
  if (size < INDEX_HEADER_BYTES + INDEX_BYTES_MIN) {
    throw stateDamage('bad-header', 'the index file is cut short', path, size);
  }
  const writePos = readU64(header, WRITE_POS_AT);
  if (writePos > BigInt(VALUE_REGION_BYTES_MAX)) {
    throw stateDamage('bad-header', 'the index claims more than 4 GiB of values', path, WRITE_POS_AT);
  }
  const blockLength = readU32(header, BLOCK_LENGTH_AT);
  const start = INDEX_HEADER_BYTES + blockLength;
  const length = size - start;
  checkLengths(blockLength, length, path);
  if (blockLength === 0) refuseHiddenBlock(fileSystem, descriptor, path, size);
  const checked = header.subarray(0, start);
  const headCrc = crc32c(checked);
  const file = { fileSystem, descriptor, path, blockLength, indexLength: length, writePos: Number(writePos) };
  const block = blockLength > 0 && headCrc === knownHeadCrc ? lazyBlock(file, checked) : readBlock(file);
  return {
    writePos: Number(writePos),
    nextVersion: readU64(header, NEXT_VERSION_AT),
    block,
    start,
    length,
    headCrc,
  };
}

/** Before anything is allocated or read for it. */
function checkLengths(blockLength: number, indexLength: number, path: string): void {
  const isNoBlock = blockLength === 0;
  if (!isNoBlock && (blockLength < INDEX_BLOCK_BYTES_MIN || blockLength > INDEX_BLOCK_BYTES_MAX)) {
    throw stateDamage(
      'bad-header',
      'the index claims a block of an impossible length',
      path,
      BLOCK_LENGTH_AT,
      {
        found: `${blockLength} bytes`,
      },
    );
  }
  if (indexLength < INDEX_BYTES_MIN || indexLength > INDEX_BYTES_MAX) {
    throw stateDamage('bad-header', 'the index has an impossible length', path, BLOCK_LENGTH_AT, {
      expected: `${INDEX_BYTES_MIN} to ${INDEX_BYTES_MAX} bytes after the block`,
      found: `${indexLength} bytes`,
    });
  }
}

/** Reads a block whole, and checks it. */
function readBlock(file: BlockFile): IndexBlock | undefined {
  const { blockLength, indexLength, writePos, path } = file;
  if (blockLength === 0) return undefined;
  const block = decodeIndexBlock(
    readAfterHeader(file.fileSystem, file.descriptor, blockLength),
    indexLength,
    writePos,
  );
  if (typeof block === 'string') throw damagedBlock(block, path);
  return block;
}

/** A block of which the part before the sums is known to be as it was written. */
function lazyBlock(file: BlockFile, head: Uint8Array): IndexBlock {
  const { blockLength, indexLength, writePos, path } = file;
  const fixed = decodeBlockFixed(head.subarray(INDEX_HEADER_BYTES), blockLength, indexLength, writePos);
  if (typeof fixed === 'string') throw damagedBlock(fixed, path);
  return new LazyBlock(file, fixed, () => readBlock(file)!);
}

function damagedBlock(reason: string, path: string): StatelogError {
  return stateDamage('bad-header', `the index file is damaged: ${reason}`, path, INDEX_HEADER_BYTES);
}

/**
 * A header that says there is no block, before one that is whole: its length was lost. (LaminarDB's
 * index starts with its first key's bytes, so these four bytes alone prove nothing.)
 */
function refuseHiddenBlock(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
  path: string,
  size: number,
): void {
  const room = size - INDEX_HEADER_BYTES;
  const claimed = claimedBlockBytes(
    readAfterHeader(fileSystem, descriptor, Math.min(INDEX_BLOCK_BYTES_MIN, room)),
  );
  if (claimed === undefined || claimed > room) return;
  if (!blockChecksumFits(readAfterHeader(fileSystem, descriptor, claimed))) return;
  throw stateDamage(
    'bad-header',
    'the index has a block that its header does not tell of',
    path,
    BLOCK_LENGTH_AT,
  );
}

function readAfterHeader(fileSystem: FileSystem, descriptor: FileDescriptor, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  readFully(fileSystem, descriptor, bytes, 0, length, INDEX_HEADER_BYTES);
  return bytes;
}
