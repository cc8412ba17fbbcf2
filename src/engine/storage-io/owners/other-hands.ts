import { dirname } from 'node:path';
import type { FileStatus, FileSystem } from '../interface/file-system.js';

const WRITABLE_BY_OTHERS = 0o022;
/** In such a folder everybody may make names, and nobody may take another's away. */
const STICKY = 0o1000;
const ROOT = 0;

/** True where nobody but us can make, swap or remove names in a folder. Root, who can do everything anywhere, is passed over. */
export function isOursAlone(fileSystem: FileSystem, folder: string): boolean {
  const status = fileSystem.statusFollowing(folder);
  return status?.owner === fileSystem.userId && (status.mode & WRITABLE_BY_OTHERS) === 0;
}

/**
 * True where somebody else, and not only root, can put another thing, such as a link, in the place of what lies at a path,
 * or of a folder that it lies in. What is not there yet is taken to become ours.
 */
export function othersCanSwap(
  fileSystem: FileSystem,
  path: string,
  status = fileSystem.statusFollowing(path),
): boolean {
  const there = status === undefined ? undefined : fileSystem.realPath(path);
  if (there === undefined && fileSystem.statusFollowing(dirname(path)) === undefined) return false;
  let entry = status;
  let folder = there === undefined ? fileSystem.realPath(dirname(path)) : dirname(there);
  for (;;) {
    const holder = fileSystem.status(folder);
    if (holder !== undefined && canSwapIn(fileSystem, holder, entry)) return true;
    if (folder === dirname(folder)) return false;
    entry = holder;
    folder = dirname(folder);
  }
}

/** True where somebody else can do that to a folder, or to what is in it. `status` is what the path leads to, where that is known. */
export function isInOtherHands(
  fileSystem: FileSystem,
  folder: string,
  status = fileSystem.statusFollowing(folder),
): boolean {
  if (status === undefined) return false;
  const isOurs = isTrusted(fileSystem, status) && (status.mode & WRITABLE_BY_OTHERS) === 0;
  return !isOurs || othersCanSwap(fileSystem, folder, status);
}

function canSwapIn(fileSystem: FileSystem, folder: FileStatus, entry: FileStatus | undefined): boolean {
  if (!isTrusted(fileSystem, folder)) return true;
  if ((folder.mode & WRITABLE_BY_OTHERS) === 0) return false;
  return (folder.mode & STICKY) === 0 || (entry !== undefined && !isTrusted(fileSystem, entry));
}

function isTrusted(fileSystem: FileSystem, { owner }: FileStatus): boolean {
  return owner === fileSystem.userId || owner === ROOT;
}
