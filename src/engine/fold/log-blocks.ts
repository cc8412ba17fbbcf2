import { assert } from '../assert.js';
import { copyBytes } from '../bytes/copy.js';
import { LOG_BYTES_MAX, PUT_OVERHEAD_BYTES } from './format.js';
import { type OpenLog, readLog } from './log-window.js';

const BLOCK_BITS = 14;
const BLOCK_BYTES = 1 << BLOCK_BITS;
const BLOCK_MASK = BLOCK_BYTES - 1;
/** Places for blocks: 32 MiB of them. */
const PLACES = 2048;
const PLACE_MASK = PLACES - 1;
/** Memory comes in pieces of 64 places, when one of them is first needed. */
const PIECE_BITS = 6;
const PIECE_MASK = (1 << PIECE_BITS) - 1;
/** A put is longer than a cell, so that no two start in one. */
const CELL_BITS = 3;
const CELLS_A_BLOCK = BLOCK_BYTES >> CELL_BITS;
assert(LOG_BYTES_MAX / BLOCK_BYTES < 2 ** 31, 'a number of a block fits 31 bits');
assert(PUT_OVERHEAD_BYTES > 1 << CELL_BITS, 'a put is longer than a cell');

/** A buffer for what does not lie in one block is kept for the next one up to this size. */
const KEPT_BYTES_MAX = 1024 * 1024;

/**
 * A log's bytes, read by blocks of 16 KiB, of which up to 32 MiB are kept. A block has one place that it
 * can be kept in: in a log that is not larger nothing is ever given up, and in a larger one two
 * blocks that many bytes apart take turns.
 *
 * Which of the records in a block were found good is kept with it, so that none is summed up twice for
 * one time that it was read.
 *
 * Invariants:
 * - Byte `offset` of the log is `bytes[at]` after `reach(offset, …)`, until the next call.
 * - What was written never changes while the log is open, so that no block is ever given up for a write.
 */
export class LogBlocks {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  readonly #log: OpenLog;
  /** The block in each place; -1 for none. */
  readonly #blocks = new Int32Array(PLACES).fill(-1);
  /** How many of its bytes are there: fewer than all where the log ended in it. */
  readonly #lengths = new Int32Array(PLACES);
  readonly #pieces: Uint8Array[] = [];
  /** A bit for each cell of each place, if the record that starts in it was found good. */
  readonly #good = new Int32Array((PLACES * CELLS_A_BLOCK) >> 5);
  #joined = new Uint8Array(0);
  /** The bit of what was reached last; below 0 where none is kept. */
  #bit = -1;

  constructor(log: OpenLog) {
    this.#log = log;
  }

  /**
   * Brings `length` bytes of the log from `offset` into `bytes`; they must lie before `logEnd`, up to
   * where the log was written.
   * @throws StatelogError `IO_FAILED` where the file was cut meanwhile; what reading throws
   */
  reach(offset: number, length: number, logEnd: number): void {
    const block = Math.floor(offset / BLOCK_BYTES);
    const within = offset & BLOCK_MASK;
    if (within + length > BLOCK_BYTES) {
      this.#join(offset, length, logEnd);
      return;
    }
    const place = block & PLACE_MASK;
    if (this.#blocks[place] !== block || this.#lengths[place]! < within + length) this.#load(block, logEnd);
    this.bytes = this.#pieces[place >>> PIECE_BITS]!;
    this.at = ((place & PIECE_MASK) << BLOCK_BITS) + within;
    this.#bit = place * CELLS_A_BLOCK + (within >>> CELL_BITS);
  }

  /** Whether the record that was reached was found good since it was read. */
  get isGood(): boolean {
    return this.#bit >= 0 && ((this.#good[this.#bit >>> 5]! >>> (this.#bit & 31)) & 1) === 1;
  }

  /** Tells that the record that was reached is good. */
  markGood(): void {
    if (this.#bit >= 0) this.#good[this.#bit >>> 5]! |= 1 << (this.#bit & 31);
  }

  /** The place of a block, once it is read. */
  #load(block: number, logEnd: number): void {
    const place = block & PLACE_MASK;
    const start = block * BLOCK_BYTES;
    const length = Math.min(BLOCK_BYTES, logEnd - start);
    const piece = (this.#pieces[place >>> PIECE_BITS] ??= new Uint8Array(BLOCK_BYTES << PIECE_BITS));
    // Should reading fail, the place holds nothing.
    this.#blocks[place] = -1;
    readLog(this.#log, piece, (place & PIECE_MASK) << BLOCK_BITS, length, start);
    const firstWord = (place * CELLS_A_BLOCK) >> 5;
    this.#good.fill(0, firstWord, firstWord + (CELLS_A_BLOCK >> 5));
    this.#lengths[place] = length;
    this.#blocks[place] = block;
  }

  /** What lies across blocks: put together, or read by itself where it is longer than one. */
  #join(offset: number, length: number, logEnd: number): void {
    if (this.#joined.length < length || this.#joined.length > KEPT_BYTES_MAX) {
      this.#joined = new Uint8Array(Math.max(length, BLOCK_BYTES));
    }
    if (length > BLOCK_BYTES) {
      readLog(this.#log, this.#joined, 0, length, offset);
    } else {
      const first = BLOCK_BYTES - (offset & BLOCK_MASK);
      this.reach(offset, first, logEnd);
      copyBytes(this.bytes, this.at, first, this.#joined, 0);
      this.reach(offset + first, length - first, logEnd);
      copyBytes(this.bytes, this.at, length - first, this.#joined, first);
    }
    this.bytes = this.#joined;
    this.at = 0;
    this.#bit = -1;
  }
}
