import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';

const BLOCK_BYTES = 4096;

/**
 * Short ranges of a file, of which each may lie a little behind the last one: then a block is read at once, else no more than is
 * asked for.
 */
export class NearBytes {
  /** The block. */
  readonly bytes = new Uint8Array(BLOCK_BYTES);
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  #start = 0;
  #filled = 0;

  constructor(fileSystem: FileSystem, descriptor: FileDescriptor) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
  }

  /**
   * Brings `length` bytes from `position` into the block, at most as many as it has.
   * @returns where they start in `bytes`; -1 if the file ends before that
   */
  load(position: number, length: number): number {
    const end = this.#start + this.#filled;
    if (position < this.#start || position + length > end) {
      const isNear = position >= this.#start && position <= end + BLOCK_BYTES;
      const wanted = isNear ? BLOCK_BYTES : length;
      this.#start = position;
      this.#filled = this.#fileSystem.read(this.#descriptor, this.bytes, 0, wanted, position);
      if (this.#filled < length) return -1;
    }
    return position - this.#start;
  }

  /** Forgets the block: the file may have changed. */
  forget(): void {
    this.#filled = 0;
  }
}
