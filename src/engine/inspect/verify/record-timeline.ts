/** Nanoseconds of the narrowest column. */
const MINUTE_NS = 60e9;
/** Columns of a timeline at the most; where there is more, each is twice as wide. */
export const COLUMNS_MAX = 60;
/** Cores that have a row of their own; the records of all others are counted in one. */
export const CORES_MAX = 32;
const HIGH_UNIT = 2 ** 32;

/** The records of one core in time. */
export interface CoreTimeline {
  /** Undefined for all cores that have no row of their own. */
  readonly coreId: number | undefined;
  readonly records: number;
  /** Milliseconds since the Unix epoch of the earliest and the latest record. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** The records of each column. */
  readonly columns: readonly number[];
}

/** Records by core and time. */
export interface Timeline {
  /** Minutes of a column: a power of two. */
  readonly columnMinutes: number;
  /** Start of the first column, in milliseconds since the Unix epoch. */
  readonly startMs: number;
  readonly cores: readonly CoreTimeline[];
}

interface OpenRow {
  records: number;
  firstMs: number;
  lastMs: number;
  /** Records by column, counted from the Unix epoch. */
  columns: Map<number, number>;
}

/** The parts of a record that a timeline counts: its core, and its time as unsigned halves. */
export interface TimedRecord {
  readonly coreId: number;
  readonly timestampLow: number;
  readonly timestampHigh: number;
}

/** Counts records by core and minute, or by twice, four times… as much where they span more. Memory is bounded. */
export class RecordTimeline {
  readonly #rows = new Map<number | undefined, OpenRow>();
  #columnMinutes = 1;
  #first = Infinity;
  #last = -Infinity;

  /** Counts a record. */
  take({ coreId, timestampLow, timestampHigh }: TimedRecord): void {
    const ns = (timestampHigh | 0) * HIGH_UNIT + (timestampLow >>> 0);
    const column = this.#widenTo(Math.floor(ns / (MINUTE_NS * this.#columnMinutes)));
    const row = this.#rowOf(coreId);
    row.records += 1;
    row.firstMs = Math.min(row.firstMs, ns / 1e6);
    row.lastMs = Math.max(row.lastMs, ns / 1e6);
    row.columns.set(column, (row.columns.get(column) ?? 0) + 1);
  }

  /** Its counts so far; undefined before the first record. */
  get timeline(): Timeline | undefined {
    if (this.#rows.size === 0) return undefined;
    const columns = Array.from({ length: this.#last - this.#first + 1 }, (_, index) => this.#first + index);
    const rows = [...this.#rows].sort(([one = Infinity], [other = Infinity]) => one - other);
    return {
      columnMinutes: this.#columnMinutes,
      startMs: (this.#first * this.#columnMinutes * MINUTE_NS) / 1e6,
      cores: rows.map(([coreId, row]) => ({
        coreId,
        records: row.records,
        firstMs: row.firstMs,
        lastMs: row.lastMs,
        columns: columns.map((column) => row.columns.get(column) ?? 0),
      })),
    };
  }

  #rowOf(coreId: number): OpenRow {
    const name = this.#rows.has(coreId) || this.#rows.size < CORES_MAX ? coreId : undefined;
    let row = this.#rows.get(name);
    if (row === undefined) {
      row = { records: 0, firstMs: Infinity, lastMs: -Infinity, columns: new Map() };
      this.#rows.set(name, row);
    }
    return row;
  }

  /** Makes room for a column, and returns its number once all that are there are as wide as is needed. */
  #widenTo(column: number): number {
    let wanted = column;
    let first = Math.min(this.#first, wanted);
    let last = Math.max(this.#last, wanted);
    while (last - first >= COLUMNS_MAX) {
      this.#columnMinutes *= 2;
      wanted = Math.floor(wanted / 2);
      first = Math.floor(first / 2);
      last = Math.floor(last / 2);
      for (const row of this.#rows.values()) row.columns = halved(row.columns);
    }
    this.#first = first;
    this.#last = last;
    return wanted;
  }
}

/** Two columns in one. */
function halved(columns: ReadonlyMap<number, number>): Map<number, number> {
  const wider = new Map<number, number>();
  for (const [column, count] of columns) {
    const half = Math.floor(column / 2);
    wider.set(half, (wider.get(half) ?? 0) + count);
  }
  return wider;
}
