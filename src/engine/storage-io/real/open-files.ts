import * as fs from 'node:fs';
import { isStatelogError } from '../../errors.js';
import type { FileDescriptor, LinkPolicy } from '../interface/file-system.js';
import { asSystemError, errnoOf, notAFileError } from '../interface/system-error.js';
import { kindOf, statsOrUndefined } from './real-status.js';
import { attempt } from './system-call.js';

/** The mode of a new file: nobody else reads it. */
export const FILE_MODE = 0o600;
/** The mode of a new folder. */
export const DIRECTORY_MODE = 0o700;
export const PERMISSION_BITS = 0o777;

/** A dangling link is there for `O_EXCL` and not there for `open`: do not go round for ever. */
const OPEN_OR_CREATE_TRIES_MAX = 3;

/**
 * The files and folders that this process has open on the disk of this machine, and the path of each, which errors name.
 *
 * What is opened as a file is one: a FIFO, a device or a folder under its name is refused before and after it is opened.
 */
export class OpenFiles {
  readonly #paths = new Map<FileDescriptor, string>();

  /**
   * Opens a regular file.
   * @param access O_RDONLY or O_RDWR
   */
  existing(path: string, access: number, links: LinkPolicy = 'follow'): FileDescriptor {
    // Looked at first, since opening wakes the other end of a FIFO, and may set off a device.
    const [operation, look] =
      links === 'follow' ? (['stat', fs.statSync] as const) : (['lstat', fs.lstatSync] as const);
    const there = statsOrUndefined(operation, path, () => look(path, { throwIfNoEntry: false }));
    if (there !== undefined && !there.isFile()) throw notAFileError('open', path, kindOf(there));
    const { O_NONBLOCK, O_NOFOLLOW } = fs.constants;
    const flags = access | O_NONBLOCK | (links === 'refuse' ? O_NOFOLLOW : 0);
    const descriptor = attempt('open', path, () => fs.openSync(path, flags));
    this.#paths.set(descriptor, path);
    const opened = attempt('fstat', path, () => fs.fstatSync(descriptor));
    if (opened.isFile()) return descriptor;
    this.close(descriptor);
    throw notAFileError('open', path, kindOf(opened));
  }

  /** Makes a file that nobody else may read, and opens it for reading and writing; where something is there, `EEXIST`. */
  create(path: string): FileDescriptor {
    const { O_RDWR, O_CREAT, O_EXCL } = fs.constants;
    const descriptor = attempt('open', path, () => fs.openSync(path, O_RDWR | O_CREAT | O_EXCL, FILE_MODE));
    this.#paths.set(descriptor, path);
    try {
      giveMode(descriptor, path);
    } catch (error) {
      this.close(descriptor);
      throw error;
    }
    return descriptor;
  }

  /** Opens a file for reading and writing, and makes it where there is none. */
  existingOrNew(path: string, links: LinkPolicy = 'follow'): FileDescriptor {
    for (let tries = 1; ; tries += 1) {
      try {
        return this.existing(path, fs.constants.O_RDWR, links);
      } catch (error) {
        if (tries > OPEN_OR_CREATE_TRIES_MAX || errnoOfOurs(error) !== 'ENOENT') throw error;
      }
      try {
        return this.create(path);
      } catch (error) {
        if (errnoOfOurs(error) !== 'EEXIST') throw error;
      }
    }
  }

  /** Opens a folder, to reach through it and to sync it. */
  directory(path: string, links: LinkPolicy = 'follow'): FileDescriptor {
    const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fs.constants;
    const flags = O_RDONLY | O_DIRECTORY | (links === 'refuse' ? O_NOFOLLOW : 0);
    const descriptor = attempt('open', path, () => fs.openSync(path, flags));
    this.#paths.set(descriptor, path);
    return descriptor;
  }

  /** Gives a new folder its mode whatever the umask, by what is open: whoever owns the folder above may have put a link in its place since. */
  giveFolderMode(path: string): void {
    let descriptor: FileDescriptor;
    try {
      descriptor = this.directory(path, 'refuse');
    } catch (error) {
      // The umask keeps us from our own folder. Of root it cannot, so nobody is led to anything that is not his.
      if (!isStatelogError(error, 'PERMISSION_DENIED')) throw error;
      attempt('chmod', path, () => {
        fs.chmodSync(path, DIRECTORY_MODE);
      });
      return;
    }
    try {
      attempt('fchmod', path, () => {
        fs.fchmodSync(descriptor, DIRECTORY_MODE);
      });
    } finally {
      this.close(descriptor);
    }
  }

  /** A descriptor is free even after a close that failed, so it is closed once. */
  close(descriptor: FileDescriptor): void {
    const path = this.#paths.get(descriptor);
    this.#paths.delete(descriptor);
    try {
      fs.closeSync(descriptor);
    } catch (error) {
      if (errnoOf(error) !== 'EINTR') throw asSystemError('close', path, error);
    }
  }

  /** The path that a descriptor was opened by; undefined for one that is not of these. */
  pathOf(descriptor: FileDescriptor): string | undefined {
    return this.#paths.get(descriptor);
  }

  /** Errors call an open file by this path from now on. */
  name(descriptor: FileDescriptor, path: string): void {
    this.#paths.set(descriptor, path);
  }

  /** Renames open files: errors call them by their new names from now on. */
  follow(from: string, to: string): void {
    for (const [descriptor, path] of this.#paths) {
      if (path === from) this.#paths.set(descriptor, to);
      else if (path.startsWith(`${from}/`)) this.#paths.set(descriptor, to + path.slice(from.length));
    }
  }
}

function giveMode(descriptor: FileDescriptor, path: string): void {
  attempt('fchmod', path, () => {
    const mode = fs.fstatSync(descriptor).mode & PERMISSION_BITS;
    if (mode !== FILE_MODE) fs.fchmodSync(descriptor, FILE_MODE);
  });
}

function errnoOfOurs(error: unknown): string | undefined {
  return isStatelogError(error) ? error.details.errno : undefined;
}
