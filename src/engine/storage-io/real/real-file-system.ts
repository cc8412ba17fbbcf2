import * as fs from 'node:fs';
import type {
  BackgroundDone,
  FileDescriptor,
  FileStatus,
  FileSystem,
  LinkPolicy,
  LockOwner,
  Mapping,
} from '../interface/file-system.js';
import { realAccessLists } from './access-lists.js';
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
import { syncFolder } from './sync-folder.js';
import { attempt, attemptOnTwo } from './system-call.js';
import { asSystemError, notAFileError, systemError } from '../interface/system-error.js';
import { DIRECTORY_MODE, FILE_MODE, OpenFiles, PERMISSION_BITS } from './open-files.js';
import { readUpTo, writeAllInBackground, writeSome } from './real-transfer.js';
import { renameByLink } from './rename-by-link.js';
import { freeBytesAt } from '../whole/room.js';

const PAGE_BYTES = 4096;

/** Linux: each open file has a name here that leads to it, and not by its path. */
const OPEN_FILES = '/proc/self/fd';

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
  readonly #open = new OpenFiles();
  /** Whether `/proc` is there; undefined until it is asked. */
  #hasOpenFiles: boolean | undefined;
  readonly accessLists = realAccessLists((descriptor) => this.#open.pathOf(descriptor));

  openRead(path: string, links?: LinkPolicy): FileDescriptor {
    return this.#open.existing(path, fs.constants.O_RDONLY, links);
  }

  openReadWrite(path: string, links?: LinkPolicy): FileDescriptor {
    return this.#open.existing(path, fs.constants.O_RDWR, links);
  }

  createExclusive(path: string): FileDescriptor {
    return this.#open.create(path);
  }

  openOrCreate(path: string, links?: LinkPolicy): FileDescriptor {
    return this.#open.existingOrNew(path, links);
  }

  openDirectory(path: string, links?: LinkPolicy): FileDescriptor {
    return this.#open.directory(path, links);
  }

  close(descriptor: FileDescriptor): void {
    this.#open.close(descriptor);
  }

  read(
    descriptor: FileDescriptor,
    into: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number {
    return readUpTo(this.#open.pathOf(descriptor), descriptor, into, offset, length, position);
  }

  write(
    descriptor: FileDescriptor,
    from: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number {
    const count = writeSome(this.#open.pathOf(descriptor), descriptor, from, offset, length, position);
    beginWriteback(nativeLibrary, descriptor, position, count);
    return count;
  }

  dataFrom(descriptor: FileDescriptor, position: number): number {
    return seekData(nativeLibrary(), descriptor, position);
  }

  truncate(descriptor: FileDescriptor, length: number): void {
    attempt('ftruncate', this.#open.pathOf(descriptor), () => {
      fs.ftruncateSync(descriptor, length);
    });
  }

  allocate(descriptor: FileDescriptor, length: number): void {
    if (this.statusOf(descriptor).size >= length) return;
    const path = this.#open.pathOf(descriptor);
    if (!allocateBlocks(nativeLibrary(), path, descriptor, length)) this.truncate(descriptor, length);
  }

  reserve(descriptor: FileDescriptor, offset: number, length: number): void {
    reserveBlocks(nativeLibrary(), this.#open.pathOf(descriptor), descriptor, offset, length);
  }

  sync(descriptor: FileDescriptor): void {
    try {
      fs.fsyncSync(descriptor);
    } catch (error) {
      throw asSystemError('fsync', this.#open.pathOf(descriptor), error);
    }
  }

  dataSync(descriptor: FileDescriptor): void {
    try {
      fs.fdatasyncSync(descriptor);
    } catch (error) {
      throw asSystemError('fdatasync', this.#open.pathOf(descriptor), error);
    }
  }

  writeInBackground(
    descriptor: FileDescriptor,
    from: Uint8Array,
    position: number,
    done: BackgroundDone,
  ): void {
    writeAllInBackground(this.#open.pathOf(descriptor), descriptor, from, position, done);
  }

  dataSyncInBackground(descriptor: FileDescriptor, done: BackgroundDone): void {
    const path = this.#open.pathOf(descriptor);
    fs.fdatasync(descriptor, (error) => {
      done(error === null ? undefined : asSystemError('fdatasync', path, error));
    });
  }

  statusOf(descriptor: FileDescriptor): FileStatus {
    return attempt('fstat', this.#open.pathOf(descriptor), () =>
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
    this.#open.giveFolderMode(path);
  }

  rename(from: string, to: string): void {
    attemptOnTwo('rename', from, to, () => {
      fs.renameSync(from, to);
    });
    this.#open.follow(from, to);
  }

  renameExclusive(from: string, to: string): void {
    if (!renameWithoutReplacing(nativeLibrary(), from, to)) renameByLink(this, from, to);
    this.#open.follow(from, to);
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
    syncFolder(path);
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
    this.#open.name(descriptor, path);
  }

  get userId(): number {
    return process.geteuid?.() ?? 0;
  }

  get groupId(): number {
    return process.getegid?.() ?? 0;
  }

  changeOwner(descriptor: FileDescriptor, owner: number, group: number): void {
    attempt('fchown', this.#open.pathOf(descriptor), () => {
      fs.fchownSync(descriptor, owner, group);
    });
  }

  changeMode(descriptor: FileDescriptor, mode: number): void {
    attempt('fchmod', this.#open.pathOf(descriptor), () => {
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
    return lockIfFree(nativeLibrary(), this.#open.pathOf(descriptor), descriptor);
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
      : mapFile(library, descriptor, this.#open.pathOf(descriptor), length);
  }
}
