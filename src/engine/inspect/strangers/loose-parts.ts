import { basename, join } from 'node:path';
import { toHex } from '../../bytes/text/text.js';
import { epochOfName, isStateFileName } from '../../directory/manifest/layout.js';
import { isStatelogError } from '../../errors.js';
import { readIndexHead } from '../../state/format/index-head.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { foldersIn, namesIn } from '../../storage-io/views/names-in.js';
import { listSegments } from '../../wal/folder/segment-folder.js';

/** Folders, and files in one, that are looked into. */
const FOLDERS_MAX = 200;
const FILES_MAX = 200;
/** The folder of a store that its logs lie in. */
const LOGS = 'wal';
/** Folders of a store that may be left of one. */
const STORE_FOLDERS = ['checkpoints', LOGS];

/**
 * True for parts of a state directory without the rest of it: its files side by side or in folders, whatever those are named, as a file
 * system's own repair leaves them; or its logs, each in the folder of its epoch. They say where they belong, so that a repair makes a store
 * of them; but not where they are of several stores.
 */
export function holdsLooseParts(fileSystem: FileSystem, folder: string, names: readonly string[]): boolean {
  const folders = foldersIn(fileSystem, folder, names.slice(0, FOLDERS_MAX));
  const stores = new Set<string>();
  for (const one of [folder, ...folders]) for (const id of storesOfIndexes(fileSystem, one)) stores.add(id);
  if (stores.size > 0) return stores.size === 1;
  const epochs = names.filter((name) => epochOfName(name) !== undefined).slice(0, FOLDERS_MAX);
  // A single folder with a number for a name may be anybody's.
  const isEnough = epochs.length > 1 || basename(folder) === LOGS;
  if (isEnough && epochs.some((name) => holdsLog(fileSystem, join(folder, name)))) return true;
  return holdsFolderOfStore(fileSystem, folder, names);
}

function holdsLog(fileSystem: FileSystem, path: string): boolean {
  return isFolder(fileSystem, path) && listSegments(fileSystem, path).length > 0;
}

function holdsFolderOfStore(fileSystem: FileSystem, folder: string, names: readonly string[]): boolean {
  return STORE_FOLDERS.filter((name) => names.includes(name)).some((name) => {
    const path = join(folder, name);
    return isFolder(fileSystem, path) && holdsLooseParts(fileSystem, path, namesIn(fileSystem, path));
  });
}

function isFolder(fileSystem: FileSystem, path: string): boolean {
  return fileSystem.status(path)?.kind === 'directory';
}

/** True where beside segments an index lies which says of what store it is, or a folder of a store. */
export function holdsPartOfStore(fileSystem: FileSystem, folder: string, names: readonly string[]): boolean {
  const indexes = names.filter((name) => isStateFileName(name) && name.endsWith('.idx'));
  return (
    indexes.some((name) => storeOfIndex(fileSystem, join(folder, name)) !== undefined) ||
    holdsFolderOfStore(fileSystem, folder, names)
  );
}

/** The identities of the stores of which indexes lie in a folder, under whatever names. */
function storesOfIndexes(fileSystem: FileSystem, folder: string): string[] {
  const names = namesIn(fileSystem, folder).slice(0, FILES_MAX);
  return names.flatMap((name) => storeOfIndex(fileSystem, join(folder, name)) ?? []);
}

/** The store that a file names, if it is an index that does. */
function storeOfIndex(fileSystem: FileSystem, path: string): string | undefined {
  if (fileSystem.status(path)?.kind !== 'file') return undefined;
  try {
    const descriptor = fileSystem.openRead(path);
    try {
      const { block } = readIndexHead(fileSystem, descriptor, path);
      return block?.storeId.some((byte) => byte !== 0) === true ? toHex(block.storeId) : undefined;
    } finally {
      fileSystem.close(descriptor);
    }
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return undefined;
  }
}
