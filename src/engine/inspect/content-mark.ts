import { DirectoryLayout } from '../directory/manifest/layout.js';
import { readManifest } from '../directory/manifest/manifest-file.js';
import { liveEpoch } from '../directory/manifest/manifest.js';
import { isEmptyFolder } from '../storage-io/whole/into-place.js';
import { identify } from './identify.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';

/**
 * A moment of a state directory or a file. Each acknowledged write changes the manifest, the live log or the file, so a reader that
 * was opened after its mark was taken is good for as long as the mark is current.
 */
export class ContentMark {
  readonly #fileSystem: FileSystem;
  readonly #files: readonly string[];
  readonly #marks: readonly string[];

  /** @throws StatelogError as `readManifest` */
  constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem;
    // The manifest first: the names of the others stand in it.
    const [first, others] = placesOf(fileSystem, path);
    const mark = markOf(fileSystem, first);
    this.#files = [first, ...others()];
    this.#marks = [mark, ...this.#files.slice(1).map((file) => markOf(fileSystem, file))];
  }

  /** False once something was written since it was taken. */
  isCurrent(): boolean {
    return this.#files.every((file, index) => markOf(this.#fileSystem, file) === this.#marks[index]);
  }
}

/** The file that names all others, and those others as they are now. */
function placesOf(fileSystem: FileSystem, path: string): [string, () => string[]] {
  if (fileSystem.statusFollowing(path)?.kind !== 'directory') return [path, () => []];
  const layout = new DirectoryLayout(path);
  return [
    layout.manifest,
    () => {
      const manifest = readManifest(fileSystem, layout);
      const epoch = liveEpoch(manifest);
      return Array.from({ length: manifest.cores }, (_, core) => layout.segment(epoch, core));
    },
  ];
}

/** True where a path holds something, though it may not be a store; false for an empty folder. */
export function isThere(fileSystem: FileSystem, path: string): boolean {
  const status = fileSystem.statusFollowing(path);
  if (status === undefined || isEmptyFolder(fileSystem, path)) return false;
  identify(fileSystem, path);
  return true;
}

function markOf(fileSystem: FileSystem, path: string): string {
  const status = fileSystem.statusFollowing(path);
  return status === undefined ? 'none' : `${status.identity} ${status.size} ${status.changedNs}`;
}
