import { assert } from '../../assert.js';
import { copyBytes } from '../../bytes/copy.js';
import { LOG_BYTES_MAX, PUT_OVERHEAD_BYTES } from '../format/format.js';
import { type OpenLog, readLog } from '../record/log-window.js';

const BLOCK_BITS = 12;
const BLOCK_BYTES = 1 << BLOCK_BITS;
const BLOCK_MASK = BLOCK_BYTES - 1;
/** Places for blocks: 32 MiB of them, and 1 MiB where values are read once. */
const PLACES = 8192;
const PLACES_FOR_ONCE = 256;
/** Memory comes in pieces of 64 KiB, when one of its places is first needed: most logs are small. */
const PIECE_BITS = 4;
const PIECE_PLACES = 1 << PIECE_BITS;
const PIECE_MASK = PIECE_PLACES - 1;
/** While blocks are read one after the other, twice as many are read each time, up to so many. */
const BLOCKS_AT_ONCE_MAX = 16;
/** A put is longer than a cell, so that no two start in one. */
const CELL_BITS = 3;
const CELLS_A_BLOCK = BLOCK_BYTES >> CELL_BITS;
const WORDS_A_BLOCK = CELLS_A_BLOCK >> 5;
/** The longest range that is joined from blocks; a longer one is read by itself. */
const JOINED_BYTES_MAX = 4 * BLOCK_BYTES;
assert(LOG_BYTES_MAX / BLOCK_BYTES < 2 ** 31, 'a number of a block fits 31 bits');
assert(PUT_OVERHEAD_BYTES > 1 << CELL_BITS, 'a put is longer than a cell');

/** A buffer for what does not lie in one block is kept for the next one up to this size. */
const KEPT_BYTES_MAX = 1024 * 1024;
const NO_BITS = new Int32Array(0);

/** Places for a few blocks, and what is known of each. */
class Piece {
  readonly bytes = new Uint8Array(PIECE_PLACES * BLOCK_BYTES);
  /** The block in each place; -1 for none. */
  readonly blocks = new Int32Array(PIECE_PLACES).fill(-1);
  /** How many of its bytes are there: fewer than all where the log ended in it. */
  readonly lengths = new Int32Array(PIECE_PLACES);
  /** A bit for each cell of each place, if the record that starts in it was found good. */
  readonly good = new Int32Array(PIECE_PLACES * WORDS_A_BLOCK);
}

/**
 * A log's bytes, read by blocks of 4 KiB, of which up to 32 MiB are kept, or 1 MiB. A block has one place that it
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
  readonly #placeMask: number;
  readonly #pieces: Piece[] = [];
  #joined = new Uint8Array(0);
  /** How many blocks were read last, and which one comes after them. */
  #atOnce = 0;
  #nextBlock = -1;
  /** The bit of what was reached last, and which bits it is one of; below 0 where none is kept. */
  #bit = -1;
  #good = NO_BITS;

  /** @param isReadOnce true where values are read one after the other, and not again */
  constructor(log: OpenLog, isReadOnce: boolean) {
    this.#log = log;
    this.#placeMask = (isReadOnce ? PLACES_FOR_ONCE : PLACES) - 1;
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
    const place = block & this.#placeMask;
    const piece = (this.#pieces[place >>> PIECE_BITS] ??= new Piece());
    const index = place & PIECE_MASK;
    if (piece.blocks[index] !== block || piece.lengths[index]! < within + length) {
      this.#load(block, piece, index, logEnd);
    }
    this.bytes = piece.bytes;
    this.at = (index << BLOCK_BITS) + within;
    this.#good = piece.good;
    this.#bit = index * CELLS_A_BLOCK + (within >>> CELL_BITS);
  }

  /** Whether the record that was reached was found good since it was read. */
  get isGood(): boolean {
    return this.#bit >= 0 && ((this.#good[this.#bit >>> 5]! >>> (this.#bit & 31)) & 1) === 1;
  }

  /** Tells that the record that was reached is good. */
  markGood(): void {
    if (this.#bit >= 0) this.#good[this.#bit >>> 5]! |= 1 << (this.#bit & 31);
  }

  /** Reads a block, and more of those behind it if the ones before it were read last. */
  #load(block: number, piece: Piece, index: number, logEnd: number): void {
    const start = block * BLOCK_BYTES;
    this.#atOnce = block === this.#nextBlock ? Math.min(2 * this.#atOnce, BLOCKS_AT_ONCE_MAX) : 1;
    const wanted = Math.min(this.#atOnce, PIECE_PLACES - index);
    const length = Math.min(wanted * BLOCK_BYTES, logEnd - start);
    const count = Math.ceil(length / BLOCK_BYTES);
    // Should reading fail, the places hold nothing.
    piece.blocks.fill(-1, index, index + count);
    readLog(this.#log, piece.bytes, index << BLOCK_BITS, length, start);
    piece.good.fill(0, index * WORDS_A_BLOCK, (index + count) * WORDS_A_BLOCK);
    for (let next = 0; next < count; next++) {
      piece.blocks[index + next] = block + next;
      piece.lengths[index + next] = Math.min(BLOCK_BYTES, length - next * BLOCK_BYTES);
    }
    this.#nextBlock = block + count;
  }

  /** Reads a range that spans several blocks: joined from them or, if it is long, read by itself. */
  #join(offset: number, length: number, logEnd: number): void {
    if (this.#joined.length < length || this.#joined.length > KEPT_BYTES_MAX) {
      this.#joined = new Uint8Array(Math.max(length, JOINED_BYTES_MAX));
    }
    if (length > JOINED_BYTES_MAX) {
      readLog(this.#log, this.#joined, 0, length, offset);
    } else {
      for (let done = 0, part = BLOCK_BYTES - (offset & BLOCK_MASK); done < length;) {
        this.reach(offset + done, part, logEnd);
        copyBytes(this.bytes, this.at, part, this.#joined, done);
        done += part;
        part = Math.min(BLOCK_BYTES, length - done);
      }
    }
    this.bytes = this.#joined;
    this.at = 0;
    this.#bit = -1;
  }
}
