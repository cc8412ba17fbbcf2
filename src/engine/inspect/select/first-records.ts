import type { LyingRecord, NotedFiles, RecordPlace } from './noted-files.js';
import type { Selected, Selection } from './selection.js';

/** The first of the records that are wanted, as many as are asked for. */
export class FirstRecords<Record extends LyingRecord> implements Selection<Record> {
  readonly #files: NotedFiles;
  readonly #limit: number;
  readonly #places: RecordPlace[] = [];

  constructor(files: NotedFiles, limit: number) {
    this.#files = files;
    this.#limit = limit;
  }

  get isOver(): boolean {
    return this.#places.length >= this.#limit;
  }

  see(record: Record, isWanted: boolean): void {
    if (isWanted) this.#places.push(this.#files.placeOf(record));
  }

  seeFinding(): boolean {
    return false;
  }

  selected(): Selected[] {
    return this.#places.map((place) => ({ place }));
  }
}
