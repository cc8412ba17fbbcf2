import { basename, dirname, join } from 'node:path';
import { StatelogError, isStatelogError } from '../../errors.js';
import { closeQuietly, namedAs } from './atomic-write.js';
import { isWithoutLocks, lockIfLocksAre } from '../lock/file-lock.js';
import type { FileDescriptor, FileStatus, FileSystem } from '../interface/file-system.js';
import { giveTree } from '../views/inheriting-file-system.js';
import { isOursAlone } from '../owners/other-hands.js';
import { removeTree } from './remove-tree.js';
import { forgetStaged, keepStaged, noteStaged, isTemporaryNameOf, temporaryPath } from './staged-paths.js';

const LOCK_NAME = 'LOCK';
const CONTENT_NAME = 'content';
/** Name of the staging folder within an empty folder that is to be filled. */
const STAGED_NAME = 'staged';
/** An empty volume has this folder. */
export const VOLUME_FOLDER_NAME = 'lost+found';
/** The file that is put in its place last: it says that all the others are there. */
const LAST_NAME = 'MANIFEST.json';
/** A name that somebody else takes for abandoned, before it is locked, is given up for another. */
const NAMES_MAX = 100;

/**
 * A hidden folder beside a place where something is to be, or in it where that is an empty folder (a volume cannot be
 * renamed, and its parent may be another's): what becomes of it is put together here, and renamed. As long as its process lives a file in it is locked (flock), so that whoever makes the next one for
 * the same place can tell what a killed process left, and removes that. Where there are no locks, nobody does.
 */
export class StagingFolder {
  /** Path of the folder to work in, empty at first. */
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #root: string;
  #lock: FileDescriptor | undefined;
  /** Device and inode of the hidden folder. */
  #identity: string | undefined;

  private constructor(fileSystem: FileSystem, root: string) {
    this.#fileSystem = fileSystem;
    this.#root = root;
    this.path = join(root, CONTENT_NAME);
  }

  /** Makes one for a place, and removes what processes left there that are dead. */
  static make(fileSystem: FileSystem, destination: string): StagingFolder {
    const parent = dirname(destination);
    if (fileSystem.statusFollowing(parent) === undefined) throw noFolderFor(destination, parent);
    const place = placeOf(fileSystem, destination);
    forEachAbandoned(fileSystem, place, (root, lock) => {
      try {
        removeTree(fileSystem, root);
      } finally {
        closeQuietly(fileSystem, lock);
      }
    });
    for (let tries = 1; ; tries += 1) {
      const root = temporaryPath(place);
      const folder = new StagingFolder(fileSystem, root);
      try {
        noteStaged(fileSystem, root);
        // Another process that finds it empty may take it for abandoned, even before it has its rights.
        fileSystem.makeDirectory(root);
        folder.#identity = fileSystem.status(root)?.identity;
        if (fileSystem.canLock) folder.#claim();
        fileSystem.makeDirectory(folder.path);
        return folder;
      } catch (error) {
        folder.remove();
        const isLost = isStatelogError(error, 'NOT_FOUND') || isStatelogError(error, 'LOCKED');
        if (tries >= NAMES_MAX || !isLost) throw namedAs(destination, root, error);
      }
    }
  }

  /**
   * Takes over what a process left for a place that is dead: the folder that is worth the most, if any is worth something. While
   * it is held nobody else takes or removes it.
   * @param worthOf the worth of a folder's content to the caller; 0 for none
   */
  static takeAbandoned(
    fileSystem: FileSystem,
    destination: string,
    worthOf: (folder: string) => number,
  ): StagingFolder | undefined {
    let best: StagingFolder | undefined;
    let bestWorth = 0;
    forEachAbandoned(fileSystem, placeOf(fileSystem, destination), (root, lock) => {
      const folder = new StagingFolder(fileSystem, root);
      folder.#lock = lock;
      const worth = worthIn(folder.path, worthOf);
      if (worth > bestWorth) {
        best?.leave();
        best = folder;
        bestWorth = worth;
      } else {
        folder.leave();
      }
    });
    return best;
  }

  /** The hidden folder itself, for messages. */
  get root(): string {
    return this.#root;
  }

  /** From now on a signal leaves it as a killed process does, for whoever goes on with it. */
  keepOnSignals(): void {
    keepStaged(this.#root);
  }

  /** Lets go of the folder, and leaves it as a leftover. */
  leave(): void {
    if (this.#lock !== undefined) closeQuietly(this.#fileSystem, this.#lock);
    this.#lock = undefined;
  }

  /** Removes the folder with all that is in it, as far as that goes: what stays is a leftover. */
  remove(): void {
    removeTree(this.#fileSystem, this.#root);
    forgetStaged(this.#root);
    this.leave();
  }

  /** Gives what was made in it to whoever owns something else, where we may: it alone, whatever has its name by now. */
  giveTo(like: FileStatus): void {
    const root = this.#fileSystem.openDirectory(this.#root, 'refuse');
    try {
      if (this.#fileSystem.statusOf(root).identity !== this.#identity) return;
      giveTree(this.#fileSystem, join(this.#fileSystem.pathThrough(root) ?? this.#root, CONTENT_NAME), like);
    } finally {
      closeQuietly(this.#fileSystem, root);
    }
  }

  #claim(): void {
    this.#lock = this.#fileSystem.createExclusive(join(this.#root, LOCK_NAME));
    if (lockIfLocksAre(this.#fileSystem, this.#lock)) return;
    throw new StatelogError('LOCKED', 'another process takes the folder for abandoned', { path: this.#root });
  }
}

/** The place that a staging folder is named after: within a destination that is an empty folder, else the destination itself. */
function placeOf(fileSystem: FileSystem, destination: string): string {
  const isFilled = fileSystem.status(destination)?.kind === 'directory';
  return isFilled ? join(destination, STAGED_NAME) : destination;
}

/** The worth of a folder; one that cannot be judged has none. */
function worthIn(folder: string, worthOf: (folder: string) => number): number {
  try {
    return worthOf(folder);
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return 0;
  }
}

/**
 * Visits what was to become `place` and whose process is dead, as far as that can be told; what is empty is removed.
 * @param visit gets the folder and its lock, which is the visitor's to close
 */
function forEachAbandoned(
  fileSystem: FileSystem,
  place: string,
  visit: (root: string, lock: FileDescriptor) => void,
): void {
  if (!fileSystem.canLock) return;
  const folder = dirname(place);
  try {
    // Where others may write, what looks like ours may be theirs, or become so while it is walked.
    if (!isOursAlone(fileSystem, folder)) return;
    for (const name of fileSystem.readDirectory(folder)) {
      if (!isTemporaryNameOf(name, basename(place))) continue;
      const root = join(folder, name);
      const lock = lockAbandoned(fileSystem, root);
      if (lock !== undefined) visit(root, lock);
    }
  } catch (error) {
    // A folder that cannot be read cannot be cleared up: the next step will report the fault.
    if (!isStatelogError(error)) throw error;
  }
}

/** The lock of a folder that a dead process left, and now is ours; undefined for all else. */
function lockAbandoned(fileSystem: FileSystem, root: string): FileDescriptor | undefined {
  const status = fileSystem.status(root);
  if (status?.kind !== 'directory' || status.owner !== fileSystem.userId) return undefined;
  let lock: FileDescriptor;
  try {
    lock = fileSystem.openReadWrite(join(root, LOCK_NAME), 'refuse');
  } catch (error) {
    if (!isStatelogError(error, 'NOT_FOUND')) throw error;
    // Its maker died, or is about to lock it and will make another: an empty one goes.
    if (fileSystem.readDirectory(root).length === 0) fileSystem.removeDirectory(root);
    return undefined;
  }
  let isOurs = false;
  try {
    isOurs = fileSystem.tryLock(lock);
  } catch (error) {
    // Without locks nobody can tell whether its maker lives: it stays.
    if (!isWithoutLocks(error)) throw error;
  } finally {
    if (!isOurs) closeQuietly(fileSystem, lock);
  }
  return isOurs ? lock : undefined;
}

/**
 * Does work in a staging folder of `destination`, and removes whatever the work leaves there, whether it
 * succeeds or not.
 */
export function withStagingFolder<T>(
  fileSystem: FileSystem,
  destination: string,
  work: (folder: string) => T,
): T {
  const staging = StagingFolder.make(fileSystem, destination);
  try {
    return work(staging.path);
  } finally {
    staging.remove();
  }
}

/** True for a folder that may be filled: nothing is in it but what a new volume has, and what is staged for it. */
export function isEmptyFolder(fileSystem: FileSystem, path: string): boolean {
  if (fileSystem.status(path)?.kind !== 'directory') return false;
  const names = fileSystem.readDirectory(path);
  return names.every((name) => name === VOLUME_FOLDER_NAME || isTemporaryNameOf(name, STAGED_NAME));
}

/**
 * Checks that a folder may be put at a path: nothing is there, or an empty folder.
 * @throws StatelogError `ALREADY_EXISTS`
 */
export function refuseOccupiedFolder(fileSystem: FileSystem, path: string): void {
  if (fileSystem.status(path) !== undefined && !isEmptyFolder(fileSystem, path)) throw occupied(path);
}

/**
 * Checks that a file may be put at a path: nothing is there.
 * @throws StatelogError `ALREADY_EXISTS`
 */
export function refuseOccupiedFile(fileSystem: FileSystem, path: string): void {
  if (fileSystem.status(path) !== undefined) throw occupied(path);
}

/**
 * Renames a finished file or folder to its place; on disk on return. An empty folder that is there already is filled, and
 * keeps its owner, mode and place on a volume of its own: the manifest comes last, so that what is there without one is
 * known not to be complete.
 * @throws StatelogError `ALREADY_EXISTS`
 */
export function moveIntoPlace(fileSystem: FileSystem, from: string, destination: string): void {
  if (fileSystem.status(destination)?.kind === 'directory') {
    if (fileSystem.status(from)?.kind !== 'directory') throw folderInPlace(destination);
    fillFolder(fileSystem, from, destination);
    return;
  }
  fileSystem.renameExclusive(from, destination);
  fileSystem.syncDirectory(dirname(destination));
}

function fillFolder(fileSystem: FileSystem, from: string, destination: string): void {
  refuseOccupiedFolder(fileSystem, destination);
  const names = fileSystem.readDirectory(from).filter((name) => name !== LAST_NAME);
  for (const name of names) fileSystem.renameExclusive(join(from, name), join(destination, name));
  fileSystem.syncDirectory(destination);
  if (fileSystem.status(join(from, LAST_NAME)) === undefined) return;
  fileSystem.renameExclusive(join(from, LAST_NAME), join(destination, LAST_NAME));
  fileSystem.syncDirectory(destination);
}

function folderInPlace(path: string): StatelogError {
  return new StatelogError('ALREADY_EXISTS', 'a folder is there, and what is made is a single file', {
    path,
    safe: 'nothing was changed',
    hint: 'name a path in it',
  });
}

function noFolderFor(path: string, parent: string): StatelogError {
  return new StatelogError('NOT_FOUND', `there is no folder ${parent} for it to lie in`, {
    path,
    safe: 'nothing was changed',
    hint: 'check the path, or make the folder first',
  });
}

function occupied(path: string): StatelogError {
  return new StatelogError('ALREADY_EXISTS', `${path} exists already`, {
    path,
    hint: 'name a path where nothing is',
    safe: 'what is there was not touched',
  });
}
