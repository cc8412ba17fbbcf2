import { crc32, crc32c } from './checksum.js';

const CASTAGNOLI_REFLECTED = 0x82f63b78;
const IEEE_REFLECTED = 0xedb88320;

/** A sum is kept for every block of this many bytes. */
export const SUM_BLOCK_BYTES = 64;
const HIGH_BIT = 0x8000_0000;
/** x^8 in a reflected CRC: what one more byte multiplies by. */
const ONE_BYTE = 0x0080_0000;
const BYTE_VALUES = 256;
const LENGTH_BYTES = 4;

/** Sums that there is room for at first. */
const SUMS_MIN = 256;

let ieeePowers: PowersOfX | undefined;
let castagnoliPowers: PowersOfX | undefined;

type Checksum = (bytes: Uint8Array, start: number, end: number, seed: number) => number;

/**
 * Checksums of any ranges of a file, however long and however much they overlap, in time that does
 * not grow with their length: from sums of all bytes up to each block, since the CRC of a range
 * is that of all up to its end less that of all up to its start, moved on by the range's length.
 * With it, a search that tries a record at every offset stays linear, whatever lengths it meets.
 * Source of the idea: `crc32_combine` in zlib.
 *
 * Offsets are those of the file. Bytes are given as a buffer and the file's offset of its first.
 */
export class RangeChecksum {
  readonly #checksum: Checksum;
  readonly #powers: PowersOfX;
  /** The sum of all bytes from the base to each block's start, for blocks from `#firstBlock` on. */
  #sums = new Uint32Array(SUMS_MIN);
  /** Offset where the sums begin. */
  #base = 0;
  #firstBlock = 0;
  #blockCount = 0;

  private constructor(checksum: Checksum, powers: PowersOfX) {
    this.#checksum = checksum;
    this.#powers = powers;
  }

  /** crc32 (IEEE 802.3). */
  static ieee(): RangeChecksum {
    ieeePowers ??= new PowersOfX(IEEE_REFLECTED);
    return new RangeChecksum(crc32, ieeePowers);
  }

  /** crc32c (Castagnoli). */
  static castagnoli(): RangeChecksum {
    castagnoliPowers ??= new PowersOfX(CASTAGNOLI_REFLECTED);
    return new RangeChecksum(crc32c, castagnoliPowers);
  }

  /**
   * The checksum of the bytes from `from` to `to`. Starts should ascend: after one that lies further
   * back than half of the sums that are kept, summing begins anew. The buffer must hold the file from
   * a block before `from` (or from its start) to `to`.
   */
  of(bytes: Uint8Array, bytesOffset: number, from: number, to: number): number {
    const known = from >= this.#firstKept && from - this.#reached < SUM_BLOCK_BYTES;
    if (!known) this.#restart(from);
    this.#giveUpBefore(from);
    this.#extend(bytes, bytesOffset, to);
    const before = this.#sumUpTo(bytes, bytesOffset, from);
    const all = this.#sumUpTo(bytes, bytesOffset, to);
    return (all ^ this.#powers.moveOn(before, to - from)) >>> 0;
  }

  #restart(base: number): void {
    this.#base = base;
    this.#firstBlock = 0;
    this.#blockCount = 1;
    this.#sums[0] = 0;
  }

  /** Offset from which on sums are kept. */
  get #firstKept(): number {
    return this.#base + this.#firstBlock * SUM_BLOCK_BYTES;
  }

  /** Offset up to which sums are known. */
  get #reached(): number {
    return this.#base + (this.#firstBlock + this.#blockCount - 1) * SUM_BLOCK_BYTES;
  }

  #sumUpTo(bytes: Uint8Array, bytesOffset: number, offset: number): number {
    const block = Math.floor((offset - this.#base) / SUM_BLOCK_BYTES);
    const start = this.#base + block * SUM_BLOCK_BYTES;
    const sum = this.#sums[block - this.#firstBlock]!;
    return this.#checksum(bytes, start - bytesOffset, offset - bytesOffset, sum);
  }

  #extend(bytes: Uint8Array, bytesOffset: number, to: number): void {
    let at = this.#reached;
    while (at + SUM_BLOCK_BYTES <= to) {
      if (this.#blockCount === this.#sums.length) this.#growSums();
      const start = at - bytesOffset;
      const sum = this.#sums[this.#blockCount - 1]!;
      this.#sums[this.#blockCount] = this.#checksum(bytes, start, start + SUM_BLOCK_BYTES, sum);
      this.#blockCount += 1;
      at += SUM_BLOCK_BYTES;
    }
  }

  /** Moves the sums down once half of them lie before `offset`, so that moving costs less than summing. */
  #giveUpBefore(offset: number): void {
    const passed = Math.floor((offset - this.#base) / SUM_BLOCK_BYTES) - this.#firstBlock;
    if (passed < this.#sums.length / 2 || passed >= this.#blockCount) return;
    this.#sums.copyWithin(0, passed, this.#blockCount);
    this.#firstBlock += passed;
    this.#blockCount -= passed;
  }

  /** To twice the room, and so to no more than four times what the longest range needs. */
  #growSums(): void {
    const larger = new Uint32Array(2 * this.#sums.length);
    larger.set(this.#sums);
    this.#sums = larger;
  }
}

/** Powers of x modulo a CRC's polynomial, by the bytes of the exponent. */
class PowersOfX {
  readonly #polynomial: number;
  /** `[k * 256 + b]` is x to the power of 8 * b * 256^k. */
  readonly #byByte = new Int32Array(LENGTH_BYTES * BYTE_VALUES);

  constructor(polynomial: number) {
    this.#polynomial = polynomial;
    let step = ONE_BYTE;
    for (let table = 0; table < LENGTH_BYTES; table++) {
      let power = HIGH_BIT | 0;
      for (let value = 0; value < BYTE_VALUES; value++) {
        this.#byByte[table * BYTE_VALUES + value] = power;
        power = this.#multiply(power, step);
      }
      step = power;
    }
  }

  /** What a sum becomes when `length` zero bytes follow. */
  moveOn(sum: number, length: number): number {
    let moved = sum | 0;
    let rest = length;
    for (let table = 0; rest !== 0; table += BYTE_VALUES) {
      const byte = rest & 0xff;
      if (byte !== 0) moved = this.#multiply(moved, this.#byByte[table + byte]!);
      rest >>>= 8;
    }
    return moved;
  }

  /** The product of two polynomials with reflected bits, modulo the CRC's. */
  #multiply(a: number, b: number): number {
    let product = 0;
    let factor = b;
    for (let left = a; left !== 0; left <<= 1) {
      if (left < 0) product ^= factor;
      factor = (factor & 1) === 0 ? factor >>> 1 : (factor >>> 1) ^ this.#polynomial;
    }
    return product;
  }
}
