import { freeCopy } from '../../bytes/free-copy.js';
import type { StateBackend } from './state-backend.js';
import type { StateFile } from '../read/state-file.js';
import type { StateFileCursor } from '../read/state-file-cursor.js';
import { readOnlyError } from '../format/state-refusals.js';

/** A state store that is read where it lies on disk. Whatever would write throws `READ_ONLY`. */
export class ReadOnlyBackend implements StateBackend {
  readonly path: string;
  readonly #file: StateFile;

  constructor(path: string, file: StateFile) {
    this.path = path;
    this.#file = file;
  }

  get length(): number {
    return this.#file.count;
  }

  get sizeBytes(): number {
    return this.#file.keyBytes + this.#file.liveBytes;
  }

  get fragmentation(): number {
    return this.#file.fragmentation;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const value = this.getRef(key);
    return value === undefined ? undefined : freeCopy(value);
  }

  getRef(key: Uint8Array): Uint8Array | undefined {
    return this.#file.find(key) ? this.#file.value(this.#file.offset, this.#file.length) : undefined;
  }

  contains(key: Uint8Array): boolean {
    return this.#file.find(key);
  }

  findAt(buffer: Uint8Array, keyStart: number, keyLength: number): boolean {
    return this.#file.findAt(buffer, keyStart, keyLength);
  }

  get foundOffset(): number {
    return this.#file.offset;
  }

  get foundLength(): number {
    return this.#file.length;
  }

  cursor(): StateFileCursor {
    return this.#file.cursor();
  }

  put(): void {
    this.#refuse();
  }

  delete(): boolean {
    return this.#refuse();
  }

  compact(): void {
    this.#refuse();
  }

  clear(): void {
    this.#refuse();
  }

  restore(): void {
    this.#refuse();
  }

  save(): void {
    this.#file.checkOpen(); // There is nothing to save.
  }

  close(): void {
    this.#file.close();
  }

  #refuse(): never {
    this.#file.checkOpen();
    throw readOnlyError(this.path);
  }
}
