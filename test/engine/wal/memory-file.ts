import type { FileStatus, FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';

/**
 * One file in memory that can only be read, for sweeps that open hundreds of thousands of segments.
 * It counts what is read. Anything else is refused.
 */
export class MemoryFile {
  bytes: Uint8Array;
  /** Bytes and calls of `read`. */
  readBytes = 0;
  readCalls = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The file system that has this file under any path. */
  get fileSystem(): FileSystem {
    const known: Partial<FileSystem> = {
      openRead: () => 0,
      close: () => undefined,
      statusOf: () => ({ kind: 'file', size: this.bytes.length }) as FileStatus,
      dataFrom: (_descriptor, position) => position,
      read: (_descriptor, into, offset, length, position) => {
        const part = this.bytes.subarray(position, position + length);
        into.set(part, offset);
        this.readBytes += part.length;
        this.readCalls += 1;
        return part.length;
      },
    };
    return known as FileSystem;
  }
}
