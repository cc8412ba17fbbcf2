import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';

/** Bytes of a file by their offset in it. */
export interface FileBytes {
  /** Size of the file. */
  readonly size: number;
  /** The bytes from `offset` on, fewer than `length` where the file ends, or what is held of it. */
  read(offset: number, length: number): Uint8Array;
}

/** Bytes of an open file; the descriptor stays the caller's to close. */
export class OpenFileBytes implements FileBytes {
  readonly size: number;
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;

  constructor(fileSystem: FileSystem, descriptor: FileDescriptor) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.size = fileSystem.statusOf(descriptor).size;
  }

  read(offset: number, length: number): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    const bytes = new Uint8Array(wanted);
    const count = this.#fileSystem.read(this.#descriptor, bytes, 0, wanted, offset);
    return bytes.subarray(0, count);
  }
}

/** A part of a file that is in memory already, at an offset of the file. */
export class HeldBytes implements FileBytes {
  readonly size: number;
  readonly #bytes: Uint8Array;
  readonly #offset: number;

  /** @param offset where the first of `bytes` stands in the file */
  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.#offset = offset;
    this.size = offset + bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    const at = offset - this.#offset;
    return this.#bytes.subarray(at, Math.min(at + length, this.#bytes.length));
  }
}
