import { join } from 'node:path';
import type { FileSystem } from '../interface/file-system.js';

/**
 * Makes a folder of ours durable with everything in it, plain files and folders, but for its own name. All of it
 * is written by then: syncs that follow each other cost little more than one, since the disk is done with most
 * after the first.
 */
export function syncTree(fileSystem: FileSystem, folder: string): void {
  for (const name of fileSystem.readDirectory(folder)) {
    const path = join(folder, name);
    if (fileSystem.status(path)?.kind === 'directory') syncTree(fileSystem, path);
    else syncFile(fileSystem, path);
  }
  fileSystem.syncDirectory(folder);
}

/** Makes a file's content durable. */
export function syncFile(fileSystem: FileSystem, path: string): void {
  const descriptor = fileSystem.openReadWrite(path, 'refuse');
  try {
    fileSystem.sync(descriptor);
  } finally {
    fileSystem.close(descriptor);
  }
}
