import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { cutMeanwhile } from '../../storage-io/whole/write-fully.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';

/** How much is read at once: records that are shown one after the other lie near each other, most often. */
const WINDOW_BYTES = 1024 * 1024;
/** Keeps a position's place in its 8-byte word. */
const ALIGNMENT = 8;

/** A record that lies in a file. */
export interface LyingRecord {
  readonly path: string;
  readonly offset: number;
  /** Bytes of all of it. */
  readonly recordBytes: number;
}

/** The place of a record: a file's number in `NotedFiles`, and bytes from its start. */
export interface RecordPlace {
  readonly file: number;
  readonly offset: number;
  readonly bytes: number;
}

/**
 * The files in which records were noted, held open until they are read again: a writer may take the names away meanwhile.
 * Reads them by blocks, forwards and backwards.
 */
export class NotedFiles {
  readonly #fileSystem: FileSystem;
  readonly #paths: string[] = [];
  readonly #descriptors: FileDescriptor[] = [];
  readonly #numbers = new Map<string, number>();
  #lastPath: string | undefined;
  #last = -1;
  #window = new Uint8Array();
  #windowFile = -1;
  #windowStart = 0;
  #windowEnd = 0;

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  /** The number of a record's file, which is opened when the first of its records is noted. @throws what `openRead` throws */
  numberOf({ path }: LyingRecord): number {
    if (path === this.#lastPath) return this.#last;
    let number = this.#numbers.get(path);
    if (number === undefined) {
      number = this.#descriptors.push(this.#fileSystem.openRead(path)) - 1;
      this.#paths.push(path);
      this.#numbers.set(path, number);
    }
    this.#lastPath = path;
    this.#last = number;
    return number;
  }

  /** Notes where a record lies. @throws StatelogError what `FileSystem.openRead` throws */
  placeOf(record: LyingRecord): RecordPlace {
    return { file: this.numberOf(record), offset: record.offset, bytes: record.recordBytes };
  }

  pathOf({ file }: RecordPlace): string {
    return this.#paths[file]!;
  }

  /**
   * The bytes of a record: where it starts in `bytes`, which are valid until the next call.
   * @throws StatelogError `IO_FAILED` where the file was cut meanwhile; what reading throws
   */
  read({ file, offset, bytes: length }: RecordPlace): { readonly bytes: Uint8Array; readonly start: number } {
    const isHere = file === this.#windowFile && offset >= this.#windowStart;
    if (!isHere || offset + length > this.#windowEnd) this.#moveTo(file, offset, length);
    return { bytes: this.#window, start: offset - this.#windowStart };
  }

  close(): void {
    for (const descriptor of this.#descriptors.splice(0)) closeQuietly(this.#fileSystem, descriptor);
  }

  /** Behind the window it goes on from there; before it the block ends with what is asked for. */
  #moveTo(file: number, offset: number, length: number): void {
    const room = Math.max(WINDOW_BYTES, length + ALIGNMENT);
    const isBefore = file === this.#windowFile && offset < this.#windowStart;
    const wanted = isBefore ? Math.max(0, offset + length - room + ALIGNMENT) : offset;
    const start = wanted - (wanted % ALIGNMENT);
    if (this.#window.length < room) this.#window = new Uint8Array(room);
    this.#windowFile = -1;
    const count = this.#fileSystem.read(
      this.#descriptors[file]!,
      this.#window,
      0,
      this.#window.length,
      start,
    );
    if (start + count < offset + length) throw cutMeanwhile(this.#paths[file], start + count);
    this.#windowFile = file;
    this.#windowStart = start;
    this.#windowEnd = start + count;
  }
}
