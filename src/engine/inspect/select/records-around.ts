import type { Finding } from '../../finding.js';
import type { NotedFiles, LyingRecord } from './noted-files.js';
import type { Selected, Selection } from './selection.js';

/** The middle of what is shown. */
export interface Middle<Record> {
  /** Whether a record is the one that was asked for. */
  isAt(record: Record): boolean;
  /** Whether the place that was asked for lies in a finding. */
  isIn(finding: Finding): boolean;
}

/** A record, or a fault, with as many before and behind it; of those, only such as the filters leave. */
export class RecordsAround<Record extends LyingRecord> implements Selection<Record> {
  readonly #files: NotedFiles;
  readonly #middle: Middle<Record>;
  readonly #context: number;
  /** `#context` at the most until the middle is found. */
  readonly #events: Selected[] = [];
  /** How many are still to come; undefined until the middle is found. */
  #left: number | undefined;

  constructor(files: NotedFiles, middle: Middle<Record>, context: number) {
    this.#files = files;
    this.#middle = middle;
    this.#context = context;
  }

  get isOver(): boolean {
    return this.#left === 0;
  }

  see(record: Record, isWanted: boolean): void {
    const isMiddle = this.#left === undefined && this.#middle.isAt(record);
    if (isWanted || isMiddle) this.#add({ place: this.#files.placeOf(record) }, isMiddle);
  }

  seeFinding(finding: Finding): boolean {
    this.#add({ finding }, this.#left === undefined && this.#middle.isIn(finding));
    return true;
  }

  selected(): Selected[] {
    return this.#left === undefined ? [] : this.#events;
  }

  #add(event: Selected, isMiddle: boolean): void {
    if (this.#left === 0) return;
    this.#events.push(event);
    if (isMiddle) this.#left = this.#context;
    else if (this.#left !== undefined) this.#left -= 1;
    else if (this.#events.length > this.#context) this.#events.shift();
  }
}
