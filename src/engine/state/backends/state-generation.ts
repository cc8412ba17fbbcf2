import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { ValueFileAppender, type ValueFilePosition } from '../write/value-appender.js';
import { ValueReader } from '../read/value-reader.js';

const NO_BYTES = new Uint8Array(0);

/**
 * One state file that a store appends values to and reads them from. Compacting, clearing and
 * restoring start the next generation in a new file, so that what is on disk stays whole until
 * the new one takes its place.
 */
export class StateGeneration {
  readonly appender: ValueFileAppender;
  readonly #fileSystem: FileSystem;
  readonly #reader: ValueReader;
  #viewsShown = false;
  #isOpen = true;

  private constructor(fileSystem: FileSystem, appender: ValueFileAppender, reader: ValueReader) {
    this.#fileSystem = fileSystem;
    this.appender = appender;
    this.#reader = reader;
    reader.allowMapping();
  }

  /** @param capacity bytes of the file to reserve */
  static create(
    fileSystem: FileSystem,
    path: string,
    descriptor: FileDescriptor,
    generation: bigint,
    capacity: number,
  ): StateGeneration {
    const options = { fileSystem, path, reserve: true };
    const appender = ValueFileAppender.create(options, descriptor, generation, capacity);
    const reader = new ValueReader({ fileSystem, descriptor, path, sealedLength: 0 }, appender.fileLength);
    return new StateGeneration(fileSystem, appender, reader);
  }

  /** Goes on with a file whose values an index vouches for. */
  static resume(
    fileSystem: FileSystem,
    path: string,
    descriptor: FileDescriptor,
    position: ValueFilePosition,
  ): StateGeneration {
    const options = { fileSystem, path, reserve: true };
    const appender = ValueFileAppender.resume(options, descriptor, position);
    const { writePos: sealedLength, pageSums } = position;
    const reader = new ValueReader(
      { fileSystem, descriptor, path, sealedLength, pageSums },
      appender.fileLength,
    );
    return new StateGeneration(fileSystem, appender, reader);
  }

  get number(): bigint {
    return this.appender.generation;
  }

  get descriptor(): FileDescriptor {
    return this.appender.descriptor;
  }

  /** A view of a value that stays as it is until `close`. */
  view(offset: number, length: number): Uint8Array {
    if (length === 0) return NO_BYTES;
    if (offset >= this.appender.drained) return this.appender.viewBuffered(offset, length);
    this.#viewsShown = true;
    return this.#read(offset, length);
  }

  /** Shows the value as `view` does, for a caller that copies or writes it at once. */
  peek(offset: number, length: number): Uint8Array {
    if (length === 0) return NO_BYTES;
    if (offset >= this.appender.drained) return this.appender.peekBuffered(offset, length);
    return this.#read(offset, length);
  }

  /**
   * Closes the file. Its mapping stays if views of it were shown, since they stay readable until the
   * store is closed: then this is true, and `close` must follow.
   */
  retire(): boolean {
    if (!this.#viewsShown) this.#reader.close();
    if (this.#isOpen) closeQuietly(this.#fileSystem, this.descriptor);
    this.#isOpen = false;
    return this.#viewsShown;
  }

  /** Closes and unmaps: no view may be touched any more. */
  close(): void {
    this.retire();
    this.#reader.close();
  }

  #read(offset: number, length: number): Uint8Array {
    this.#reader.grewTo(this.appender.fileLength);
    return this.#reader.view(offset, length);
  }
}
