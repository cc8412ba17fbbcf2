import * as fs from 'node:fs';
import { isStatelogError } from '../../errors.js';
import type {
  BackgroundDone,
  FileDescriptor,
  FileStatus,
  FileSystem,
  LinkPolicy,
  LockOwner,
  Mapping,
} from '../interface/file-system.js';
import { mapFile } from './mapping.js';
import { flockOwner } from './kernel-locks.js';
import {
  allocateBlocks,
  beginWriteback,
  lockIfFree,
  renameWithoutReplacing,
  reserveBlocks,
  seekData,
} from './native-calls.js';
import { nativeLibrary } from './native-library.js';
import { statusOrUndefined, toStatus } from './real-status.js';
import { attempt, attemptOnTwo } from './system-call.js';
import { asSystemError, errnoOf, notAFileError, systemError } from '../interface/system-error.js';
import { readUpTo, writeAllInBackground, writeSome } from './real-transfer.js';
import { freeBytesAt } from '../whole/room.js';

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;
const PAGE_BYTES = 4096;
const PERMISSION_BITS = 0o777;

/** Linux: each open file has a name here that leads to it, and not by its path. */
const OPEN_FILES = '/proc/self/fd';

/** A dangling link is there for `O_EXCL` and not there for `open`: do not go round for ever. */
const OPEN_OR_CREATE_TRIES_MAX = 3;

const singleton = { instance: undefined as FileSystem | undefined };

/** The disk of this machine. The process has one of it, since it remembers each descriptor's path. */
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
 * - Native code is loaded when a lock, a mapping, a large write or one of the rarer calls first needs it.
 */
class RealFileSystem implements FileSystem {
  readonly #paths = new Map<FileDescriptor, string>();
  /** Whether `/proc` is there; undefined until it is asked. */
  #hasOpenFiles: boolean | undefined;

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

  openDirectory(path: string, links: LinkPolicy = 'follow'): FileDescriptor {
    const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fs.constants;
    const flags = O_RDONLY | O_DIRECTORY | (links === 'refuse' ? O_NOFOLLOW : 0);
    const descriptor = attempt('open', path, () => fs.openSync(path, flags));
    this.#paths.set(descriptor, path);
    return descriptor;
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
    return readUpTo(this.#paths.get(descriptor), descriptor, into, offset, length, position);
  }

  write(
    descriptor: FileDescriptor,
    from: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number {
    const count = writeSome(this.#paths.get(descriptor), descriptor, from, offset, length, position);
    beginWriteback(nativeLibrary, descriptor, position, count);
    return count;
  }

  dataFrom(descriptor: FileDescriptor, position: number): number {
    return seekData(nativeLibrary(), descriptor, position);
  }

  truncate(descriptor: FileDescriptor, length: number): void {
    attempt('ftruncate', this.#paths.get(descriptor), () => {
      fs.ftruncateSync(descriptor, length);
    });
  }

  allocate(descriptor: FileDescriptor, length: number): void {
    if (this.statusOf(descriptor).size >= length) return;
    const path = this.#paths.get(descriptor);
    if (!allocateBlocks(nativeLibrary(), path, descriptor, length)) this.truncate(descriptor, length);
  }

  reserve(descriptor: FileDescriptor, offset: number, length: number): void {
    reserveBlocks(nativeLibrary(), this.#paths.get(descriptor), descriptor, offset, length);
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
    writeAllInBackground(this.#paths.get(descriptor), descriptor, from, position, done);
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
    const made = this.status(path);
    if (made?.kind === 'directory' && (made.mode & PERMISSION_BITS) === DIRECTORY_MODE) return;
    this.#giveFolderMode(path);
  }

  rename(from: string, to: string): void {
    attemptOnTwo('rename', from, to, () => {
      fs.renameSync(from, to);
    });
    this.#follow(from, to);
  }

  renameExclusive(from: string, to: string): void {
    if (!renameWithoutReplacing(nativeLibrary(), from, to)) this.#renameByLink(from, to);
    this.#follow(from, to);
  }

  /** Renames open files: errors call them by their new names from now on. */
  #follow(from: string, to: string): void {
    for (const [descriptor, path] of this.#paths) {
      if (path === from) this.#paths.set(descriptor, to);
      else if (path.startsWith(`${from}/`)) this.#paths.set(descriptor, to + path.slice(from.length));
    }
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

  freeBytes(path: string): number | undefined {
    return freeBytesAt(path, this.userId);
  }

  pathThrough(folder: FileDescriptor): string | undefined {
    const path = `${OPEN_FILES}/${folder}`;
    this.#hasOpenFiles ??= this.statusFollowing(path)?.identity === this.statusOf(folder).identity;
    return this.#hasOpenFiles ? path : undefined;
  }

  nameDescriptor(descriptor: FileDescriptor, path: string): void {
    this.#paths.set(descriptor, path);
  }

  get userId(): number {
    return process.geteuid?.() ?? 0;
  }

  get groupId(): number {
    return process.getegid?.() ?? 0;
  }

  changeOwner(descriptor: FileDescriptor, owner: number, group: number): void {
    attempt('fchown', this.#paths.get(descriptor), () => {
      fs.fchownSync(descriptor, owner, group);
    });
  }

  changeMode(descriptor: FileDescriptor, mode: number): void {
    attempt('fchmod', this.#paths.get(descriptor), () => {
      fs.fchmodSync(descriptor, mode);
    });
  }

  /** The kernel writes pages back one by one, and disks of today write 4 KiB whole. */
  get pageBytes(): number {
    return PAGE_BYTES;
  }

  get canLock(): boolean {
    return nativeLibrary()?.flock !== undefined;
  }

  tryLock(descriptor: FileDescriptor): boolean {
    return lockIfFree(nativeLibrary(), this.#paths.get(descriptor), descriptor);
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

  /** By what is open: whoever owns the folder above may have put a link in its place since. */
  #giveFolderMode(path: string): void {
    let descriptor: FileDescriptor;
    try {
      descriptor = this.openDirectory(path, 'refuse');
    } catch (error) {
      // The umask keeps us from our own folder. Of root it cannot, so nobody is led to anything that is not his.
      if (!isStatelogError(error, 'PERMISSION_DENIED')) throw error;
      attempt('chmod', path, () => {
        fs.chmodSync(path, DIRECTORY_MODE);
      });
      return;
    }
    try {
      this.changeMode(descriptor, DIRECTORY_MODE);
    } finally {
      this.close(descriptor);
    }
  }

  /** For file systems without RENAME_NOREPLACE: a link never replaces; folders cannot be linked. */
  #renameByLink(from: string, to: string): void {
    const kind = this.status(from)?.kind;
    if (kind === 'file') {
      this.link(from, to);
      this.remove(from);
      return;
    }
    const occupied = kind !== undefined && this.status(to) !== undefined;
    if (occupied) throw systemError('rename', to, 'EEXIST');
    this.rename(from, to);
  }
}

function errnoOfOurs(error: unknown): string | undefined {
  return isStatelogError(error) ? error.details.errno : undefined;
}
