import { dirname } from 'node:path';
import type { FileDescriptor, FileSystem } from '../../engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../engine/storage-io/real/real-file-system.js';
import { writeFully } from '../../engine/storage-io/whole/write-fully.js';
import type { SpecialFile } from '../../engine/storage-io/real/byte-streams.js';
import { ReportFile } from '../../engine/transfer/report-file.js';
import { withoutByteOrderMark } from './byte-order-mark.js';

const LINE_FEED = Uint8Array.of(0x0a);

/** Takes the lines that changed nothing, as they came, so that they can be put again. */
export interface Rejects {
  /** @param number the line's, from 1: a byte order mark before the first does not belong to it */
  add(line: Uint8Array, number: number): void;
  /** Resolves once what was added is where it should go. */
  sync(): void | Promise<void>;
  close(): void;
}

/**
 * Opens what is to take them: a file, which is made where there is none, a device or a FIFO.
 * @param kept what it must not be: the store, the batch
 * @throws StatelogError `SAME_PATH`, and what opening throws
 */
export async function openRejects(path: string, kept: readonly string[]): Promise<Rejects> {
  const fileSystem = realFileSystem();
  const kind = fileSystem.statusFollowing(path)?.kind;
  if (kind !== 'device' && kind !== 'fifo' && kind !== 'socket') return RejectsFile.open(path, kept);
  const { SpecialFile } = await import('../../engine/storage-io/real/byte-streams.js');
  return new StreamedRejects(await SpecialFile.open(path));
}

/** Lines that go to whoever reads them. */
class StreamedRejects implements Rejects {
  readonly #file: SpecialFile;
  #lines: Uint8Array[] = [];

  constructor(file: SpecialFile) {
    this.#file = file;
  }

  add(line: Uint8Array, number: number): void {
    // The line is lent, and is written later.
    this.#lines.push(Uint8Array.from(number === 1 ? withoutByteOrderMark(line) : line), LINE_FEED);
  }

  async sync(): Promise<void> {
    const lines = this.#lines.splice(0);
    if (lines.length > 0) await this.#file.write(Buffer.concat(lines));
  }

  close(): void {
    this.#file.close();
  }
}

/**
 * A file to which lines are added as they came, so that they can be put again. What is in it stays.
 *
 * Invariant: what was added before a `sync` is on disk after it.
 */
class RejectsFile implements Rejects {
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

  static open(path: string, kept: readonly string[]): RejectsFile {
    const fileSystem = realFileSystem();
    ReportFile.at(path, kept, undefined, fileSystem);
    const isNew = fileSystem.status(path) === undefined;
    const descriptor = fileSystem.openOrCreate(path);
    if (isNew) fileSystem.syncDirectory(dirname(path));
    return new RejectsFile(fileSystem, descriptor);
  }

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
