import { copyBytes } from '../bytes/copy.js';
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
    if (HEAD_BYTES > BLOCK_BYTES - this.#held) this.#flush();
    const block = this.#block;
    writeU32(block, this.#held, key.length);
    writeU32(block, this.#held + VALUE_LENGTH_AT, value.length);
    writeU32(block, this.#held + VERSION_LENGTH_AT, version.length);
    this.#held += HEAD_BYTES;
    this.#write(key);
    this.#write(version);
    this.#write(value);
  }

  /** Shows all entries as they came, each lent for a call. */
  forEachEntry(visit: EntryVisitor): void {
    this.#flush();
    const window = new SpoolWindow(this.#fileSystem, this.#descriptor);
    for (let at = 0; at < this.#size;) {
      window.show(at, HEAD_BYTES);
      const keyLength = readU32(window.bytes, window.start);
      const valueLength = readU32(window.bytes, window.start + VALUE_LENGTH_AT);
      const versionLength = readU32(window.bytes, window.start + VERSION_LENGTH_AT);
      const length = keyLength + versionLength + valueLength;
      window.show(at + HEAD_BYTES, length);
      const { bytes, start } = window;
      const versionStart = start + keyLength;
      const valueStart = versionStart + versionLength;
      const version = versionLength === 0 ? undefined : bytes.subarray(versionStart, valueStart);
      visit(
        bytes.subarray(start, versionStart),
        bytes.subarray(valueStart, valueStart + valueLength),
        version,
      );
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
    copyBytes(bytes, 0, bytes.length, this.#block, this.#held);
    this.#held += bytes.length;
  }

  #flush(): void {
    if (this.#held > 0)
      writeFully(this.#fileSystem, this.#descriptor, this.#block, 0, this.#held, this.#size);
    this.#size += this.#held;
    this.#held = 0;
  }
}

/** Bytes of the file, read ahead; what is shown is valid until more is asked for. */
class SpoolWindow {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #own = new Uint8Array(BLOCK_BYTES);
  /** The part of the file that is in `#own`. */
  #ownStart = 0;
  #ownLength = 0;
  /** The bytes that were asked for last lie here, from `start` on. */
  bytes: Uint8Array = this.#own;
  start = 0;

  constructor(fileSystem: FileSystem, descriptor: FileDescriptor) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
  }

  show(at: number, length: number): void {
    if (length > this.#own.length) {
      this.bytes = new Uint8Array(length);
      this.start = 0;
      readFully(this.#fileSystem, this.#descriptor, this.bytes, 0, length, at);
      return;
    }
    if (at < this.#ownStart || at + length > this.#ownStart + this.#ownLength) {
      this.#ownStart = at;
      const { length: room } = this.#own;
      this.#ownLength = this.#fileSystem.read(this.#descriptor, this.#own, 0, room, at);
      if (this.#ownLength < length) readFully(this.#fileSystem, this.#descriptor, this.#own, 0, length, at);
    }
    this.bytes = this.#own;
    this.start = at - this.#ownStart;
  }
}
