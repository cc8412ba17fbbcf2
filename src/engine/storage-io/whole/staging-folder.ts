import { basename, dirname, join } from 'node:path';
import { StatelogError, isStatelogError } from '../../errors.js';
import { closeQuietly } from './atomic-write.js';
import { isWithoutLocks, lockIfLocksAre } from '../lock/without-locks.js';
import type { FileDescriptor, FileStatus, FileSystem } from '../interface/file-system.js';
import { nameStaged, unnameStaged } from '../interface/staged-names.js';
import { giveTree } from '../views/inheriting-file-system.js';
import { likenessOf, type Likeness } from '../views/likeness.js';
import { isOursAlone } from '../owners/other-hands.js';
import { STAGED_NAME } from './into-place.js';
import { removeTree } from './remove-tree.js';
import { forgetStaged, keepStaged, noteStaged, isTemporaryNameOf, temporaryPath } from './staged-paths.js';

const LOCK_NAME = 'LOCK';
const CONTENT_NAME = 'content';
/** A name that somebody else takes for abandoned, before it is locked, is given up for another. */
const NAMES_MAX = 100;
const GROUP_READS_AND_WRITES = 0o060;

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
  /** Open only to be closed: where a process may open no more files, removing the folder takes its place. */
  #spare: FileDescriptor | undefined;
  /** Device and inode of the hidden folder. */
  #identity: string | undefined;
  /** The folder that is filled, where what is made becomes its owner's. */
  readonly #givenLike: Likeness | undefined;

  private constructor(fileSystem: FileSystem, root: string, givenLike?: Likeness) {
    this.#fileSystem = fileSystem;
    this.#root = root;
    this.#givenLike = givenLike;
    this.path = join(root, CONTENT_NAME);
  }

  /** Makes one for a place, and removes what processes left there that are dead. */
  static make(fileSystem: FileSystem, destination: string): StagingFolder {
    const parent = dirname(destination);
    if (fileSystem.statusFollowing(parent) === undefined) throw noFolderFor(destination, parent);
    const place = placeOf(fileSystem, destination);
    const filled = filledFolder(fileSystem, destination);
    const givenLike =
      filled !== undefined && isToBeGiven(fileSystem, filled)
        ? likenessOf(fileSystem, destination)
        : undefined;
    forEachAbandoned(fileSystem, place, (root, lock) => {
      try {
        removeTree(fileSystem, root);
      } finally {
        closeQuietly(fileSystem, lock);
      }
    });
    for (let tries = 1; ; tries += 1) {
      const root = temporaryPath(place);
      const folder = new StagingFolder(fileSystem, root, givenLike);
      try {
        noteStaged(fileSystem, root);
        nameStaged(root, destination);
        // Another process that finds it empty may take it for abandoned, even before it has its rights.
        fileSystem.makeDirectory(root);
        folder.#spare = fileSystem.openDirectory(root, 'refuse');
        folder.#identity = fileSystem.status(root)?.identity;
        if (fileSystem.canLock) folder.#claim();
        fileSystem.makeDirectory(folder.path);
        return folder;
      } catch (error) {
        folder.remove();
        const isLost = isStatelogError(error, 'NOT_FOUND') || isStatelogError(error, 'LOCKED');
        if (tries >= NAMES_MAX || !isLost) throw error;
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
        nameStaged(root, destination);
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
    this.#closeSpare();
    if (this.#lock !== undefined) closeQuietly(this.#fileSystem, this.#lock);
    this.#lock = undefined;
    unnameStaged(this.#root);
  }

  /** Removes the folder with all that is in it, as far as that goes: what stays is a leftover. */
  remove(): void {
    this.#closeSpare();
    removeTree(this.#fileSystem, this.#root);
    forgetStaged(this.#root);
    this.leave();
  }

  /** Gives what was made in it to whoever owns the folder that it is to fill, or shares it with a group. */
  giveToPlace(): void {
    if (this.#givenLike !== undefined) this.giveTo(this.#givenLike);
  }

  /** Gives what was made in it to whoever owns something else, where we may: it alone, whatever has its name by now. */
  giveTo(like: Likeness): void {
    const root = this.#fileSystem.openDirectory(this.#root, 'refuse');
    try {
      if (this.#fileSystem.statusOf(root).identity !== this.#identity) return;
      giveTree(this.#fileSystem, join(this.#fileSystem.pathThrough(root) ?? this.#root, CONTENT_NAME), like);
    } finally {
      closeQuietly(this.#fileSystem, root);
    }
  }

  #closeSpare(): void {
    if (this.#spare !== undefined) closeQuietly(this.#fileSystem, this.#spare);
    this.#spare = undefined;
  }

  #claim(): void {
    this.#lock = this.#fileSystem.createExclusive(join(this.#root, LOCK_NAME));
    if (lockIfLocksAre(this.#fileSystem, this.#lock)) return;
    throw new StatelogError('LOCKED', 'another process takes the folder for abandoned', { path: this.#root });
  }
}

/** The place that a staging folder is named after: within a destination that is an empty folder, else the destination itself. */
function placeOf(fileSystem: FileSystem, destination: string): string {
  return filledFolder(fileSystem, destination) === undefined ? destination : join(destination, STAGED_NAME);
}

/** The status of a destination that is a folder already. */
function filledFolder(fileSystem: FileSystem, destination: string): FileStatus | undefined {
  const status = fileSystem.status(destination);
  return status?.kind === 'directory' ? status : undefined;
}

/** True for another user's folder that root fills, who could not use root's files, and for one that its owner shares with a group. */
function isToBeGiven({ userId }: FileSystem, { owner, mode }: FileStatus): boolean {
  if (owner !== userId) return userId === 0;
  return (mode & GROUP_READS_AND_WRITES) === GROUP_READS_AND_WRITES;
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
  work: (folder: string, staging: StagingFolder) => T,
): T {
  const staging = StagingFolder.make(fileSystem, destination);
  try {
    return work(staging.path, staging);
  } finally {
    staging.remove();
  }
}

function noFolderFor(path: string, parent: string): StatelogError {
  return new StatelogError('NOT_FOUND', `there is no folder ${parent} for it to lie in`, {
    path,
    safe: 'nothing was changed',
    hint: 'check the path, or make the folder first',
  });
}
