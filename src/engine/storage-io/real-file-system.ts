import * as fs from 'node:fs';
import { isStatelogError } from '../errors.js';
import type {
  BackgroundDone,
  FileDescriptor,
  FileKind,
  FileStatus,
  FileSystem,
  LinkPolicy,
  LockOwner,
  Mapping,
} from './file-system.js';
import { mapFile } from './mapping.js';
import { flockOwner } from './kernel-locks.js';
import { nativeLibrary } from './native-library.js';
import { asSystemError, errnoOf, notAFileError, systemError, twoPathError } from './system-error.js';

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;
const PERMISSION_BITS = 0o777;

const LOCK_EXCLUSIVE = 2;
const LOCK_WITHOUT_WAITING = 4;
const CURRENT_DIRECTORY = -100;
const RENAME_NO_REPLACE = 1;

/** Node refuses lengths past 2^31 - 1, and Linux moves no more than about that in one call. */
const TRANSFER_BYTES_MAX = 0x4000_0000;
/** EAGAIN on a regular file is not expected at all: a bound, so that it can be no endless loop. */
const INTERRUPTED_TRIES_MAX = 100;
/** A dangling link is there for `O_EXCL` and not there for `open`: do not go round for ever. */
const OPEN_OR_CREATE_TRIES_MAX = 3;

const singleton = { instance: undefined as FileSystem | undefined };

/** The disk of this machine. One for the process, since it remembers which path a descriptor is of. */
export function realFileSystem(): FileSystem {
  singleton.instance ??= new RealFileSystem();
  return singleton.instance;
}

/**
 * `FileSystem` over node:fs, and over native calls for what Node lacks (locks, mappings,
 * reserving blocks, renaming without replacing).
 *
 * Invariants:
 * - EINTR and EAGAIN are retried, except for syncs and closing: a sync that failed once is
 *   never asked for again (the next one would report success for data that is gone), and a
 *   descriptor is free even after a close that failed.
 * - New files are 0600 and new folders 0700 whatever the umask.
 * - Native code is loaded when a lock, a mapping or one of the rarer calls is first needed.
 */
class RealFileSystem implements FileSystem {
  readonly #paths = new Map<FileDescriptor, string>();

  openRead(path: string, links: LinkPolicy = 'follow'): FileDescriptor {
    return this.#openExisting(path, fs.constants.O_RDONLY, links);
  }

  openReadWrite(path: string, links: LinkPolicy = 'follow'): FileDescriptor {
    return this.#openExisting(path, fs.constants.O_RDWR, links);
  }

  createExclusive(path: string): FileDescriptor {
    const { O_RDWR, O_CREAT, O_EXCL } = fs.constants;
    const descriptor = attempt('open', path, () => fs.openSync(path, O_RDWR | O_CREAT | O_EXCL, FILE_MODE));
    this.#paths.set(descriptor, path);
    try {
      this.#giveMode(descriptor, path);
    } catch (error) {
      this.close(descriptor);
      throw error;
    }
    return descriptor;
  }

  openOrCreate(path: string, links: LinkPolicy = 'follow'): FileDescriptor {
    for (let tries = 1; ; tries += 1) {
      try {
        return this.#openExisting(path, fs.constants.O_RDWR, links);
      } catch (error) {
        if (tries > OPEN_OR_CREATE_TRIES_MAX || errnoOfOurs(error) !== 'ENOENT') throw error;
      }
      try {
        return this.createExclusive(path);
      } catch (error) {
        if (errnoOfOurs(error) !== 'EEXIST') throw error;
      }
    }
  }

  close(descriptor: FileDescriptor): void {
    const path = this.#paths.get(descriptor);
    this.#paths.delete(descriptor);
    try {
      fs.closeSync(descriptor);
    } catch (error) {
      if (errnoOf(error) !== 'EINTR') throw asSystemError('close', path, error);
    }
  }

  read(
    descriptor: FileDescriptor,
    into: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number {
    let done = 0;
    while (done < length) {
      const part = Math.min(length - done, TRANSFER_BYTES_MAX);
      const count = this.#readOnce(descriptor, into, offset + done, part, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  write(
    descriptor: FileDescriptor,
    from: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number {
    const part = Math.min(length, TRANSFER_BYTES_MAX);
    for (let tries = 1; ; tries += 1) {
      try {
        return fs.writeSync(descriptor, from, offset, part, position);
      } catch (error) {
        if (!isInterruption(error, tries)) throw asSystemError('write', this.#paths.get(descriptor), error);
      }
    }
  }

  truncate(descriptor: FileDescriptor, length: number): void {
    attempt('ftruncate', this.#paths.get(descriptor), () => {
      fs.ftruncateSync(descriptor, length);
    });
  }

  allocate(descriptor: FileDescriptor, length: number): void {
    if (this.statusOf(descriptor).size >= length) return;
    const library = nativeLibrary();
    if (library?.fallocate === undefined) {
      this.truncate(descriptor, length);
      return;
    }
    for (let tries = 1; ; tries += 1) {
      if (library.fallocate(descriptor, 0, 0, length) === 0) return;
      const errno = library.errnoName();
      if (errno === 'EOPNOTSUPP' || errno === 'ENOSYS') {
        this.truncate(descriptor, length);
        return;
      }
      if (errno !== 'EINTR' || tries >= INTERRUPTED_TRIES_MAX) {
        throw systemError('fallocate', this.#paths.get(descriptor), errno);
      }
    }
  }

  sync(descriptor: FileDescriptor): void {
    try {
      fs.fsyncSync(descriptor);
    } catch (error) {
      throw asSystemError('fsync', this.#paths.get(descriptor), error);
    }
  }

  dataSync(descriptor: FileDescriptor): void {
    try {
      fs.fdatasyncSync(descriptor);
    } catch (error) {
      throw asSystemError('fdatasync', this.#paths.get(descriptor), error);
    }
  }

  writeInBackground(
    descriptor: FileDescriptor,
    from: Uint8Array,
    position: number,
    done: BackgroundDone,
  ): void {
    const path = this.#paths.get(descriptor);
    let tries = 1;
    const goOn = (written: number): void => {
      if (written === from.length) {
        done(undefined);
        return;
      }
      const part = Math.min(from.length - written, TRANSFER_BYTES_MAX);
      fs.write(descriptor, from, written, part, position + written, (error, count) => {
        if (error !== null && !isInterruption(error, tries)) {
          done(asSystemError('write', path, error));
        } else if (error === null && count === 0) {
          done(systemError('write', path, 'EIO'));
        } else {
          tries = error === null ? 1 : tries + 1;
          goOn(written + (error === null ? count : 0));
        }
      });
    };
    if (from.length === 0) process.nextTick(done, undefined);
    else goOn(0);
  }

  dataSyncInBackground(descriptor: FileDescriptor, done: BackgroundDone): void {
    const path = this.#paths.get(descriptor);
    fs.fdatasync(descriptor, (error) => {
      done(error === null ? undefined : asSystemError('fdatasync', path, error));
    });
  }

  statusOf(descriptor: FileDescriptor): FileStatus {
    return attempt('fstat', this.#paths.get(descriptor), () =>
      toStatus(fs.fstatSync(descriptor, { bigint: true })),
    );
  }

  status(path: string): FileStatus | undefined {
    return statusOrUndefined('lstat', path, fs.lstatSync);
  }

  statusFollowing(path: string): FileStatus | undefined {
    return statusOrUndefined('stat', path, fs.statSync);
  }

  readDirectory(path: string): string[] {
    const names = attempt('readdir', path, () => fs.readdirSync(path));
    return names.sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  }

  makeDirectory(path: string): void {
    attempt('mkdir', path, () => {
      fs.mkdirSync(path, DIRECTORY_MODE);
    });
    attempt('chmod', path, () => {
      const mode = fs.lstatSync(path).mode & PERMISSION_BITS;
      if (mode !== DIRECTORY_MODE) fs.chmodSync(path, DIRECTORY_MODE);
    });
  }

  rename(from: string, to: string): void {
    attemptOnTwo('rename', from, to, () => {
      fs.renameSync(from, to);
    });
  }

  renameExclusive(from: string, to: string): void {
    const library = nativeLibrary();
    if (library?.renameat2 !== undefined && !from.includes('\0') && !to.includes('\0')) {
      if (library.renameat2(CURRENT_DIRECTORY, from, CURRENT_DIRECTORY, to, RENAME_NO_REPLACE) === 0) return;
      const errno = library.errnoName();
      if (errno !== 'EINVAL' && errno !== 'ENOSYS') throw twoPathError('rename', from, to, errno);
    }
    this.#renameByLink(from, to);
  }

  link(existing: string, path: string): void {
    attemptOnTwo('link', existing, path, () => {
      fs.linkSync(existing, path);
    });
  }

  copyFile(from: string, to: string): void {
    const source = this.statusFollowing(from);
    if (source === undefined) throw systemError('copy', from, 'ENOENT');
    if (source.kind !== 'file') throw notAFileError('copy', from, source.kind);
    const { COPYFILE_EXCL, COPYFILE_FICLONE } = fs.constants;
    attempt('copy', to, () => {
      fs.copyFileSync(from, to, COPYFILE_EXCL | COPYFILE_FICLONE);
      fs.chmodSync(to, FILE_MODE);
    });
  }

  remove(path: string): void {
    attempt('unlink', path, () => {
      fs.unlinkSync(path);
    });
  }

  removeDirectory(path: string): void {
    attempt('rmdir', path, () => {
      fs.rmdirSync(path);
    });
  }

  syncDirectory(path: string): void {
    const { O_RDONLY, O_DIRECTORY } = fs.constants;
    const descriptor = attempt('open', path, () => fs.openSync(path, O_RDONLY | O_DIRECTORY));
    try {
      fs.fsyncSync(descriptor);
    } catch (error) {
      // Some network file systems have nothing to sync in a folder, and say so with EINVAL.
      if (errnoOf(error) !== 'EINVAL') throw asSystemError('fsync', path, error);
    } finally {
      fs.closeSync(descriptor);
    }
  }

  realPath(path: string): string {
    return attempt('realpath', path, () => fs.realpathSync.native(path));
  }

  get canLock(): boolean {
    return nativeLibrary()?.flock !== undefined;
  }

  tryLock(descriptor: FileDescriptor): boolean {
    const library = nativeLibrary();
    const path = this.#paths.get(descriptor);
    if (library?.flock === undefined) throw systemError('flock', path, 'ENOSYS');
    for (let tries = 1; ; tries += 1) {
      if (library.flock(descriptor, LOCK_EXCLUSIVE | LOCK_WITHOUT_WAITING) === 0) return true;
      const errno = library.errnoName();
      if (errno === 'EAGAIN') return false;
      if (errno !== 'EINTR' || tries >= INTERRUPTED_TRIES_MAX) throw systemError('flock', path, errno);
    }
  }

  lockOwner(path: string): LockOwner | false | undefined {
    const stats = attempt('stat', path, () => fs.statSync(path, { bigint: true, throwIfNoEntry: false }));
    return stats === undefined ? false : flockOwner(stats.dev, stats.ino);
  }

  get canMap(): boolean {
    const library = nativeLibrary();
    return library?.mmap !== undefined && library.munmap !== undefined;
  }

  map(descriptor: FileDescriptor, length: number): Mapping | undefined {
    const library = this.canMap ? nativeLibrary() : undefined;
    return library === undefined
      ? undefined
      : mapFile(library, descriptor, this.#paths.get(descriptor), length);
  }

  #openExisting(path: string, access: number, links: LinkPolicy): FileDescriptor {
    // Looked at first, since opening wakes the other end of a FIFO, and may set off a device.
    const there = links === 'follow' ? this.statusFollowing(path) : this.status(path);
    if (there !== undefined && there.kind !== 'file') throw notAFileError('open', path, there.kind);
    const { O_NONBLOCK, O_NOFOLLOW } = fs.constants;
    const flags = access | O_NONBLOCK | (links === 'refuse' ? O_NOFOLLOW : 0);
    const descriptor = attempt('open', path, () => fs.openSync(path, flags));
    this.#paths.set(descriptor, path);
    const opened = this.statusOf(descriptor);
    if (opened.kind === 'file') return descriptor;
    this.close(descriptor);
    throw notAFileError('open', path, opened.kind);
  }

  #giveMode(descriptor: FileDescriptor, path: string): void {
    attempt('fchmod', path, () => {
      const mode = fs.fstatSync(descriptor).mode & PERMISSION_BITS;
      if (mode !== FILE_MODE) fs.fchmodSync(descriptor, FILE_MODE);
    });
  }

  #readOnce(
    descriptor: FileDescriptor,
    into: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number {
    for (let tries = 1; ; tries += 1) {
      try {
        return fs.readSync(descriptor, into, offset, length, position);
      } catch (error) {
        if (!isInterruption(error, tries)) throw asSystemError('read', this.#paths.get(descriptor), error);
      }
    }
  }

  /** For file systems without RENAME_NOREPLACE: a link never replaces; folders cannot be linked. */
  #renameByLink(from: string, to: string): void {
    if (this.status(from)?.kind === 'file') {
      this.link(from, to);
      this.remove(from);
      return;
    }
    if (this.status(to) !== undefined) throw systemError('rename', to, 'EEXIST');
    this.rename(from, to);
  }
}

/** Runs a call again while it is interrupted, and turns what it throws into our error. */
function attempt<T>(operation: string, path: string | undefined, action: () => T): T {
  for (let tries = 1; ; tries += 1) {
    try {
      return action();
    } catch (error) {
      if (!isInterruption(error, tries)) throw asSystemError(operation, path, error);
    }
  }
}

/** The same for a call with two paths. */
function attemptOnTwo(operation: 'rename' | 'link', from: string, to: string, action: () => void): void {
  for (let tries = 1; ; tries += 1) {
    try {
      action();
      return;
    } catch (error) {
      if (isInterruption(error, tries)) continue;
      const errno = errnoOf(error);
      throw errno === undefined ? error : twoPathError(operation, from, to, errno, error);
    }
  }
}

function isInterruption(error: unknown, tries: number): boolean {
  const errno = errnoOf(error);
  return (errno === 'EINTR' || errno === 'EAGAIN') && tries < INTERRUPTED_TRIES_MAX;
}

function errnoOfOurs(error: unknown): string | undefined {
  return isStatelogError(error) ? error.details.errno : undefined;
}

/** Nothing is there either where a part of the path is a file. */
function statusOrUndefined(
  operation: string,
  path: string,
  read: (path: string, options: { bigint: true; throwIfNoEntry: false }) => fs.BigIntStats | undefined,
): FileStatus | undefined {
  try {
    const stats = attempt(operation, path, () => read(path, { bigint: true, throwIfNoEntry: false }));
    return stats === undefined ? undefined : toStatus(stats);
  } catch (error) {
    if (errnoOfOurs(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

function toStatus(stats: fs.BigIntStats): FileStatus {
  return {
    kind: kindOf(stats),
    size: Number(stats.size),
    identity: `${String(stats.dev)}:${String(stats.ino)}`,
    modifiedNs: stats.mtimeNs,
    mode: Number(stats.mode) & 0o7777,
    linkCount: Number(stats.nlink),
  };
}

function kindOf(stats: fs.BigIntStats): FileKind {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  return stats.isSocket() ? 'socket' : 'device';
}
