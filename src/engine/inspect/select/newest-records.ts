import type { NotedFiles, LyingRecord } from './noted-files.js';
import type { Selected, Selection } from './selection.js';

/** Places are kept for so many records at the most, at 16 bytes each. */
export const PLACES_MAX = 2 * 1024 * 1024;
const FIRST_ROOM = 1024;

/**
 * The newest of the records that are wanted, the last one first. It keeps the places of so many at the most; where there are
 * more, the log is read again, up to those that have been shown (`rest`).
 */
export class NewestRecords<Record extends LyingRecord> implements Selection<Record> {
  readonly #files: NotedFiles;
  readonly #placesMax: number;
  /** Records from this one on, counted in the log's order, have been shown. */
  readonly #end: number;
  /** Wanted records so far; the place of one is at its number, modulo `#placesMax`. */
  #count = 0;
  #room = 0;
  #numbers = new Uint32Array();
  #lengths = new Uint32Array();
  #offsets = new Float64Array();

  /** @param limit no more of them are asked for */
  constructor(files: NotedFiles, limit: number, placesMax = PLACES_MAX, end = Infinity) {
    this.#files = files;
    this.#placesMax = Math.max(1, Math.min(limit, placesMax));
    this.#end = end;
  }

  get isOver(): boolean {
    return this.#count >= this.#end;
  }

  /** Records before those that are kept: they are told by reading again, up to this one. */
  get rest(): number {
    return Math.max(0, this.#count - this.#placesMax);
  }

  see(record: Record, isWanted: boolean): void {
    if (!isWanted) return;
    const at = this.#count++ % this.#placesMax;
    if (at >= this.#room) this.#grow();
    this.#numbers[at] = this.#files.numberOf(record);
    this.#lengths[at] = record.recordBytes;
    this.#offsets[at] = record.offset;
  }

  seeFinding(): boolean {
    return false;
  }

  *selected(): Generator<Selected, void> {
    for (let record = this.#count - 1; record >= this.rest; record--) {
      const at = record % this.#placesMax;
      const place = { file: this.#numbers[at]!, offset: this.#offsets[at]!, bytes: this.#lengths[at]! };
      yield { place };
    }
  }

  #grow(): void {
    this.#room = Math.min(this.#placesMax, Math.max(FIRST_ROOM, 2 * this.#room));
    const [numbers, lengths, offsets] = [this.#numbers, this.#lengths, this.#offsets];
    this.#numbers = new Uint32Array(this.#room);
    this.#lengths = new Uint32Array(this.#room);
    this.#offsets = new Float64Array(this.#room);
    this.#numbers.set(numbers);
    this.#lengths.set(lengths);
    this.#offsets.set(offsets);
  }
}
