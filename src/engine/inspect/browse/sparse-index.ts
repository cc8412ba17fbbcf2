/** Records of a block to begin with. */
const FIRST_STRIDE = 64;
/** Blocks at the most; where there are more records, each block is of twice as many. */
export const BLOCKS_MAX = 8_192;

/**
 * The starts of blocks of equally many records in a log, and the greatest number and time in each: a few hundred KiB, however long
 * the log is. Numbers and times are rounded to doubles, which keeps their order: a block that is passed over holds none that is
 * as great as what is looked for.
 */
export class SparseIndex {
  readonly #offsets = new Float64Array(BLOCKS_MAX);
  readonly #sequences = new Float64Array(BLOCKS_MAX);
  readonly #times = new Float64Array(BLOCKS_MAX);
  #stride = FIRST_STRIDE;
  #blocks = 0;
  #records = 0;
  /** Up to here the log was read. */
  end = 0;
  /** True once all of it was read. */
  isWhole = false;

  /** Records so far. */
  get records(): number {
    return this.#records;
  }

  get blocks(): number {
    return this.#blocks;
  }

  /** Takes the next record: where it starts, its number and its time. */
  add(offset: number, sequence: number, time: number): void {
    if (this.#records === this.#blocks * this.#stride) {
      if (this.#blocks === BLOCKS_MAX) this.#halve();
      this.#offsets[this.#blocks] = offset;
      this.#sequences[this.#blocks] = -Infinity;
      this.#times[this.#blocks] = -Infinity;
      this.#blocks += 1;
    }
    const block = this.#blocks - 1;
    this.#records += 1;
    this.#sequences[block] = Math.max(this.#sequences[block]!, sequence);
    this.#times[block] = Math.max(this.#times[block]!, time);
  }

  /** The block in which the record at an offset would be; 0 where it lies before all. */
  blockAt(offset: number): number {
    let [low, high] = [0, this.#blocks];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#offsets[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Start of a block; undefined where there is none. */
  offsetOf(block: number): number | undefined {
    return block < this.#blocks ? this.#offsets[block] : undefined;
  }

  /** How many records lie before a block. */
  recordsBefore(block: number): number {
    return block * this.#stride;
  }

  /** The first block with a number, or a time, as great; the last one where none is. */
  firstBlockWith(what: 'sequence' | 'time', least: number): number {
    const greatest = (what === 'sequence' ? this.#sequences : this.#times).subarray(0, this.#blocks);
    const found = greatest.findIndex((one) => one >= least);
    return found >= 0 ? found : Math.max(0, this.#blocks - 1);
  }

  #halve(): void {
    this.#stride *= 2;
    this.#blocks /= 2;
    for (let block = 0; block < this.#blocks; block++) {
      const [one, other] = [2 * block, 2 * block + 1];
      this.#offsets[block] = this.#offsets[one]!;
      this.#sequences[block] = Math.max(this.#sequences[one]!, this.#sequences[other]!);
      this.#times[block] = Math.max(this.#times[one]!, this.#times[other]!);
    }
  }
}
