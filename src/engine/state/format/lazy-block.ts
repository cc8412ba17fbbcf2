import { readU32 } from '../../bytes/halves.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import type { PageSumSource } from '../../storage-io/paged/paged-source.js';
import { readFully } from '../../storage-io/whole/write-fully.js';
import { INDEX_HEADER_BYTES, pageCount } from './format.js';
import { BLOCK_FIXED_BYTES, type BlockFixed, type IndexBlock } from './index-block.js';

const SUM_BYTES = 4;
/** Sums are read this many at a time: a lookup needs few of them, and each of another place. */
const SUMS_A_READ = 64;

/** The place of a block. */
export interface BlockFile {
  readonly fileSystem: FileSystem;
  readonly descriptor: FileDescriptor;
  readonly path: string;
  readonly blockLength: number;
  readonly indexLength: number;
  readonly writePos: number;
}

/**
 * A block whose sums are read when they are asked for, so that a lookup does not grow with the
 * store. A sum that rotted makes its page fail, which is damage either way; whoever needs all of
 * them gets them checked by the block's own checksum.
 */
export class LazyBlock implements IndexBlock {
  readonly storeId: Uint8Array;
  readonly generation: bigint;
  readonly epoch: bigint;
  readonly coreId: number;
  readonly indexLength: number;
  readonly valueLength: number;
  readonly keyBytes: number;
  readonly liveBytes: number;
  readonly indexSums: PageSumSource;
  readonly valueSums: PageSumSource;
  readonly #load: () => IndexBlock;
  #whole: IndexBlock | undefined;

  constructor(file: BlockFile, fixed: BlockFixed, load: () => IndexBlock) {
    this.storeId = fixed.storeId;
    this.generation = fixed.generation;
    this.epoch = fixed.epoch;
    this.coreId = fixed.coreId;
    this.indexLength = fixed.indexLength;
    this.valueLength = fixed.valueLength;
    this.keyBytes = fixed.keyBytes;
    this.liveBytes = fixed.liveBytes;
    const start = INDEX_HEADER_BYTES + BLOCK_FIXED_BYTES;
    const indexPages = pageCount(fixed.indexLength);
    this.indexSums = new SumsOnDisk(file, start, indexPages);
    this.valueSums = new SumsOnDisk(file, start + SUM_BYTES * indexPages, pageCount(fixed.valueLength));
    this.#load = load;
  }

  get indexPageSums(): Uint32Array {
    return this.#wholeBlock().indexPageSums;
  }

  get valuePageSums(): Uint32Array {
    return this.#wholeBlock().valuePageSums;
  }

  #wholeBlock(): IndexBlock {
    this.#whole ??= this.#load();
    return this.#whole;
  }
}

/** Sums as they lie in the file, read in small pieces and kept. */
class SumsOnDisk implements PageSumSource {
  readonly length: number;
  readonly #file: BlockFile;
  readonly #start: number;
  readonly #pieces = new Map<number, Uint8Array>();

  constructor(file: BlockFile, start: number, length: number) {
    this.#file = file;
    this.#start = start;
    this.length = length;
  }

  at(page: number): number | undefined {
    if (page >= this.length) return undefined;
    const piece = Math.floor(page / SUMS_A_READ);
    const bytes = this.#pieces.get(piece) ?? this.#read(piece);
    return readU32(bytes, (page - piece * SUMS_A_READ) * SUM_BYTES);
  }

  #read(piece: number): Uint8Array {
    const first = piece * SUMS_A_READ;
    const bytes = new Uint8Array(Math.min(SUMS_A_READ, this.length - first) * SUM_BYTES);
    const { fileSystem, descriptor } = this.#file;
    readFully(fileSystem, descriptor, bytes, 0, bytes.length, this.#start + first * SUM_BYTES);
    this.#pieces.set(piece, bytes);
    return bytes;
  }
}
