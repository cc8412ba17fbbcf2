import { AppendPositions } from './append-positions.js';
import { AsynchronousStorageIo } from './asynchronous-storage-io.js';
import type { FileSystem } from '../interface/file-system.js';
import type { StorageIo } from './storage-io.js';
import { SynchronousStorageIo } from './synchronous-storage-io.js';

/** Does everything at once; completions are there when the submission returns. */
export function createSynchronousStorageIo(fileSystem: FileSystem): StorageIo {
  return new SynchronousStorageIo(fileSystem, new AppendPositions());
}

/** Works in other threads, at most one operation of a descriptor at a time. */
export function createAsynchronousStorageIo(fileSystem: FileSystem): StorageIo {
  return new AsynchronousStorageIo(fileSystem, new AppendPositions());
}
