import { isStatelogError } from '../errors.js';
import { DirectoryLayout } from '../directory/manifest/layout.js';
import { HEADER_BYTES } from '../fold/format/format.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { tryAcquireFileLock } from '../storage-io/lock/file-lock.js';
import { replaced } from '../storage-io/owners/identity.js';
import { guardedFileSystem } from '../storage-io/views/guarded-file-system.js';
import { closeQuietly } from '../storage-io/whole/atomic-write.js';
import { removeTree } from '../storage-io/whole/remove-tree.js';
import { DirectoryStore } from './directory-store.js';

/**
 * Removes a store that was made a moment ago for work that cannot be done: only while nobody else has it locked, and nothing
 * is in it. What cannot be told stays.
 */
export function removeMade(fileSystem: FileSystem, path: string): void {
  try {
    if (fileSystem.status(path)?.kind === 'directory') removeDirectory(fileSystem, path);
    else removeLog(fileSystem, path);
  } catch (error) {
    if (!isStatelogError(error)) throw error;
  }
}

function removeDirectory(fileSystem: FileSystem, path: string): void {
  const lock = tryAcquireFileLock(fileSystem, new DirectoryLayout(path).lock, { folder: path });
  const guarded = guardedFileSystem(fileSystem, () => {
    const isLocked = fileSystem.status(path)?.identity === lock.folderIdentity;
    if (!isLocked) throw replaced(path, path, 'its folder was moved or replaced');
  });
  try {
    const store = DirectoryStore.openReadOnly(path, { fileSystem });
    const isEmpty = store.count() === 0 && store.epoch === 0n;
    store.close();
    if (isEmpty) removeTree(guarded, path);
  } finally {
    lock.abandon();
  }
}

function removeLog(fileSystem: FileSystem, path: string): void {
  const descriptor = fileSystem.openReadWrite(path, 'refuse');
  try {
    if (!fileSystem.tryLock(descriptor)) return;
    // Under the lock: others may have written to it, or put another one in its place, until then.
    const { size, identity } = fileSystem.statusOf(descriptor);
    const isThere = fileSystem.status(path)?.identity === identity;
    if (isThere && size <= HEADER_BYTES) fileSystem.remove(path);
  } finally {
    closeQuietly(fileSystem, descriptor);
  }
}
