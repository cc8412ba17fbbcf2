import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { SlidingWindow } from '../../storage-io/paged/sliding-window.js';
import { cutMeanwhile } from '../../storage-io/whole/write-fully.js';
import { endOfZeros } from '../../storage-io/paged/zero-runs.js';

const WINDOW_BYTES = 1024 * 1024;
const ROUNDING_BYTES = 64 * 1024;

/** An open log, as far as a reader of it cares. */
export interface OpenLog {
  readonly fileSystem: FileSystem;
  readonly descriptor: FileDescriptor;
  /** For messages. */
  readonly path: string;
  /** Bytes, taken once: what is appended later is not looked at. */
  readonly size: number;
}

/**
 * A window that slides over a log, so that what is being looked at lies in one buffer. It reads
 * ahead, and grows to twice what is asked for at once: with records of at most 16 MiB and some,
 * that bounds it, and sliding costs no more than reading does.
 *
 * Invariant: `end` never passes the file's size as it was when the window was made.
 */
export class LogWindow extends SlidingWindow {
  readonly size: number;
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;

  constructor(log: OpenLog) {
    super(log.fileSystem, log.descriptor);
    this.#fileSystem = log.fileSystem;
    this.#descriptor = log.descriptor;
    this.path = log.path;
    this.size = log.size;
  }

  /** The file's offset after the last byte that is here. */
  get end(): number {
    return this.start + this.filled;
  }

  /**
   * Brings `length` bytes from `offset` into the buffer; they must lie within the file.
   * @throws StatelogError `IO_FAILED` where the file was cut meanwhile; what reading throws
   */
  reach(offset: number, length: number): void {
    if (this.holds(offset, length)) return;
    if (!this.moveTo(offset, this.#roomFor(offset, length), this.size))
      throw cutMeanwhile(this.path, this.end);
  }

  /** The first offset from `offset` on that does not lie in a hole of the file; its size at most. */
  skipHole(offset: number): number {
    return Math.min(this.#fileSystem.dataFrom(this.#descriptor, offset), this.size);
  }

  /** The first offset from `offset` on whose byte is not zero; the file's size if there is none. */
  endOfZeros(offset: number): number {
    const { bytes, start, filled } = this;
    let at = Math.max(offset - start, 0);
    while (at < filled && bytes[at] === 0) at++;
    if (at < filled) return start + at;
    return endOfZeros(this.#fileSystem, { descriptor: this.#descriptor, offset, end: this.size });
  }

  #roomFor(offset: number, length: number): number {
    const remaining = this.size - offset;
    const wanted = Math.min(2 * length, remaining);
    if (this.bytes.length === 0) return Math.max(Math.min(WINDOW_BYTES, this.size), wanted);
    if (wanted <= this.bytes.length) return this.bytes.length;
    return Math.min(Math.ceil(wanted / ROUNDING_BYTES) * ROUNDING_BYTES, remaining);
  }
}

/**
 * Reads `length` bytes of a log from `offset`, which must be there, to `into` at `at`.
 * @throws StatelogError `IO_FAILED` where the file was cut meanwhile; what reading throws
 */
export function readLog(log: OpenLog, into: Uint8Array, at: number, length: number, offset: number): void {
  const count = log.fileSystem.read(log.descriptor, into, at, length, offset);
  if (count < length) throw cutMeanwhile(log.path, offset + count);
}
