import { dirname, join } from 'node:path';
import { StatelogError, isStatelogError } from '../../errors.js';
import { closeQuietly } from '../whole/atomic-write.js';
import type { Clock } from '../interface/clock.js';
import { SystemClock } from '../interface/clock.js';
import type { FileDescriptor, FileSystem } from '../interface/file-system.js';
import type { LockHolder } from './lock-holder.js';
import { refuseLinkedFile } from '../owners/own-paths.js';
import { isWithoutLocks, noLocksError } from './without-locks.js';
import { holderOf, holderText, lockState, readHolder, thisHolder, writeHolder } from './lock-holder.js';

export type { LockHolder } from './lock-holder.js';

/** How a lock is asked for. */
export interface FileLockOptions {
  /** How long to try again while another holds it (default 0). */
  readonly waitMs?: number;
  /**
   * The folder that the lock file lies in, to be locked as well: whoever removes the lock file gets in no further. A
   * folder that cannot be locked, as on some network file systems, is left unlocked.
   */
  readonly folder?: string | undefined;
  /** The locked thing, for messages, such as a store's path (default: the lock file's path). */
  readonly describe?: string;
  /** The clock that `since` is read from. */
  readonly clock?: Clock;
  /** Passes the time between two tries; for tests. */
  readonly pause?: (milliseconds: number) => Promise<void>;
}

const TEXT_BYTES_RESERVED = 4096;
const FIRST_PAUSE_MS = 2;
const PAUSE_MAX_MS = 50;
const MOVED_TRIES_MAX = 100;

/**
 * Takes the lock file's lock (flock: the kernel frees it when its holder dies), and leaves the
 * text of who holds it in the file.
 * @throws StatelogError `LOCKED`, with the holder where it is known, once `waitMs` is over;
 * `READ_ONLY` where this platform has no locks; `LED_ELSEWHERE` where the file has other names; else what opening and
 * writing the file throw
 */
export async function acquireFileLock(
  fileSystem: FileSystem,
  path: string,
  options: FileLockOptions = {},
): Promise<FileLock> {
  return waitWhileLocked(() => tryAcquireFileLock(fileSystem, path, options), options);
}

/** Acquires the lock without waiting. */
export function tryAcquireFileLock(
  fileSystem: FileSystem,
  path: string,
  options: Omit<FileLockOptions, 'waitMs' | 'pause'> = {},
): FileLock {
  if (!fileSystem.canLock) throw noLocksError(path);
  const descriptors: FileDescriptor[] = [];
  try {
    if (options.folder !== undefined)
      descriptors.push(lockFolder(fileSystem, options.folder, path, options.describe));
    const open = (): FileDescriptor => fileSystem.openOrCreate(path, 'refuse');
    const descriptor = openUnlessLocked(fileSystem, path, open, (held) => {
      throw lockedError(fileSystem, path, readHolder(fileSystem, held).holder, options.describe);
    });
    descriptors.unshift(descriptor);
    // A write to it would reach the file under its other name, too.
    refuseLinkedFile(path, fileSystem.statusOf(descriptor));
    const { text, holder } = readHolder(fileSystem, descriptor);
    writeHolder(fileSystem, descriptor, thisHolder(options.clock ?? new SystemClock()));
    return new FileLock(fileSystem, path, descriptors, text, holder);
  } catch (error) {
    for (const descriptor of descriptors) closeQuietly(fileSystem, descriptor);
    throw error;
  }
}

function lockFolder(
  fileSystem: FileSystem,
  folder: string,
  lockPath: string,
  describe: string | undefined,
): FileDescriptor {
  const descriptor = fileSystem.openDirectory(folder);
  let isOurs = true;
  try {
    isOurs = fileSystem.tryLock(descriptor);
  } catch (error) {
    if (!isWithoutLocks(error) && !isStatelogError(error, 'IO_FAILED')) {
      closeQuietly(fileSystem, descriptor);
      throw error;
    }
  }
  if (isOurs) return descriptor;
  closeQuietly(fileSystem, descriptor);
  throw lockedError(fileSystem, lockPath, lockState(fileSystem, lockPath).holder, describe);
}

/**
 * Opens a file and locks the file itself, for files that are replaced by rename: if the path
 * names another file by the time the lock is ours, it is opened anew.
 * @throws StatelogError `LOCKED`; `READ_ONLY` where this platform has no locks; what `open` throws
 */
export function tryOpenLocked(
  fileSystem: FileSystem,
  path: string,
  open: () => FileDescriptor,
  options: { readonly describe?: string } = {},
): FileDescriptor {
  return openUnlessLocked(fileSystem, path, open, () => {
    throw lockedError(fileSystem, path, undefined, options.describe);
  });
}

/** Opens and locks, and tries again for `waitMs` while another process holds the lock. */
export async function openLocked(
  fileSystem: FileSystem,
  path: string,
  open: () => FileDescriptor,
  options: FileLockOptions = {},
): Promise<FileDescriptor> {
  return waitWhileLocked(() => tryOpenLocked(fileSystem, path, open, options), options);
}

/** A lock that this process holds on a lock file. */
export class FileLock {
  readonly path: string;
  /** Device and inode of the lock file, and of the folder where that was asked for. */
  readonly identity: string;
  readonly folderIdentity: string | undefined;
  /** True where the holder before died without a clean release: what it wrote may not be on disk. */
  readonly tookOver: boolean;
  /** The previous holder, if its text could be read. */
  readonly previousHolder: LockHolder | undefined;
  readonly #fileSystem: FileSystem;
  /** The lock file's, then the folder's; none once it is free. */
  #descriptors: readonly FileDescriptor[];
  #isDurable = false;

  constructor(
    fileSystem: FileSystem,
    path: string,
    descriptors: readonly FileDescriptor[],
    tookOver: boolean,
    previousHolder: LockHolder | undefined,
  ) {
    this.#fileSystem = fileSystem;
    this.path = path;
    this.#descriptors = descriptors;
    const [lock, folder] = descriptors.map((descriptor) => fileSystem.statusOf(descriptor).identity);
    this.identity = lock!;
    this.folderIdentity = folder;
    this.tookOver = tookOver;
    this.previousHolder = previousHolder;
  }

  /**
   * The path of a name in the folder that is locked, which leads there wherever the folder lies by now; by its name where
   * no such way is to be had.
   */
  within(name: string): string {
    const folder = this.#descriptors[1];
    const held = folder === undefined ? undefined : this.#fileSystem.pathThrough(folder);
    return join(held ?? dirname(this.path), name);
  }

  /** Syncs the text, once: from now on a power loss leaves it there, as a death does. */
  makeDurable(): void {
    const [descriptor] = this.#descriptors;
    if (this.#isDurable || descriptor === undefined) return;
    this.#fileSystem.sync(descriptor);
    this.#isDurable = true;
  }

  /** Empties the text and frees the lock: the store is whole, and the next one need not look. */
  release(): void {
    const [descriptor] = this.#descriptors;
    if (descriptor === undefined) return;
    try {
      this.#fileSystem.truncate(descriptor, 0);
      // The next holder's text must find room, also once the disk is full.
      this.#fileSystem.reserve(descriptor, 0, TEXT_BYTES_RESERVED);
    } catch (error) {
      // The text stays, and the next holder looks more closely than it would have to.
      if (!isStatelogError(error)) throw error;
    }
    this.abandon();
  }

  /** Frees the lock and leaves the text, as a death would: the next one takes over. */
  abandon(): void {
    const descriptors = this.#descriptors;
    this.#descriptors = [];
    for (const descriptor of descriptors) closeQuietly(this.#fileSystem, descriptor);
  }
}

function openUnlessLocked(
  fileSystem: FileSystem,
  path: string,
  open: () => FileDescriptor,
  refuse: (descriptor: FileDescriptor) => never,
): FileDescriptor {
  if (!fileSystem.canLock) throw noLocksError(path);
  for (let tries = 1; ; tries += 1) {
    const descriptor = open();
    try {
      if (!lockOrRefuse(fileSystem, path, descriptor) || tries > MOVED_TRIES_MAX) refuse(descriptor);
      const { identity } = fileSystem.statusOf(descriptor);
      if (fileSystem.statusFollowing(path)?.identity === identity) return descriptor;
    } catch (error) {
      closeQuietly(fileSystem, descriptor);
      throw error;
    }
    fileSystem.close(descriptor);
  }
}

/** @throws StatelogError `READ_ONLY` where the file system offers no locks */
function lockOrRefuse(fileSystem: FileSystem, path: string, descriptor: FileDescriptor): boolean {
  try {
    return fileSystem.tryLock(descriptor);
  } catch (error) {
    throw isWithoutLocks(error) ? noLocksError(path) : error;
  }
}

/** Tries at growing intervals; the time counted is that of the pauses. */
async function waitWhileLocked<T>(attempt: () => T, options: FileLockOptions): Promise<T> {
  const pause = options.pause ?? pauseFor;
  let leftMs = options.waitMs ?? 0;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
    try {
      return attempt();
    } catch (error) {
      if (!isStatelogError(error, 'LOCKED') || leftMs <= 0) throw error;
    }
    const nextMs = Math.min(pauseMs, leftMs);
    leftMs -= nextMs;
    await pause(nextMs);
  }
}

function pauseFor(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function lockedError(
  fileSystem: FileSystem,
  path: string,
  written: LockHolder | undefined,
  describe: string | undefined,
): StatelogError {
  const holder = holderOf(fileSystem.lockOwner(path), written);
  const by = holder === undefined ? 'another process' : holderText(holder);
  return new StatelogError('LOCKED', `${describe ?? path} is locked by ${by}`, {
    path,
    holder,
    operation: 'flock',
    hint: 'wait for it: waitMs in a program, --wait SECONDS in a command',
  });
}
