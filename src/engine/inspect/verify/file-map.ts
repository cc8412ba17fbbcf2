import type { Finding } from '../../finding.js';
import { unreadableFinding } from '../unreadable.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';

/**
 * The state of a part of a file, the worse later: `hole` is room of values that are no longer live, `slack`
 * is everything behind the bytes in use, `torn` an unfinished last write.
 */
export const CELL_STATES = ['good', 'hole', 'slack', 'torn', 'damaged'] as const;

/** One of them. */
export type CellState = (typeof CELL_STATES)[number];

/** Damage of these classes is of a file as a whole. */
const WHOLE: ReadonlySet<Finding['class']> = new Set(['digest-mismatch', 'bad-version', 'bad-header']);

/**
 * A file cut into cells of one size, each with the worst that was found in it. Memory does not grow with the file.
 */
export class FileMap {
  readonly path: string;
  /** The file's size. */
  readonly bytes: number;
  readonly #states: Uint8Array;
  /** Bytes of live values in each cell. */
  readonly #live: Float64Array;

  /** @param cellsMax a file of fewer bytes has as many cells */
  constructor(path: string, bytes: number, cellsMax: number) {
    this.path = path;
    this.bytes = bytes;
    this.#states = new Uint8Array(Math.min(cellsMax, bytes));
    this.#live = new Float64Array(this.#states.length);
  }

  get cells(): CellState[] {
    return Array.from(this.#states, (state) => CELL_STATES[state]!);
  }

  /** Marks what a finding is about. */
  mark({ severity, class: damageClass, offset, bytes }: Finding): void {
    if (severity === 'notice') return;
    const state = severity === 'torn' ? 'torn' : 'damaged';
    if (bytes === 0 && offset === 0 && WHOLE.has(damageClass)) this.#raise(0, this.bytes, state);
    else this.#raise(offset, offset + Math.max(bytes, 1), state);
  }

  /** Takes bytes of a state file that are a live value, or its header. */
  addLive(offset: number, bytes: number): void {
    this.#forCells(offset, offset + bytes, (cell, from, to) => (this.#live[cell]! += to - from));
  }

  /** Marks as holes and slack what is not live of a state file, once all that is was added. */
  markUnused(usedEnd: number): void {
    this.#forCells(0, usedEnd, (cell, from, to) => {
      if (this.#live[cell]! * 2 < to - from) this.#raiseCell(cell, 'hole');
    });
    const firstSlack = Math.ceil((usedEnd * this.#states.length) / this.bytes);
    for (let cell = firstSlack; cell < this.#states.length; cell++) this.#raiseCell(cell, 'slack');
  }

  #raise(from: number, to: number, state: CellState): void {
    this.#forCells(from, to, (cell) => {
      this.#raiseCell(cell, state);
    });
  }

  #raiseCell(cell: number, state: CellState): void {
    this.#states[cell] = Math.max(this.#states[cell]!, CELL_STATES.indexOf(state));
  }

  /** Calls `use` for each cell that has a part of a range, with that part. */
  #forCells(from: number, to: number, use: (cell: number, from: number, to: number) => void): void {
    const count = this.#states.length;
    if (count === 0 || to <= from) return;
    const last = Math.min(count - 1, Math.floor(((to - 1) * count) / this.bytes));
    for (let cell = Math.min(last, Math.floor((from * count) / this.bytes)); cell <= last; cell++) {
      const start = (cell * this.bytes) / count;
      const end = ((cell + 1) * this.bytes) / count;
      use(cell, Math.max(from, start), Math.min(to, end));
    }
  }
}

/** How maps of files are wanted. */
export interface FileMapOptions {
  /** How many cells a map has at the most. */
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

  constructor(fileSystem: FileSystem, options: FileMapOptions) {
    this.#fileSystem = fileSystem;
    this.#options = options;
  }

  mark(finding: Finding): void {
    // What cannot be read is marked once the file is through: it shows ahead of what is judged.
    if (finding.severity === 'notice' || finding.class === 'unreadable') return;
    const { file } = finding;
    const status = this.#fileSystem.statusFollowing(file);
    if (this.#open.has(file) || status?.kind === 'file') this.#mapOf(file, status?.size ?? 0).mark(finding);
    else this.#unplaced.push(finding);
  }

  /** The map of a file that is about to be read. */
  start(file: string, bytes: number): FileMap {
    return this.#mapOf(file, bytes);
  }

  /** A file was read whole. */
  finish(file: string, bytes: number): void {
    const map = this.#mapOf(file, bytes);
    for (const finding of this.#unplaced) if (finding.file === file) map.mark(finding);
    for (const span of this.#fileSystem.unreadable?.of(file) ?? []) map.mark(unreadableFinding(span));
    this.#open.delete(file);
    this.#options.onFile(map);
  }

  /** Nothing more comes: the files that could not be read whole. */
  finishAll(): void {
    for (const map of this.#open.values()) this.#options.onFile(map);
    this.#open.clear();
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
