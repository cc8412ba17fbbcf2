import { dirname, basename } from 'node:path';
import type { Finding } from '../../finding.js';
import type { FileStatus, FileSystem } from '../../storage-io/interface/file-system.js';
import {
  composedFileSystem,
  placeInSlices,
  type FileSlice,
  type SlicePlace,
} from '../../storage-io/views/composed-file-system.js';

/** A store or folder as it should lie, put together from where its files do lie. */
export interface Arrangement {
  /** Everything under its root at the name that belongs to it. */
  readonly fileSystem: FileSystem;
  /** Findings about misplaced files, and about files that are left out. */
  readonly findings: readonly Finding[];
  /** Finds the place on disk of a byte in a file of this arrangement. */
  readonly placeOf: (path: string, offset: number) => SlicePlace;
}

/** Collects an arrangement. */
export class ArrangementBuilder {
  readonly findings: Finding[] = [];
  readonly #fileSystem: FileSystem;
  readonly #root: string;
  readonly #files = new Map<string, readonly FileSlice[]>();
  /** Files that lie where they belong, or that nothing better is known of. */
  readonly #asTheyLie = new Set<string>();
  readonly #hidden = new Set<string>();
  #isMoved = false;

  constructor(fileSystem: FileSystem, root: string) {
    this.#fileSystem = fileSystem;
    this.#root = root;
  }

  /** True where anything is elsewhere than it lies. */
  get isMoved(): boolean {
    return this.#isMoved;
  }

  /** Leaves a file where it lies. */
  keep(path: string): void {
    this.#asTheyLie.add(path);
  }

  /** Says what a file is made of. */
  place(path: string, slices: readonly FileSlice[]): void {
    const [slice] = slices;
    const isWhole = slices.length === 1 && slice?.path === path && slice.length === slice.holder.size;
    if (isWhole) {
      this.keep(path);
      return;
    }
    this.#files.set(path, slices);
    this.#isMoved = true;
  }

  /** Puts a whole file at a path. */
  placeFile(path: string, from: string, status: FileStatus): void {
    this.place(path, [{ path: from, start: 0, length: status.size, holder: status }]);
  }

  /** Leaves a file out that lies where another one belongs, or none; what is placed there is there all the same. */
  leaveOut(path: string): void {
    this.#asTheyLie.delete(path);
    this.#hidden.add(path);
    this.#isMoved = true;
  }

  /**
   * The arrangement.
   * @param owned folders of which nothing but what was named is there; they and all that lies below them
   */
  build(owned: readonly string[]): Arrangement {
    const files = this.#files;
    for (const path of this.#asTheyLie) {
      const status = files.has(path) ? undefined : this.#fileSystem.statusFollowing(path);
      if (status?.kind !== 'file') continue;
      files.set(path, [{ path, start: 0, length: status.size, holder: status }]);
    }
    const folders = this.#foldersOf(owned);
    const hidden = new Set([...this.#hidden].filter((path) => !files.has(path)));
    const fileSystem = composedFileSystem(this.#fileSystem, { files, folders, hidden, root: this.#root });
    const placeOf = (path: string, offset: number): SlicePlace => {
      const slices = files.get(path);
      return slices === undefined ? { path, offset } : placeInSlices(slices, offset);
    };
    return { fileSystem, findings: this.findings, placeOf };
  }

  #foldersOf(owned: readonly string[]): Map<string, string[]> {
    const folders = new Map<string, Set<string>>(owned.map((folder) => [folder, new Set()]));
    for (const path of this.#files.keys()) this.#enter(folders, owned, path);
    return new Map([...folders].map(([folder, names]) => [folder, [...names].sort()]));
  }

  /** Enters a path into its folder, and that into its own, up to one that is owned. */
  #enter(folders: Map<string, Set<string>>, owned: readonly string[], path: string): void {
    const folder = dirname(path);
    if (!owned.some((one) => folder === one || folder.startsWith(`${one}/`))) return;
    const names = folders.get(folder) ?? new Set();
    names.add(basename(path));
    folders.set(folder, names);
    if (!owned.includes(folder)) this.#enter(folders, owned, folder);
  }
}
