import { crc32c } from '../bytes/checksum.js';
import { readU32, readU64 } from '../bytes/halves.js';
import type { FileDescriptor, FileSystem } from '../storage-io/file-system.js';
import { readFully } from '../storage-io/write-fully.js';
import {
  BLOCK_LENGTH_AT,
  INDEX_BYTES_MAX,
  INDEX_BYTES_MIN,
  INDEX_HEADER_BYTES,
  NEXT_VERSION_AT,
  VALUE_BYTES_MAX,
  WRITE_POS_AT,
} from './format.js';
import type { IndexBlock } from './index-block.js';
import {
  INDEX_BLOCK_BYTES_MAX,
  INDEX_BLOCK_BYTES_MIN,
  blockChecksumFits,
  claimedBlockBytes,
  decodeIndexBlock,
} from './index-block.js';
import { stateDamage } from './state-damage.js';
import { checkMagic } from './state-header.js';

/** What stands before an index's rkyv bytes. */
export interface IndexHead {
  /** Value bytes in use. */
  readonly writePos: number;
  /** LaminarDB's counter, kept as it is. */
  readonly nextVersion: bigint;
  /** Undefined in a file that LaminarDB wrote: it has no checksums. */
  readonly block: IndexBlock | undefined;
  /** Where the rkyv bytes start in the file, and how many there are. */
  readonly start: number;
  readonly length: number;
  /** crc32c of all bytes before `start`. */
  readonly headCrc: number;
}

/**
 * Reads and checks the header and the block of an index file. The rkyv bytes are not read.
 * @throws StatelogError `UNKNOWN_FORMAT`, `UNSUPPORTED_VERSION`, `DAMAGED` (class `bad-header`)
 */
export function readIndexHead(fileSystem: FileSystem, descriptor: FileDescriptor, path: string): IndexHead {
  const { size } = fileSystem.statusOf(descriptor);
  const header = new Uint8Array(Math.min(INDEX_HEADER_BYTES, size));
  readFully(fileSystem, descriptor, header);
  checkMagic(header, path, 'the index of a state file');
  if (size < INDEX_HEADER_BYTES + INDEX_BYTES_MIN) {
    throw stateDamage('bad-header', 'the index file is cut short', path, size);
  }
  const writePos = readU64(header, WRITE_POS_AT);
  if (writePos > BigInt(VALUE_BYTES_MAX)) {
    throw stateDamage('bad-header', 'the index claims more than 4 GiB of values', path, WRITE_POS_AT);
  }
  const blockLength = readU32(header, BLOCK_LENGTH_AT);
  const start = INDEX_HEADER_BYTES + blockLength;
  const length = size - start;
  checkLengths(blockLength, length, path);
  const bytes = new Uint8Array(start);
  readFully(fileSystem, descriptor, bytes);
  if (blockLength === 0) refuseHiddenBlock(fileSystem, descriptor, path, size);
  return {
    writePos: Number(writePos),
    nextVersion: readU64(header, NEXT_VERSION_AT),
    block: readBlock(bytes.subarray(INDEX_HEADER_BYTES), length, Number(writePos), path),
    start,
    length,
    headCrc: crc32c(bytes),
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

function readBlock(
  bytes: Uint8Array,
  indexLength: number,
  writePos: number,
  path: string,
): IndexBlock | undefined {
  if (bytes.length === 0) return undefined;
  const block = decodeIndexBlock(bytes, indexLength, writePos);
  if (typeof block === 'string') {
    throw stateDamage('bad-header', `the index file is damaged: ${block}`, path, INDEX_HEADER_BYTES);
  }
  return block;
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
