import { isStatelogError } from '../../errors.js';
import type { FileDescriptor, FileSystem } from '../interface/file-system.js';

/** Kept behind the end of a log for what makes room: deletes, and the end of an epoch. */
const RESERVE_BYTES = 16 * 1024;
/** The least and the most room to reserve ahead at a time; between them, an eighth of the log. */
const AHEAD_BYTES_MIN = 16 * 1024;
const AHEAD_BYTES_MAX = 1024 * 1024;
const AHEAD_SHIFT = 3;

/**
 * Blocks behind the end of a file that only grows, so that a disk that is full is noticed before a write that
 * adds content, and what makes room can still be written. Where the platform or the file system has no such
 * thing, nothing is reserved, and a full disk is noticed by the write.
 */
export class RoomAhead {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  /** Blocks are there up to here, as far as it is known. */
  #end = 0;

  constructor(fileSystem: FileSystem, descriptor: FileDescriptor) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
  }

  /** Reserves room behind the file's end, if there is any. */
  prepare(end: number): void {
    try {
      this.ensure(end);
    } catch (error) {
      if (!isStatelogError(error)) throw error;
    }
  }

  /**
   * Makes sure that the file can grow to `end` with the reserve left behind it.
   * @throws StatelogError `DISK_FULL`; nothing was written then
   */
  ensure(end: number): void {
    const least = end + RESERVE_BYTES;
    if (least <= this.#end) return;
    const ahead = Math.min(Math.max(end >> AHEAD_SHIFT, AHEAD_BYTES_MIN), AHEAD_BYTES_MAX);
    try {
      this.#reserve(least + ahead);
    } catch (error) {
      if (!isStatelogError(error, 'DISK_FULL')) throw error;
      this.#reserve(least);
    }
  }

  #reserve(end: number): void {
    this.#fileSystem.reserve(this.#descriptor, this.#end, end - this.#end);
    this.#end = end;
  }
}
