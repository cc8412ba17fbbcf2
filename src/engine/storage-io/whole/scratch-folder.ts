import { join } from 'node:path';
import { StatelogError } from '../../errors.js';
import type { FileSystem } from '../interface/file-system.js';
import type { FileSlice } from '../views/composed-file-system.js';
import { closeQuietly } from './atomic-write.js';
import { removeTree } from './remove-tree.js';
import { forgetStaged, noteStaged, temporaryPath } from './staged-paths.js';
import { writeFully } from './write-fully.js';

/** Room on the disk that is left free for others. */
const KEPT_FREE_BYTES = 64 * 1024 * 1024;

/** A hidden folder (0700) for bytes that have to lie in a file to be read; a signal takes it away, too. */
export class ScratchFolder {
  readonly #fileSystem: FileSystem;
  readonly #beside: string;
  #path: string | undefined;
  #files = 0;

  /** @param beside where it is made once something is to be written: a folder */
  constructor(fileSystem: FileSystem, beside: string) {
    this.#fileSystem = fileSystem;
    this.#beside = beside;
  }

  /**
   * Writes chunks to a new file as they come.
   * @throws StatelogError `DISK_FULL` where they would leave less than 64 MiB free
   */
  async write(chunks: AsyncIterable<Uint8Array>): Promise<FileSlice> {
    const fileSystem = this.#fileSystem;
    const path = join(this.#folder(), String(this.#files++));
    const bytesMax = (fileSystem.freeBytes(this.#beside) ?? Infinity) - KEPT_FREE_BYTES;
    const descriptor = fileSystem.createExclusive(path);
    try {
      let size = 0;
      for await (const chunk of chunks) {
        if (size + chunk.length > bytesMax) throw noRoom(this.#beside, bytesMax);
        writeFully(fileSystem, descriptor, chunk, 0, chunk.length, size);
        size += chunk.length;
      }
      return { path, start: 0, length: size, holder: fileSystem.statusOf(descriptor) };
    } finally {
      closeQuietly(fileSystem, descriptor);
    }
  }

  /** A path of that name in a folder of its own, for whoever makes something there: nothing is there yet. */
  placeFor(name: string): string {
    const folder = join(this.#folder(), String(this.#files++));
    this.#fileSystem.makeDirectory(folder);
    return join(folder, name);
  }

  remove(): void {
    if (this.#path === undefined) return;
    removeTree(this.#fileSystem, this.#path);
    forgetStaged(this.#path);
    this.#path = undefined;
  }

  #folder(): string {
    if (this.#path !== undefined) return this.#path;
    const path = temporaryPath(join(this.#beside, 'statelog-scratch'));
    noteStaged(this.#fileSystem, path);
    this.#fileSystem.makeDirectory(path);
    this.#path = path;
    return path;
  }
}

function noRoom(path: string, bytesMax: number): StatelogError {
  return new StatelogError('DISK_FULL', `there is no room for more than ${Math.max(0, bytesMax)} bytes`, {
    path,
    safe: 'nothing was changed',
    hint: 'free some, or set TMPDIR to a folder on another disk',
  });
}
