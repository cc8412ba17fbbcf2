import { dirname, join } from 'node:path';
import type { FileStatus, FileSystem } from '../../storage-io/interface/file-system.js';
import { isTemporaryName } from '../../storage-io/whole/atomic-write.js';

/** A blob that is being uploaded: its file's name, `#`, and a number. */
const UPLOAD = /^(.+)#(\d+)$/s;
/** A bucket's folders are hardly deeper; a folder tree that is no bucket may be. */
const DEPTH_MAX = 32;

/** A file below the folder that a store is. */
export interface FolderFile {
  /** From that folder, segments with `/` between them. */
  readonly name: string;
  readonly status: FileStatus;
}

/** The name of the blob, and the number, of a file that is being uploaded; undefined for any other. */
export function uploadOf(name: string): { readonly name: string; readonly id: string } | undefined {
  const [, blob, id] = UPLOAD.exec(name) ?? [];
  return blob === undefined || id === undefined ? undefined : { name: blob, id };
}

/**
 * Plain files whose name begins so, in the order of their names within each folder. Links are not followed, and hidden files
 * that are being written are passed over.
 */
export function* filesWithPrefix(
  fileSystem: FileSystem,
  root: string,
  prefix: string,
): Generator<FolderFile, void> {
  const folder = prefix.includes('/') ? dirname(`${prefix}.`) : '';
  if (fileSystem.statusFollowing(join(root, folder))?.kind !== 'directory') return;
  yield* filesBelow(fileSystem, root, folder, prefix, 0);
}

function* filesBelow(
  fileSystem: FileSystem,
  root: string,
  folder: string,
  prefix: string,
  depth: number,
): Generator<FolderFile, void> {
  for (const entry of fileSystem.readDirectory(join(root, folder))) {
    const name = folder === '' ? entry : `${folder}/${entry}`;
    const isOnTheWay = name.startsWith(prefix) || prefix.startsWith(`${name}/`);
    if (!isOnTheWay || isTemporaryName(entry)) continue;
    const status = fileSystem.status(join(root, name));
    if (status?.kind === 'file' && name.startsWith(prefix)) yield { name, status };
    if (status?.kind === 'directory' && depth < DEPTH_MAX)
      yield* filesBelow(fileSystem, root, name, prefix, depth + 1);
  }
}
