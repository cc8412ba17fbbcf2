import { StatelogError, isStatelogError } from '../errors.js';
import { closeQuietly } from './atomic-write.js';
import type { Clock } from './clock.js';
import { SystemClock } from './clock.js';
import type { FileDescriptor, FileSystem } from './file-system.js';
import type { LockHolder } from './lock-holder.js';
import { holderOf, readHolder, thisHolder, writeHolder } from './lock-holder.js';

export type { LockHolder } from './lock-holder.js';

/** How a lock is asked for. */
export interface FileLockOptions {
  /** How long to try again while another holds it (default 0). */
  readonly waitMs?: number;
  /** What is locked, for the message, such as a store's path (default: the lock file's path). */
  readonly describe?: string;
  /** Where `since` comes from. */
  readonly clock?: Clock;
  /** Passes the time between two tries; for tests. */
  readonly pause?: (milliseconds: number) => Promise<void>;
}

/** A lock that this process holds on a lock file. */
export interface FileLock {
  readonly path: string;
  /** True where the holder before died without a clean release: what it wrote may not be on disk. */
  readonly tookOver: boolean;
  /** Who that was, where its text could be read. */
  readonly previousHolder: LockHolder | undefined;
  /** Syncs the text, once: from now on a power loss leaves it there, as a death does. */
  makeDurable(): void;
  /** Empties the text and frees the lock: the store is whole, and the next one need not look. */
  release(): void;
  /** Frees the lock and leaves the text, as a death would: the next one takes over. */
  abandon(): void;
}

const TEXT_BYTES_RESERVED = 4096;
const FIRST_PAUSE_MS = 2;
const PAUSE_MAX_MS = 50;
const MOVED_TRIES_MAX = 100;

/**
 * Takes the lock file's lock (flock: the kernel frees it when its holder dies), and leaves the
 * text of who holds it in the file.
 * @throws StatelogError `LOCKED`, with the holder where it is known, once `waitMs` is over;
 * `READ_ONLY` where this platform has no locks; else what opening and writing the file throw
 */
export async function acquireFileLock(
  fileSystem: FileSystem,
  path: string,
  options: FileLockOptions = {},
): Promise<FileLock> {
  return waitWhileLocked(() => tryAcquireFileLock(fileSystem, path, options), options);
}

/** The same without waiting. */
export function tryAcquireFileLock(
  fileSystem: FileSystem,
  path: string,
  options: Omit<FileLockOptions, 'waitMs' | 'pause'> = {},
): FileLock {
  const open = (): FileDescriptor => fileSystem.openOrCreate(path, 'refuse');
  const descriptor = openUnlessLocked(fileSystem, path, open, (held) => {
    throw lockedError(fileSystem, path, readHolder(fileSystem, held).holder, options.describe);
  });
  try {
    const { text, holder } = readHolder(fileSystem, descriptor);
    writeHolder(fileSystem, descriptor, thisHolder(options.clock ?? new SystemClock()));
    return new HeldFileLock(fileSystem, path, descriptor, text, holder);
  } catch (error) {
    closeQuietly(fileSystem, descriptor);
    throw error;
  }
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

/** The same, trying again for `waitMs` while another holds it. */
export async function openLocked(
  fileSystem: FileSystem,
  path: string,
  open: () => FileDescriptor,
  options: FileLockOptions = {},
): Promise<FileDescriptor> {
  return waitWhileLocked(() => tryOpenLocked(fileSystem, path, open, options), options);
}

class HeldFileLock implements FileLock {
  readonly path: string;
  readonly tookOver: boolean;
  readonly previousHolder: LockHolder | undefined;
  readonly #fileSystem: FileSystem;
  #descriptor: FileDescriptor | undefined;
  #isDurable = false;

  constructor(
    fileSystem: FileSystem,
    path: string,
    descriptor: FileDescriptor,
    tookOver: boolean,
    previousHolder: LockHolder | undefined,
  ) {
    this.#fileSystem = fileSystem;
    this.path = path;
    this.#descriptor = descriptor;
    this.tookOver = tookOver;
    this.previousHolder = previousHolder;
  }

  makeDurable(): void {
    if (this.#isDurable || this.#descriptor === undefined) return;
    this.#fileSystem.sync(this.#descriptor);
    this.#isDurable = true;
  }

  release(): void {
    const descriptor = this.#descriptor;
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

  abandon(): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    this.#descriptor = undefined;
    closeQuietly(this.#fileSystem, descriptor);
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
      if (!fileSystem.tryLock(descriptor) || tries > MOVED_TRIES_MAX) refuse(descriptor);
      const { identity } = fileSystem.statusOf(descriptor);
      if (fileSystem.statusFollowing(path)?.identity === identity) return descriptor;
    } catch (error) {
      closeQuietly(fileSystem, descriptor);
      throw error;
    }
    fileSystem.close(descriptor);
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
  const by =
    holder === undefined
      ? 'another process'
      : `process ${holder.pid} on ${holder.host} since ${holder.since}`;
  return new StatelogError('LOCKED', `${describe ?? path} is locked by ${by}`, {
    path,
    holder,
    operation: 'flock',
    hint: 'wait for it with --wait SECONDS',
  });
}

function noLocksError(path: string): StatelogError {
  return new StatelogError('READ_ONLY', `${path} cannot be locked: this platform offers no file locks here`, {
    path,
    operation: 'flock',
    hint: 'stores can be read here, but not written',
  });
}
