import { LastSum, PrefixSums } from './prefix-sums.js';

/** A sum is kept for every block of this many bytes. */
export const SUM_BLOCK_BYTES = 64;

/**
 * Checksums (crc32, IEEE 802.3) of any ranges of a file, however long and however much they overlap, in time that does
 * not grow with their length: from sums of all bytes up to each block, since the CRC of a range
 * is that of all up to its end less that of all up to its start, moved on by the range's length.
 * With it, a search that tries a record at every offset stays linear, whatever lengths it meets.
 *
 * Offsets are those of the file. Bytes are given as a buffer and the file's offset of its first.
 */
export class RangeChecksum {
  readonly #sums = PrefixSums.ieee(SUM_BLOCK_BYTES);
  readonly #lastFrom = new LastSum();
  readonly #lastTo = new LastSum();

  /**
   * The checksum of the bytes from `from` to `to`. Starts should ascend: after one that lies further
   * back than half of the sums that are kept, summing begins anew. The buffer must hold the file from
   * a block before `from` (or from its start) to `to`.
   */
  of(bytes: Uint8Array, bytesOffset: number, from: number, to: number): number {
    const sums = this.#sums;
    const known = from >= sums.firstKept && from - sums.reached < SUM_BLOCK_BYTES;
    if (!known) sums.restart(from);
    sums.giveUpBefore(from);
    sums.extend(bytes, bytesOffset, to);
    const before = sums.upToNext(this.#lastFrom, bytes, bytesOffset, from);
    return sums.ofRange(sums.upToNext(this.#lastTo, bytes, bytesOffset, to), before, to - from);
  }
}
