import { join } from 'node:path';
import { isStatelogError, StatelogError } from '../../errors.js';
import { copyByDescriptor } from '../whole/copy-by-descriptor.js';
import type { FileDescriptor, FileStatus, FileSystem } from '../interface/file-system.js';
import { giveRights, likenessOf, type Likeness } from './likeness.js';
import { withReplaced } from './replaced-members.js';

/** Owner, group and mode for new files and folders. */
interface Inheritance {
  readonly owner: number;
  readonly group: number;
  readonly fileMode: number;
  readonly folderMode: number;
  readonly accessList: Uint8Array | undefined;
  /** Whether files get the access list itself: where they are made like a file. */
  readonly givesList: boolean;
}

const FILE_BITS = 0o666;
const ALL_BITS = 0o7777;
/** Modes of new files and folders, unless a store's own are inherited. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const GROUP_BITS = 0o070;
const GROUP_READS_AND_WRITES = 0o060;
/** Somebody who makes and removes the name all the time gets the error. */
const OPEN_OR_CREATE_TRIES_MAX = 3;

/**
 * A file system in which all that is made belongs to the owner and group of a store's folder and has its mode: so root's
 * checkpoint leaves a user's store the user's, and one that a group shares stays shared, setgid included.
 */
export function inheritingFromFolder(fileSystem: FileSystem, folder: string): FileSystem {
  const like = likenessOf(fileSystem, folder);
  if (like === undefined) return fileSystem;
  const { owner, group, accessList } = like;
  return inheriting(fileSystem, folder, {
    owner,
    group,
    fileMode: like.mode & FILE_BITS,
    folderMode: like.mode & ALL_BITS,
    accessList,
    givesList: false,
  });
}

/** Inherits from the file that is replaced: new files beside it, or in its place, are as it was. */
export function inheritingFromFile(fileSystem: FileSystem, file: string): FileSystem {
  const like = likenessOf(fileSystem, file);
  if (like === undefined) return fileSystem;
  const { owner, group, accessList } = like;
  return inheriting(fileSystem, file, {
    owner,
    group,
    fileMode: like.mode & FILE_BITS,
    folderMode: FOLDER_MODE,
    accessList,
    givesList: true,
  });
}

function inheriting(fileSystem: FileSystem, store: string, like: Inheritance): FileSystem {
  const isUsual = like.fileMode === FILE_MODE && like.folderMode === FOLDER_MODE;
  const isOurs = like.owner === fileSystem.userId && like.group === fileSystem.groupId;
  if (isUsual && isOurs) return fileSystem;
  const give = (descriptor: FileDescriptor, mode: number): FileDescriptor => {
    try {
      giveTo(fileSystem, store, descriptor, like, mode);
      return descriptor;
    } catch (error) {
      fileSystem.close(descriptor);
      throw error;
    }
  };
  return withReplaced(fileSystem, {
    createExclusive: (path) => give(fileSystem.createExclusive(path), like.fileMode),
    openOrCreate: (path, links) => {
      // A file that was there is not given away, nor one that takes the name meanwhile.
      for (let tries = 1; ; tries += 1) {
        try {
          return fileSystem.openReadWrite(path, links);
        } catch (error) {
          if (!isStatelogError(error, 'NOT_FOUND') || tries > OPEN_OR_CREATE_TRIES_MAX) throw error;
        }
        try {
          return give(fileSystem.createExclusive(path), like.fileMode);
        } catch (error) {
          if (!isStatelogError(error, 'ALREADY_EXISTS')) throw error;
        }
      }
    },
    makeDirectory: (path) => {
      fileSystem.makeDirectory(path);
      // The owner of the folder above may have put a link in its place since.
      fileSystem.close(give(fileSystem.openDirectory(path, 'refuse'), like.folderMode));
    },
    copyFile: (from, to) => {
      copyByDescriptor(fileSystem, from, to, (copy) => {
        giveTo(fileSystem, store, copy, like, like.fileMode);
      });
    },
  });
}

/**
 * Only what we have just made is given away: a name may have been swapped since. A file that was created is known by its
 * descriptor; a folder is one of ours with nothing in it.
 */
function giveTo(
  fileSystem: FileSystem,
  store: string,
  descriptor: FileDescriptor,
  { owner, group, accessList: list, givesList }: Inheritance,
  mode: number,
): void {
  const made = fileSystem.statusOf(descriptor);
  const isOnlyOurs = made.kind === 'directory' ? isEmpty(fileSystem, descriptor) : made.linkCount === 1;
  if (made.owner !== fileSystem.userId || !isOnlyOurs) throw notGiven(store, made);
  if (made.owner !== owner || made.group !== group) {
    try {
      fileSystem.changeOwner(descriptor, owner, group);
    } catch (error) {
      if (!isStatelogError(error)) throw error;
      const isShared = made.group === group && (mode & GROUP_READS_AND_WRITES) === GROUP_READS_AND_WRITES;
      // A group that we are not in, and that could do nothing with it anyway.
      const isOwners = made.owner === owner && (mode & GROUP_BITS) === 0;
      if (!isShared && !isOwners) throw notGiven(store, made, owner);
    }
  }
  if ((made.mode & ALL_BITS) !== mode || list !== undefined)
    giveRights(fileSystem, descriptor, { mode, list, givesList: givesList && made.kind === 'file' });
}

function isEmpty(fileSystem: FileSystem, folder: FileDescriptor): boolean {
  const path = fileSystem.pathThrough(folder);
  return path === undefined || fileSystem.readDirectory(path).length === 0;
}

/**
 * Gives a tree that we have made to whoever owns something else, where we may, with its group and its mode; a file passes its mode on to files,
 * a folder also to what is in it. Where the group cannot be given, it gets no rights.
 */
export function giveTree(fileSystem: FileSystem, path: string, like: Likeness): void {
  if (fileSystem.userId !== 0 && like.owner !== fileSystem.userId) return;
  const status = fileSystem.status(path);
  if (status?.owner !== fileSystem.userId) return;
  const isFolder = status.kind === 'directory';
  if (isFolder) {
    for (const name of fileSystem.readDirectory(path)) giveTree(fileSystem, join(path, name), like);
  }
  const descriptor = isFolder
    ? fileSystem.openDirectory(path, 'refuse')
    : fileSystem.openRead(path, 'refuse');
  try {
    // Swapped while it is walked: it is not ours to give.
    const made = fileSystem.statusOf(descriptor);
    if (made.identity !== status.identity) return;
    const isGiven = isOwnedBy(fileSystem, descriptor, made, like);
    const mode = modeLike(like, isFolder);
    if (mode === undefined) return;
    const list = isGiven ? like.accessList : undefined;
    const givesList = like.kind === 'file';
    giveRights(fileSystem, descriptor, { mode: isGiven ? mode : mode & ~GROUP_BITS, list, givesList });
  } finally {
    fileSystem.close(descriptor);
  }
}

/** Gives one of ours to an owner and group; false where we may not. */
function isOwnedBy(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
  made: FileStatus,
  like: FileStatus,
): boolean {
  if (made.owner === like.owner && made.group === like.group) return true;
  try {
    fileSystem.changeOwner(descriptor, like.owner, like.group);
    return true;
  } catch (error) {
    if (fileSystem.userId === 0 || !isStatelogError(error)) throw error;
    return false;
  }
}

/** The mode that a file or a folder gets; undefined where nothing says one. */
function modeLike(like: FileStatus, isFolder: boolean): number | undefined {
  if (!isFolder) return like.mode & FILE_BITS;
  return like.kind === 'directory' ? like.mode & ALL_BITS : undefined;
}

function notGiven(path: string, { owner: by }: FileStatus, owner?: number): StatelogError {
  return new StatelogError(
    'OWNER_LOCKED_OUT',
    `the store at ${path} belongs to user ${owner ?? 'another'}, who could not use what user ${by} makes in it`,
    {
      path,
      safe: 'the store is as it was',
      hint: owner === undefined ? 'run it as its owner' : `run it as its owner: sudo -u '#${owner}'`,
    },
  );
}
