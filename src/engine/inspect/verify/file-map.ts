import type { Finding, FoundPlace } from '../../finding.js';
import { unreadableFinding } from '../unreadable.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { timesOfRecords } from './findings/times-of-records.js';

/**
 * The state of a part of a file, the worse later: `hole` is room of values that are no longer live, `slack`
 * is everything behind the bytes in use, `torn` an unfinished last write.
 */
export const CELL_STATES = ['good', 'hole', 'slack', 'torn', 'damaged'] as const;

/** One of them. */
export type CellState = (typeof CELL_STATES)[number];

/** Damage of these classes, where it has no extent, is of a file as a whole. */
const WHOLE: ReadonlySet<Finding['class']> = new Set([
  'digest-mismatch',
  'bad-version',
  'bad-header',
  'missing-file',
  'unlisted-file',
]);
/** So is damage of these at its start: a length that is not the manifest's, an index of another file. */
const WHOLE_AT_START: ReadonlySet<Finding['class']> = new Set(['bad-length', 'index-mismatch']);

/** Less than this of a cell is what sums of parts leave by rounding. */
const ROUNDED = 1e-6;

/** A part of a file as a map shows it. */
export interface Cell {
  /** The worst that was found in it. */
  readonly state: CellState;
  /** The share of its bytes that is not damaged, or not torn where nothing is damaged: 0 to 1. */
  readonly good: number;
}

/** The times of the first good records at or behind some offsets, nanoseconds since the Unix epoch; undefined where none is near. */
export type RecordTimes = (offsets: readonly number[]) => (bigint | undefined)[];

/**
 * A file cut into fine cells of one size, each with how many of its bytes are damaged, torn and live; it is shown in as many
 * cells as there is room for. Memory does not grow with the file.
 */
export class FileMap {
  readonly path: string;
  /** The file's size. */
  readonly bytes: number;
  /** Set for a segment: its records tell their time. */
  recordTimes: RecordTimes | undefined;
  /** Bytes in each fine cell. */
  readonly #damaged: Float64Array;
  readonly #unreadable: Float64Array;
  readonly #torn: Float64Array;
  readonly #live: Float64Array;
  /** End of the bytes in use, of a state file. */
  #usedEnd: number | undefined;
  /** Up to here damage is counted: two findings may be about the same bytes. */
  #damagedTo = 0;

  /** @param cellsMax a file of fewer bytes has as many fine cells */
  constructor(path: string, bytes: number, cellsMax: number) {
    this.path = path;
    this.bytes = bytes;
    const count = Math.min(cellsMax, bytes);
    this.#damaged = new Float64Array(count);
    this.#unreadable = new Float64Array(count);
    this.#torn = new Float64Array(count);
    this.#live = new Float64Array(count);
  }

  /** True where some of it is damaged or torn. */
  get isFaulty(): boolean {
    return [this.#damaged, this.#unreadable, this.#torn].some((sums) => sums.some((bytes) => bytes > 0));
  }

  /** The file in so many cells; fewer where it has not as many bytes. */
  cells(count: number): Cell[] {
    const fine = this.#damaged.length;
    const shown = Math.min(count, fine);
    return Array.from({ length: shown }, (_, cell) => {
      return this.#cell(Math.floor((cell * fine) / shown), Math.floor(((cell + 1) * fine) / shown));
    });
  }

  /** Marks what a finding is about. */
  mark({ severity, class: damageClass, offset: at, bytes }: FoundPlace): void {
    if (severity === 'notice') return;
    const isWhole = bytes === 0 && (WHOLE.has(damageClass) || (at === 0 && WHOLE_AT_START.has(damageClass)));
    const offset = isWhole ? 0 : at;
    const end = isWhole ? this.bytes : offset + Math.max(bytes, 1);
    if (damageClass === 'unreadable') this.#add(this.#unreadable, offset, end);
    else if (severity === 'torn') this.#add(this.#torn, offset, end);
    else {
      this.#add(this.#damaged, end > this.#damagedTo ? Math.max(offset, this.#damagedTo) : offset, end);
      this.#damagedTo = Math.max(this.#damagedTo, end);
    }
  }

  /** Takes bytes of a state file that are a live value, or its header. */
  addLive(offset: number, bytes: number): void {
    this.#add(this.#live, offset, offset + bytes);
  }

  /** Takes as holes and slack what is not live of a state file, once all that is was added. */
  markUnused(usedEnd: number): void {
    this.#usedEnd = usedEnd;
  }

  /** The fine cells from one up to, and without, another, as one. */
  #cell(from: number, to: number): Cell {
    const sum = (sums: Float64Array): number => sums.subarray(from, to).reduce((all, one) => all + one, 0);
    const start = (from * this.bytes) / this.#damaged.length;
    const size = ((to - from) * this.bytes) / this.#damaged.length;
    const damaged = Math.max(sum(this.#damaged), sum(this.#unreadable));
    const torn = sum(this.#torn);
    const share = 1 - (damaged > 0 ? damaged : torn) / size;
    const good = share < ROUNDED ? 0 : share;
    if (damaged > 0) return { state: 'damaged', good };
    if (torn > 0) return { state: 'torn', good };
    const usedEnd = this.#usedEnd;
    if (usedEnd === undefined) return { state: 'good', good };
    if (start >= usedEnd) return { state: 'slack', good };
    const used = Math.min(size, usedEnd - start);
    return { state: sum(this.#live) * 2 < used ? 'hole' : 'good', good };
  }

  /** Adds each fine cell's part of a range to its sum; what lies behind the end of the file is its last byte's. */
  #add(sums: Float64Array, offset: number, to: number): void {
    const count = sums.length;
    if (count === 0 || to <= offset) return;
    const from = Math.min(offset, this.bytes - 1);
    const last = Math.min(count - 1, Math.floor(((to - 1) * count) / this.bytes));
    for (let cell = Math.min(last, Math.floor((from * count) / this.bytes)); cell <= last; cell++) {
      const start = (cell * this.bytes) / count;
      const end = ((cell + 1) * this.bytes) / count;
      sums[cell]! += Math.max(0, Math.min(to, end) - Math.max(from, start));
    }
  }
}

/** How maps of files are wanted. */
export interface FileMapOptions {
  /** How many fine cells a map has at the most. */
  readonly cells: number;
  /** Called for each file once all of it was read, and all that was found in it was told. */
  readonly onFile: (map: FileMap) => void;
}

/** Makes the maps of files while they are verified. */
export class FileMaps {
  readonly #fileSystem: FileSystem;
  readonly #options: FileMapOptions;
  readonly #open = new Map<string, FileMap>();
  /** Findings in files of which the size is not known yet: in an archive. */
  readonly #unplaced: Finding[] = [];
  /** Files that were read whole while findings were held back; undefined while none are. */
  #held: FileMap[] | undefined;

  constructor(fileSystem: FileSystem, options: FileMapOptions) {
    this.#fileSystem = fileSystem;
    this.#options = options;
  }

  mark(finding: Finding): void {
    // What cannot be read is marked once the file is through: it shows ahead of what is judged. Several places have been marked
    // one by one.
    if (finding.severity === 'notice' || finding.class === 'unreadable' || finding.more !== undefined) return;
    if (!this.markPlace(finding.file, finding)) this.#unplaced.push(finding);
  }

  /** Marks a place in a file. @returns false if there is no such file by itself */
  markPlace(file: string, place: FoundPlace): boolean {
    const open = this.#open.get(file);
    const status = open === undefined ? this.#fileSystem.statusFollowing(file) : undefined;
    if (open === undefined && status?.kind !== 'file') return false;
    (open ?? this.#mapOf(file, status?.size ?? 0)).mark(place);
    return true;
  }

  /** The map of a file that is about to be read. */
  start(file: string, bytes: number): FileMap {
    return this.#mapOf(file, bytes);
  }

  /** A file was read whole; of a segment, the times of its records can be asked for. */
  finish(file: string, bytes: number, isSegment = false): void {
    const map = this.#mapOf(file, bytes);
    if (isSegment) map.recordTimes = (offsets) => timesOfRecords(this.#fileSystem, file, offsets);
    for (const finding of this.#unplaced) if (finding.file === file) map.mark(finding);
    for (const span of this.#fileSystem.unreadable?.of(file) ?? []) map.mark(unreadableFinding(span));
    if (this.#held === undefined) this.#close(map);
    else this.#held.push(map);
  }

  /** Findings are held back from now on: files that are read whole meanwhile wait for them. */
  hold(): void {
    this.#held ??= [];
  }

  /** The findings that were held back have been told. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const map of held) this.#close(map);
  }

  /** Nothing more comes: the files that could not be read whole. */
  finishAll(): void {
    for (const map of this.#open.values()) this.#options.onFile(map);
    this.#open.clear();
  }

  #close(map: FileMap): void {
    this.#open.delete(map.path);
    this.#options.onFile(map);
  }

  #mapOf(file: string, bytes: number): FileMap {
    let map = this.#open.get(file);
    if (map === undefined) {
      map = new FileMap(file, bytes, this.#options.cells);
      this.#open.set(file, map);
    }
    return map;
  }
}
