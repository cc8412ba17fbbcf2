import { dirname } from 'node:path';
import type { FileDescriptor, FileSystem } from '../../engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../engine/storage-io/real/real-file-system.js';
import { writeFully } from '../../engine/storage-io/whole/write-fully.js';
import { ReportFile } from '../../engine/transfer/report-file.js';
import { withoutByteOrderMark } from './byte-order-mark.js';

const LINE_FEED = Uint8Array.of(0x0a);

/**
 * A file to which lines are added as they came, so that they can be put again. What is in it stays.
 *
 * Invariant: what was added before a `sync` is on disk after it.
 */
export class RejectsFile {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  #end: number;
  #hasNew = false;

  private constructor(fileSystem: FileSystem, descriptor: FileDescriptor) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#end = fileSystem.statusOf(descriptor).size;
    if (this.#end > 0 && !this.#endsLine()) this.#append(LINE_FEED);
  }

  /**
   * Opens the file, or makes it.
   * @param kept what it must not be: the store, the batch
   * @throws StatelogError `SAME_PATH`, and what opening throws
   */
  static open(path: string, kept: readonly string[]): RejectsFile {
    const fileSystem = realFileSystem();
    ReportFile.at(path, kept, undefined, fileSystem);
    const isNew = fileSystem.status(path) === undefined;
    const descriptor = fileSystem.openOrCreate(path);
    if (isNew) fileSystem.syncDirectory(dirname(path));
    return new RejectsFile(fileSystem, descriptor);
  }

  /** @param number the line's, from 1: a byte order mark before the first does not belong to it */
  add(line: Uint8Array, number: number): void {
    this.#append(number === 1 ? withoutByteOrderMark(line) : line);
    this.#append(LINE_FEED);
    this.#hasNew = true;
  }

  sync(): void {
    if (!this.#hasNew) return;
    this.#fileSystem.dataSync(this.#descriptor);
    this.#hasNew = false;
  }

  close(): void {
    this.#fileSystem.close(this.#descriptor);
  }

  #endsLine(): boolean {
    const last = new Uint8Array(1);
    this.#fileSystem.read(this.#descriptor, last, 0, 1, this.#end - 1);
    return last[0] === LINE_FEED[0];
  }

  #append(bytes: Uint8Array): void {
    writeFully(this.#fileSystem, this.#descriptor, bytes, 0, bytes.length, this.#end);
    this.#end += bytes.length;
  }
}
