import { assert } from '../../assert.js';
import { WordCopier } from '../../bytes/copy.js';
import { StatelogError, isStatelogError } from '../../errors.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { readFully, writeFully } from '../../storage-io/whole/write-fully.js';
import { STATE_FILE_BYTES_MIN, STATE_HEADER_BYTES, VALUE_REGION_BYTES_MAX } from '../format/format.js';
import { PageSums } from '../format/page-sums.js';
import { decodeStateHeader, encodeStateHeader } from '../format/state-header.js';
import { stateDamage } from '../format/state-damage.js';
import { closedError, poisonedError } from '../format/state-refusals.js';

/** Values are gathered up to this many bytes, and written in one call; less in a file that takes few. */
const BLOCK_BYTES = 1024 * 1024;
const FIRST_BLOCK_BYTES = 32 * 1024;
/** A file that reserves room grows to half as much again as is needed. */
const GROWTH_FACTOR = 1.5;
const NO_BYTES = new Uint8Array(0);

export interface ValueFileOptions {
  readonly fileSystem: FileSystem;
  readonly path: string;
  /** True: reserve blocks ahead of what is written, so that a mapping also covers what comes. */
  readonly reserve?: boolean;
}

/** The position in an existing file at which writing goes on. */
export interface ValueFilePosition {
  /** Value bytes in use: the next value goes there, over whatever a failed attempt left. */
  readonly writePos: number;
  /** crc32c of each 4 KiB of them; without it they are read and summed when sums are asked for. */
  readonly pageSums?: Uint32Array | undefined;
}

/**
 * Appends values to a state file through a buffer, and keeps the sum of every page of it.
 *
 * Which bytes are whose: an index owns the value bytes below its `writePos`, and nobody ever
 * writes them again. Indexes that share a file (checkpoints link one) own growing prefixes of it,
 * so appending at the newest one's `writePos` harms none. What lies above is slack: room
 * reserved, or what an attempt left that failed before its index was published. It is written
 * over by the next one, and never cut, since another process may have it mapped.
 *
 * Invariants:
 * - File bytes `[32, 32 + #drained)` are written; `[#drained, writePos)` are in `#buffer`.
 * - `#sums`, where it is there, has summed exactly the first `#drained` value bytes.
 * - After a write or a sync failed, everything is refused (docs/reliability.md, R8).
 */
export class ValueFileAppender {
  readonly path: string;
  readonly descriptor: FileDescriptor;
  readonly generation: bigint;
  readonly #fileSystem: FileSystem;
  readonly #reserve: boolean;
  readonly #copier = new WordCopier();
  #buffer = NO_BYTES;
  #buffered = 0;
  #bufferShown = false;
  #drained: number;
  #sums: PageSums | undefined;
  #fileLength: number;
  /** The error that every call gets after a failure, or after `close`. */
  #refusal: StatelogError | undefined;

  private constructor(
    options: ValueFileOptions,
    descriptor: FileDescriptor,
    position: ValueFilePosition & { readonly generation: bigint; readonly fileLength: number },
  ) {
    this.path = options.path;
    this.descriptor = descriptor;
    this.generation = position.generation;
    this.#fileSystem = options.fileSystem;
    this.#reserve = options.reserve ?? false;
    this.#drained = position.writePos;
    this.#fileLength = position.fileLength;
    const known = position.pageSums !== undefined || position.writePos === 0;
    this.#sums = known ? new PageSums(position.pageSums, position.writePos) : undefined;
  }

  /**
   * A new state file over a descriptor that was just created: its header is written.
   * @param capacity bytes of the file, its header included; at least 1,056
   */
  static create(
    options: ValueFileOptions,
    descriptor: FileDescriptor,
    generation: bigint,
    capacity = 0,
  ): ValueFileAppender {
    const { fileSystem } = options;
    const fileLength = Math.min(
      Math.max(capacity, STATE_FILE_BYTES_MIN),
      STATE_HEADER_BYTES + VALUE_REGION_BYTES_MAX,
    );
    writeFully(fileSystem, descriptor, encodeStateHeader(generation));
    fileSystem.allocate(descriptor, fileLength);
    return new ValueFileAppender(options, descriptor, { writePos: 0, generation, fileLength });
  }

  /**
   * Goes on with a file that is there. The descriptor becomes the appender's only if this returns.
   * @throws StatelogError `UNKNOWN_FORMAT`, `UNSUPPORTED_VERSION`; `DAMAGED` (class `bad-length`) where
   * the file is shorter than its values
   */
  static resume(
    options: ValueFileOptions,
    descriptor: FileDescriptor,
    position: ValueFilePosition,
  ): ValueFileAppender {
    const { fileSystem, path } = options;
    const fileLength = fileSystem.statusOf(descriptor).size;
    const header = new Uint8Array(Math.min(STATE_HEADER_BYTES, fileLength));
    readFully(fileSystem, descriptor, header);
    const generation = decodeStateHeader(header, path);
    if (fileLength < STATE_HEADER_BYTES + position.writePos) {
      throw stateDamage('bad-length', 'the state file is shorter than its values', path, fileLength, {
        expected: `at least ${STATE_HEADER_BYTES + position.writePos} bytes`,
        found: `${fileLength} bytes`,
      });
    }
    return new ValueFileAppender(options, descriptor, { ...position, generation, fileLength });
  }

  /** Value bytes in use, those in the buffer included: where the next value goes. */
  get writePos(): number {
    return this.#drained + this.#buffered;
  }

  /** Value bytes that were written to the file: what lies above is still in the buffer. */
  get drained(): number {
    return this.#drained;
  }

  /** Bytes of the file, its header and reserved room included. */
  get fileLength(): number {
    return this.#fileLength;
  }

  /**
   * Takes a copy of a value; returns its offset.
   * @throws StatelogError `LIMIT_EXCEEDED` where values would pass 4 GiB: nothing was taken then;
   * `POISONED`; and what a failed write throws
   */
  append(value: Uint8Array): number {
    return this.appendFrom(value, 0, value.length);
  }

  /** Takes, as `append` does, a copy of a value that stands in a buffer. */
  appendFrom(bytes: Uint8Array, start: number, length: number): number {
    if (this.#refusal !== undefined) throw this.#refusal;
    const offset = this.#drained + this.#buffered;
    if (length > VALUE_REGION_BYTES_MAX - offset) this.checkFits(offset, length);
    if (length > this.#buffer.length - this.#buffered) {
      this.drain();
      if (length > this.#buffer.length) {
        this.#write(bytes.subarray(start, start + length), length);
        return offset;
      }
    }
    this.#copier.copy(bytes, start, length, this.#buffer, this.#buffered);
    this.#buffered += length;
    return offset;
  }

  /** @throws StatelogError `LIMIT_EXCEEDED` where a value of `length` bytes at `offset` would pass 4 GiB */
  checkFits(offset: number, length: number): void {
    if (offset + length <= VALUE_REGION_BYTES_MAX) return;
    throw new StatelogError('LIMIT_EXCEEDED', 'the values of one core would pass 4 GiB', {
      path: this.path,
      expected: `at most ${VALUE_REGION_BYTES_MAX} bytes`,
      found: `${offset + length} bytes`,
      safe: 'nothing was written',
      hint: `run 'statelog compact' to free what is overwritten, or create the store with more cores`,
    });
  }

  /** A value that is still in the buffer. The view stays as it is: the buffer is then not used again. */
  viewBuffered(offset: number, length: number): Uint8Array {
    this.#bufferShown = true;
    return this.peekBuffered(offset, length);
  }

  /** Shows buffered bytes as `buffered` does, for a caller that copies them at once. */
  peekBuffered(offset: number, length: number): Uint8Array {
    const start = offset - this.#drained;
    assert(start >= 0 && start + length <= this.#buffered, 'the value is in the buffer');
    return this.#buffer.subarray(start, start + length);
  }

  /** Writes what is in the buffer; it is not synced. */
  drain(): void {
    if (this.#refusal !== undefined) throw this.#refusal;
    const count = this.#buffered;
    if (count > 0) this.#write(this.#buffer, count);
    this.#buffered = 0;
    this.#renewBuffer(count);
  }

  /** Writes what is in the buffer and makes all values durable. */
  sync(): void {
    if (this.#buffered > 0) this.drain();
    this.#orFail(() => {
      this.#fileSystem.dataSync(this.descriptor);
    });
  }

  /** crc32c of each 4 KiB of the values in use. Everything must be drained. */
  pageSums(): Uint32Array {
    assert(this.#buffered === 0, 'sums are of what was written');
    this.#sums ??= this.#sumFile();
    return this.#sums.toArray();
  }

  /** Closes the file. What was not synced is not promised. */
  close(): void {
    this.#refusal ??= closedError(this.path);
    this.#fileSystem.close(this.descriptor);
  }

  /** A buffer that was shown belongs to who has seen it; one that was full is followed by a larger one. */
  #renewBuffer(count: number): void {
    const { length } = this.#buffer;
    const isOutgrown = length < BLOCK_BYTES && 2 * count >= length;
    if (!isOutgrown && !this.#bufferShown) return;
    this.#buffer = new Uint8Array(isOutgrown ? Math.max(2 * length, FIRST_BLOCK_BYTES) : length);
    this.#bufferShown = false;
  }

  #write(bytes: Uint8Array, length: number): void {
    const position = STATE_HEADER_BYTES + this.#drained;
    this.#orFail(() => {
      this.#makeRoom(position + length);
      writeFully(this.#fileSystem, this.descriptor, bytes, 0, length, position);
    });
    this.#sums?.append(bytes, 0, length);
    this.#drained += length;
  }

  #makeRoom(end: number): void {
    if (end <= this.#fileLength) return;
    const wanted = Math.min(Math.ceil(end * GROWTH_FACTOR), STATE_HEADER_BYTES + VALUE_REGION_BYTES_MAX);
    if (this.#reserve) {
      try {
        this.#fileSystem.allocate(this.descriptor, wanted);
        this.#fileLength = wanted;
        return;
      } catch (error) {
        // The disk may still have room for what is needed now.
        if (!isStatelogError(error, 'DISK_FULL')) throw error;
        this.#fileSystem.allocate(this.descriptor, end);
      }
    }
    this.#fileLength = end;
  }

  #sumFile(): PageSums {
    const sums = new PageSums();
    const block = new Uint8Array(Math.min(BLOCK_BYTES, this.#drained));
    for (let at = 0; at < this.#drained; at += block.length) {
      const count = Math.min(block.length, this.#drained - at);
      readFully(this.#fileSystem, this.descriptor, block, 0, count, STATE_HEADER_BYTES + at);
      sums.append(block, 0, count);
    }
    return sums;
  }

  #orFail(action: () => void): void {
    if (this.#refusal !== undefined) throw this.#refusal;
    try {
      action();
    } catch (error) {
      this.#refusal = poisonedError(this.path, error);
      throw error;
    }
  }
}
