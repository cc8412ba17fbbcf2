import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';

/** A file that is being written where nobody looks yet. Its folder is the caller's to sync and to remove. */
export class NewFile {
  readonly path: string;
  readonly descriptor: FileDescriptor;
  readonly #fileSystem: FileSystem;
  #isOpen = true;

  private constructor(fileSystem: FileSystem, path: string, descriptor: FileDescriptor) {
    this.#fileSystem = fileSystem;
    this.path = path;
    this.descriptor = descriptor;
  }

  /** @throws StatelogError what `FileSystem.createExclusive` throws */
  static create(fileSystem: FileSystem, path: string): NewFile {
    return new NewFile(fileSystem, path, fileSystem.createExclusive(path));
  }

  /** Syncs and closes it: its bytes are on disk when this returns. */
  finish(): void {
    this.#fileSystem.sync(this.descriptor);
    this.#isOpen = false;
    this.#fileSystem.close(this.descriptor);
  }

  /** Lets go of it where something failed; after `finish` there is nothing to do. */
  abandon(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeQuietly(this.#fileSystem, this.descriptor);
  }
}
