import { AppendPositions } from './append-positions.js';
import { AsynchronousStorageIo } from './asynchronous-storage-io.js';
import type { FileSystem } from '../interface/file-system.js';
import type { StorageIo } from './storage-io.js';
import { SynchronousStorageIo } from './synchronous-storage-io.js';

/** Makes a `StorageIo` that does everything at once: a completion is ready when its submission returns. */
export function createSynchronousStorageIo(fileSystem: FileSystem): StorageIo {
  return new SynchronousStorageIo(fileSystem, new AppendPositions());
}

/** Makes a `StorageIo` that works in other threads, on at most one operation of a descriptor at a time. */
export function createAsynchronousStorageIo(fileSystem: FileSystem): StorageIo {
  return new AsynchronousStorageIo(fileSystem, new AppendPositions());
}
