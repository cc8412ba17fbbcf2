import { readU32, writeU32 } from '../bytes/halves.js';
import type { FileDescriptor, FileSystem } from '../storage-io/interface/file-system.js';
import { readFully, writeFully } from '../storage-io/whole/write-fully.js';
import type { EntryVisitor } from '../store/store.js';

/** Key length u32, value length u32, version length u32. */
const HEAD_BYTES = 12;
const VALUE_LENGTH_AT = 4;
const VERSION_LENGTH_AT = 8;
const NO_VERSION = new Uint8Array(0);
const BLOCK_BYTES = 256 * 1024;

/**
 * Entries that came once and are gone through again: a file of ours, which nobody else reads, with lengths and bytes
 * one after the other.
 */
export class EntrySpool {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #held = 0;
  #size = 0;

  /** Makes the file, which is the caller's to remove. */
  constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem;
    this.#descriptor = fileSystem.createExclusive(path);
  }

  /** Adds an entry; its bytes are written before it returns, or copied. */
  add(key: Uint8Array, value: Uint8Array, version: Uint8Array = NO_VERSION): void {
    const head = new Uint8Array(HEAD_BYTES);
    writeU32(head, 0, key.length);
    writeU32(head, VALUE_LENGTH_AT, value.length);
    writeU32(head, VERSION_LENGTH_AT, version.length);
    for (const part of [head, key, version, value]) this.#write(part);
  }

  /** Shows all entries as they came, each lent for a call. */
  forEachEntry(visit: EntryVisitor): void {
    this.#flush();
    const window = new SpoolWindow(this.#fileSystem, this.#descriptor);
    for (let at = 0; at < this.#size;) {
      const head = window.at(at, HEAD_BYTES);
      const keyLength = readU32(head, 0);
      const valueLength = readU32(head, VALUE_LENGTH_AT);
      const versionLength = readU32(head, VERSION_LENGTH_AT);
      const length = keyLength + versionLength + valueLength;
      const entry = window.at(at + HEAD_BYTES, length);
      const valueStart = keyLength + versionLength;
      const version = versionLength === 0 ? undefined : entry.subarray(keyLength, valueStart);
      visit(entry.subarray(0, keyLength), entry.subarray(valueStart), version);
      at += HEAD_BYTES + length;
    }
  }

  close(): void {
    this.#fileSystem.close(this.#descriptor);
  }

  #write(bytes: Uint8Array): void {
    if (bytes.length > BLOCK_BYTES - this.#held) this.#flush();
    if (bytes.length > BLOCK_BYTES) {
      writeFully(this.#fileSystem, this.#descriptor, bytes, 0, bytes.length, this.#size);
      this.#size += bytes.length;
      return;
    }
    this.#block.set(bytes, this.#held);
    this.#held += bytes.length;
  }

  #flush(): void {
    if (this.#held > 0)
      writeFully(this.#fileSystem, this.#descriptor, this.#block, 0, this.#held, this.#size);
    this.#size += this.#held;
    this.#held = 0;
  }
}

/** Bytes of the file, read ahead; what was given is valid until the next. */
class SpoolWindow {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #own = new Uint8Array(BLOCK_BYTES);
  #start = 0;
  #length = 0;

  constructor(fileSystem: FileSystem, descriptor: FileDescriptor) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
  }

  at(start: number, length: number): Uint8Array {
    if (length > this.#own.length) {
      const large = new Uint8Array(length);
      readFully(this.#fileSystem, this.#descriptor, large, 0, length, start);
      return large;
    }
    if (start < this.#start || start + length > this.#start + this.#length) {
      this.#start = start;
      const { length: room } = this.#own;
      this.#length = this.#fileSystem.read(this.#descriptor, this.#own, 0, room, start);
      if (this.#length < length) readFully(this.#fileSystem, this.#descriptor, this.#own, 0, length, start);
    }
    return this.#own.subarray(start - this.#start, start - this.#start + length);
  }
}
