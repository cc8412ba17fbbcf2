import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { readFully, writeFully } from '../../storage-io/whole/write-fully.js';

const BLOCK_BYTES = 1024 * 1024;

/**
 * Copies ranges of one file to another, back to back, as they are. Ranges that lie back to back in the
 * source are copied together.
 */
export class RangeCopier {
  /** Bytes written, once `finish` returned. */
  position: number;
  readonly #fileSystem: FileSystem;
  readonly #from: FileDescriptor;
  readonly #into: FileDescriptor;
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #start = 0;
  #end = 0;

  /** @param position where the first range goes in `into` */
  constructor(fileSystem: FileSystem, from: FileDescriptor, into: FileDescriptor, position = 0) {
    this.#fileSystem = fileSystem;
    this.#from = from;
    this.#into = into;
    this.position = position;
  }

  /** Takes a range that lies behind all those before it. */
  take(offset: number, bytes: number): void {
    if (offset !== this.#end) {
      this.finish();
      this.#start = offset;
    }
    this.#end = offset + bytes;
    if (this.#end - this.#start >= BLOCK_BYTES) this.finish();
  }

  /** Takes bytes in place of as many that lie behind all those before them. */
  put(offset: number, bytes: Uint8Array): void {
    this.finish();
    writeFully(this.#fileSystem, this.#into, bytes, 0, bytes.length, this.position);
    this.position += bytes.length;
    this.#start = offset + bytes.length;
    this.#end = this.#start;
  }

  /** Writes what was taken. */
  finish(): void {
    while (this.#start < this.#end) {
      const count = Math.min(BLOCK_BYTES, this.#end - this.#start);
      readFully(this.#fileSystem, this.#from, this.#block, 0, count, this.#start);
      writeFully(this.#fileSystem, this.#into, this.#block, 0, count, this.position);
      this.#start += count;
      this.position += count;
    }
  }
}
