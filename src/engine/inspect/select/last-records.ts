import type { LyingRecord, NotedFiles, RecordPlace } from './noted-files.js';
import type { Selected, Selection } from './selection.js';

/** The keys that were named, of which each has a last record. */
export interface NamedKeys<Record> {
  readonly keyCount: number;
  /** -1 where a record changes none of them. */
  keyIndexOf(record: Record): number;
}

interface Last {
  readonly place: RecordPlace;
  readonly previous: RecordPlace | undefined;
  /** Rises with each record that was wanted. */
  readonly turn: number;
}

/**
 * The last of the records that are wanted: of each key that was named, with the change of the same key before it, whatever else
 * is filtered; of all of them where no key was named.
 */
export class LastRecords<Record extends LyingRecord> implements Selection<Record> {
  readonly isOver = false;
  readonly #files: NotedFiles;
  readonly #keys: NamedKeys<Record>;
  readonly #isReversed: boolean;
  readonly #last: (Last | undefined)[];
  /** The last change of each key, wanted or not. */
  readonly #changes: (RecordPlace | undefined)[] = [];
  #turns = 0;

  /** @param isReversed the newest of them first */
  constructor(files: NotedFiles, keys: NamedKeys<Record>, isReversed: boolean) {
    this.#files = files;
    this.#keys = keys;
    this.#isReversed = isReversed;
    this.#last = new Array<Last | undefined>(Math.max(1, keys.keyCount)).fill(undefined);
  }

  see(record: Record, isWanted: boolean): void {
    const index = this.#keys.keyCount === 0 ? 0 : this.#keys.keyIndexOf(record);
    if (index < 0 || (this.#keys.keyCount === 0 && !isWanted)) return;
    const place = this.#files.placeOf(record);
    if (isWanted) this.#last[index] = { place, previous: this.#changes[index], turn: this.#turns++ };
    if (this.#keys.keyCount > 0) this.#changes[index] = place;
  }

  seeFinding(): boolean {
    return false;
  }

  selected(): Selected[] {
    const found = this.#last.filter((last) => last !== undefined);
    const inOrder = found.sort((one, other) => one.turn - other.turn);
    return this.#isReversed ? inOrder.reverse() : inOrder;
  }
}
