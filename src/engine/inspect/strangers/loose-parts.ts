import { join } from 'node:path';
import { epochOfName, isStateFileName } from '../../directory/manifest/layout.js';
import { isStatelogError } from '../../errors.js';
import { readIndexHead } from '../../state/format/index-head.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { listSegments } from '../../wal/folder/segment-folder.js';

/** Folders that are looked into. */
const FOLDERS_MAX = 200;

/**
 * True for parts of a state directory without the rest of it: its files side by side, or its checkpoints or logs, each in the folder of
 * its epoch. They say where they belong, so that a repair makes a store of them.
 */
export function holdsLooseParts(fileSystem: FileSystem, folder: string, names: readonly string[]): boolean {
  if (holdsIndexOfStore(fileSystem, folder, names)) return true;
  const epochs = names.filter((name) => epochOfName(name) !== undefined).slice(0, FOLDERS_MAX);
  return epochs.some((name) => {
    const path = join(folder, name);
    if (fileSystem.status(path)?.kind !== 'directory') return false;
    return (
      holdsIndexOfStore(fileSystem, path, fileSystem.readDirectory(path)) ||
      (epochs.length > 1 && listSegments(fileSystem, path).length > 0)
    );
  });
}

/** True where an index lies here which says of what store it is. */
export function holdsIndexOfStore(fileSystem: FileSystem, folder: string, names: readonly string[]): boolean {
  const indexes = names.filter((name) => isStateFileName(name) && name.endsWith('.idx'));
  return indexes.some((name) => isOfStore(fileSystem, join(folder, name)));
}

function isOfStore(fileSystem: FileSystem, path: string): boolean {
  if (fileSystem.status(path)?.kind !== 'file') return false;
  const descriptor = fileSystem.openRead(path);
  try {
    return readIndexHead(fileSystem, descriptor, path).block?.storeId.some((byte) => byte !== 0) === true;
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return false;
  } finally {
    fileSystem.close(descriptor);
  }
}
