import { crc32, crc32c } from './checksum.js';
import { CrcCombiner } from './combine.js';
import { CASTAGNOLI, IEEE } from './polynomial.js';

/** Sums that there is room for at first. */
const SUMS_MIN = 256;

type Checksum = (bytes: Uint8Array, start: number, end: number, seed: number) => number;

/** A place in a row of them that are asked for, each a little behind the last, and the sum up to there. */
export class LastSum {
  offset = -1;
  sum = 0;
  generation = -1;
}

/**
 * The checksums of all bytes of a file from a base up to each block of it, in a window that moves on: the CRC of any range
 * comes out of that of all up to its end and that of all up to its start.
 *
 * Offsets are those of the file. Bytes are given as a buffer and the file's offset of its first.
 */
export class PrefixSums {
  readonly #checksum: Checksum;
  readonly #combiner: CrcCombiner;
  readonly #blockBytes: number;
  /** The sum of all bytes from the base to each block's start, for blocks from `#firstBlock` on. */
  #sums: Uint32Array;
  /** Offset where the sums begin. */
  #base = 0;
  #firstBlock = 0;
  /** None until `restart` says where they begin. */
  #blockCount = 0;
  #neededFrom = 0;
  /** Changes with the base. */
  #generation = 0;

  private constructor(checksum: Checksum, polynomial: number, blockBytes: number, room: number) {
    this.#sums = new Uint32Array(room);
    this.#checksum = checksum;
    this.#combiner = CrcCombiner.of(polynomial);
    this.#blockBytes = blockBytes;
  }

  /** crc32 (IEEE 802.3). */
  static ieee(blockBytes: number): PrefixSums {
    return new PrefixSums(crc32, IEEE, blockBytes, SUMS_MIN);
  }

  /** crc32c (Castagnoli); `room` is how many sums there is room for at first. */
  static castagnoli(blockBytes: number, room: number): PrefixSums {
    return new PrefixSums(crc32c, CASTAGNOLI, blockBytes, room);
  }

  /** Forgets all sums; the next begin at `base`. */
  restart(base: number): void {
    this.#base = base;
    this.#neededFrom = base;
    this.#firstBlock = 0;
    this.#blockCount = 1;
    this.#sums[0] = 0;
    this.#generation += 1;
  }

  /** Offset from which on sums are kept. */
  get firstKept(): number {
    return this.#base + this.#firstBlock * this.#blockBytes;
  }

  /** Offset up to which sums are known. */
  get reached(): number {
    return this.#base + (this.#firstBlock + this.#blockCount - 1) * this.#blockBytes;
  }

  /** Start of the block that holds `offset`: the bytes from there on are needed to sum up to `offset`. */
  blockStart(offset: number): number {
    return offset - ((offset - this.#base) % this.#blockBytes);
  }

  /** The sum of all bytes from the base to `offset`, whose block is kept, and is in `bytes` up to there. */
  upTo(bytes: Uint8Array, bytesOffset: number, offset: number): number {
    const start = this.blockStart(offset);
    const sum = this.#sums[(start - this.#base) / this.#blockBytes - this.#firstBlock]!;
    return start === offset ? sum : this.#checksum(bytes, start - bytesOffset, offset - bytesOffset, sum);
  }

  /** As `upTo`, where one offset after the other is asked for, each a little behind the `last`. */
  upToNext(last: LastSum, bytes: Uint8Array, bytesOffset: number, offset: number): number {
    const near = last.offset;
    const isKnown = last.generation === this.#generation && near >= bytesOffset && near <= offset;
    last.sum =
      isKnown && near >= this.blockStart(offset)
        ? this.#checksum(bytes, near - bytesOffset, offset - bytesOffset, last.sum)
        : this.upTo(bytes, bytesOffset, offset);
    last.offset = offset;
    last.generation = this.#generation;
    return last.sum;
  }

  /** The checksum of the last `length` bytes of what `whole` is the sum of; `prefix` is that of what comes before. */
  ofRange(whole: number, prefix: number, length: number): number {
    return this.#combiner.ofSuffix(whole, prefix, length);
  }

  /** Sums what `bytes` holds of each whole block between what is reached and `to`. */
  extend(bytes: Uint8Array, bytesOffset: number, to: number): void {
    const blockBytes = this.#blockBytes;
    let at = this.reached;
    while (at + blockBytes <= to) {
      if (this.#blockCount === this.#sums.length) this.#makeRoom();
      const start = at - bytesOffset;
      const sum = this.#sums[this.#blockCount - 1]!;
      this.#sums[this.#blockCount] = this.#checksum(bytes, start, start + blockBytes, sum);
      this.#blockCount += 1;
      at += blockBytes;
    }
  }

  /** Says that no sum before `offset` is asked for again. */
  giveUpBefore(offset: number): void {
    this.#neededFrom = offset;
  }

  /** Moves the sums down where that frees an eighth of the room, and so costs less than summing; else doubles the room. */
  #makeRoom(): void {
    const sums = this.#sums;
    const passed = Math.floor((this.#neededFrom - this.#base) / this.#blockBytes) - this.#firstBlock;
    if (passed >= sums.length / 8) {
      sums.copyWithin(0, passed, this.#blockCount);
      this.#firstBlock += passed;
      this.#blockCount -= passed;
      return;
    }
    this.#sums = new Uint32Array(2 * sums.length);
    this.#sums.set(sums);
  }
}
