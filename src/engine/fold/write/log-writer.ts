import { readU16 } from '../../bytes/halves.js';
import { assert } from '../../assert.js';
import { StatelogError, isStatelogError } from '../../errors.js';
import type { FileDescriptor, FileStatus, FileSystem } from '../../storage-io/interface/file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { type HeldPath, statusIfHeld } from '../../storage-io/owners/identity.js';
import { RoomAhead } from '../../storage-io/submission/room-ahead.js';
import { writeFully } from '../../storage-io/whole/write-fully.js';
import { FIELDS_AT, KEY_AT, LOG_BYTES_MAX } from '../format/format.js';
import {
  cursorBytes,
  deleteBytesMax,
  encodeCursor,
  encodeDeleteRecord,
  encodePutRecord,
  putBytesMax,
} from '../format/record-encoder.js';
import type { PendingBytes } from '../lookup/record-source.js';
import type { KeyLike } from '../format/update.js';
import type { VersionToken } from '../format/version-token.js';
import type { WatchCursor } from '../format/watch-cursor.js';

const BUFFER_BYTES_MIN = 16 * 1024;
/** A larger buffer is used for a single record only. */
const BUFFER_BYTES_MAX = 1024 * 1024;

/**
 * Appends records to an open log. They gather in a buffer, so that an apply is one large write, or
 * a few where it is larger than the buffer.
 *
 * Invariants:
 * - Nothing is written but at the end, and a record's bytes never change afterwards.
 * - Once a write or a sync failed, nothing is written or synced again (R8): the file may end
 *   within a record, and a second sync could report success for data that is gone.
 */
export class LogWriter implements PendingBytes {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #room: RoomAhead;
  #filled = 0;
  /** All before it is on disk. */
  #synced: number;
  /** End of the written bytes at which a cursor also ends: everything before it was acknowledged. */
  #closedEnd: number;
  #endsWithCursor = false;
  /** The buffer holds more than what makes room: a put. */
  #holdsContent = false;
  #failure: unknown;
  readonly #identity: string;
  /** Bytes that the file has, also where a closing cursor at its end is about to be written over. */
  #fileSize: number;
  /** When the log was last written, by us. */
  #modifiedNs: bigint;
  /** True if the first failure was a write that found the disk full: no sync has failed. */
  #isFull = false;
  bytes = new Uint8Array(0);
  /** Start of the buffer in the file: everything before it is written. */
  start: number;
  /** The record that was appended last: its offset, its length, and its key within `bytes`. */
  offset = 0;
  length = 0;
  keyStart = 0;
  keyLength = 0;
  readonly path: string;

  constructor(fileSystem: FileSystem, path: string, descriptor: FileDescriptor, size: number) {
    this.#fileSystem = fileSystem;
    this.path = path;
    this.#descriptor = descriptor;
    this.start = size;
    this.#synced = size;
    this.#closedEnd = size;
    this.#fileSize = size;
    this.#room = new RoomAhead(fileSystem, descriptor);
    this.#room.prepare(size);
    const { identity, modifiedNs } = fileSystem.statusOf(descriptor);
    this.#identity = identity;
    this.#modifiedNs = modifiedNs;
  }

  /** Bytes of the log, those in the buffer included. */
  get size(): number {
    return this.start + this.#filled;
  }

  /** Goes back to where a closing cursor starts, so that it is written over; before anything is appended. */
  rewindTo(offset: number): void {
    assert(this.#filled === 0 && offset <= this.start, 'only an empty buffer may be moved back');
    this.start = offset;
    this.#synced = offset;
    this.#closedEnd = offset;
  }

  /** Appends a put. The update was checked (update.ts). */
  appendPut(key: KeyLike, value: Uint8Array, version: VersionToken): void {
    this.#makeRoom(putBytesMax(key, value, version));
    this.#endsWithCursor = false;
    this.#holdsContent = true;
    const length = encodePutRecord(this.bytes, this.#filled, key, value, version);
    this.keyLength = readU16(this.bytes, this.#filled + FIELDS_AT);
    this.#appended(length);
  }

  /** Appends a delete. */
  appendDelete(key: KeyLike, version: VersionToken): void {
    this.#makeRoom(deleteBytesMax(key, version));
    this.#endsWithCursor = false;
    const length = encodeDeleteRecord(this.bytes, this.#filled, key, version);
    this.keyLength = readU16(this.bytes, this.#filled + FIELDS_AT);
    this.#appended(length);
  }

  /**
   * Appends a cursor, and returns once it and all before it are on disk. The records of an apply are made durable
   * first, unless all of it goes out in one write to one page: a disk may write pages in any order, and a cursor
   * must not be there before what it speaks of.
   */
  syncWithCursor(cursor: WatchCursor): void {
    const last = this.size + cursorBytes(cursor) - 1;
    const pageOf = (offset: number): number => Math.floor(offset / this.#fileSystem.pageBytes);
    const isOneWrite = this.start === this.#synced && pageOf(this.start) === pageOf(last);
    const isSyncedBefore = this.size > this.#synced && !isOneWrite;
    if (isSyncedBefore) this.sync();
    this.appendCursor(cursor);
    // The sync has just looked at the path.
    this.#flush(isSyncedBefore);
    this.sync();
  }

  /** Appends a cursor. */
  appendCursor(cursor: WatchCursor): void {
    this.#makeRoom(cursorBytes(cursor));
    this.keyLength = 0;
    this.#endsWithCursor = true;
    this.#appended(encodeCursor(this.bytes, this.#filled, cursor));
  }

  /** Writes what is in the buffer to the file. */
  flush(): void {
    this.#flush(false);
  }

  #flush(isJustChecked: boolean): void {
    this.refuseIfPoisoned();
    if (this.#filled === 0) return;
    try {
      if (this.start === this.#synced && !isJustChecked) this.#checkUnwritten();
      if (this.#holdsContent) this.#room.ensure(this.size);
      writeFully(this.#fileSystem, this.#descriptor, this.bytes, 0, this.#filled, this.start);
    } catch (error) {
      this.#isFull = this.#failure === undefined && isStatelogError(error, 'DISK_FULL');
      throw this.poison(error);
    }
    this.start += this.#filled;
    this.#fileSize = Math.max(this.#fileSize, this.start);
    this.#filled = 0;
    this.#holdsContent = false;
  }

  /** Writes what is in the buffer, and returns once everything appended so far is on disk. */
  sync(): void {
    this.flush();
    try {
      this.#fileSystem.dataSync(this.#descriptor);
      this.#modifiedNs = this.checkHeld().modifiedNs;
    } catch (error) {
      throw this.poison(error);
    }
    this.#synced = this.start;
    if (this.#endsWithCursor) this.#closedEnd = this.start;
  }

  /**
   * Before an acknowledgement or a rename: the path still means the log that is open, as we have written it.
   * @throws StatelogError `STORE_REPLACED`
   */
  checkHeld(): FileStatus {
    return statusIfHeld(this.#fileSystem, this.path, this.#heldPath());
  }

  /** Nobody else has written the log since we did. */
  #checkUnwritten(): void {
    const held = { ...this.#heldPath(), size: this.#fileSize, modifiedNs: this.#modifiedNs };
    statusIfHeld(this.#fileSystem, this.path, held);
  }

  #heldPath(): HeldPath {
    const { path } = this;
    return { path, name: 'the file', identity: this.#identity, hasOneName: true, size: this.start };
  }

  /**
   * After a write that found the disk full, cuts what is not on disk, and writes a closing cursor: the log is
   * then as a writer leaves it that closed well, and the next one needs no room to recover it. Does nothing
   * after any other failure: where a sync failed, no other may say that all is well.
   * @param cursor undefined where what is on disk does not end with a cursor
   */
  rollBack(cursor: WatchCursor | undefined): void {
    if (!this.#isFull) return;
    try {
      this.#fileSystem.truncate(this.#descriptor, this.#closedEnd);
      // A cut frees the reserve as well.
      new RoomAhead(this.#fileSystem, this.#descriptor).prepare(this.#closedEnd);
      if (cursor !== undefined) {
        const closing = new Uint8Array(cursorBytes(cursor));
        encodeCursor(closing, 0, cursor);
        writeFully(this.#fileSystem, this.#descriptor, closing, 0, closing.length, this.#closedEnd);
      }
      this.#fileSystem.sync(this.#descriptor);
    } catch (error) {
      // The next one to open the log takes what is there for an unfinished write.
      if (!isStatelogError(error)) throw error;
    }
  }

  /** True once the writer refuses everything. */
  get isPoisoned(): boolean {
    return this.#failure !== undefined;
  }

  /** Makes the writer refuse everything from now on; returns the failure. */
  poison(failure: unknown): unknown {
    this.#failure ??= failure;
    return failure;
  }

  /** @throws StatelogError `POISONED`, with the failure as its cause, once there was one */
  refuseIfPoisoned(): void {
    if (this.#failure === undefined) return;
    throw new StatelogError(
      'POISONED',
      `${this.path}: a write failed before, so nothing more is read or written`,
      {
        path: this.path,
        hint: 'close the log and open it again',
        safe: 'everything acknowledged before the failure',
        cause: this.#failure,
      },
    );
  }

  /** Drops what was not flushed, and frees the file and its lock. */
  close(): void {
    closeQuietly(this.#fileSystem, this.#descriptor);
  }

  #makeRoom(bytes: number): void {
    this.refuseIfPoisoned();
    if (this.size + bytes > LOG_BYTES_MAX) throw this.#tooLarge();
    if (this.#filled + bytes <= this.bytes.length) return;
    if (this.#filled + bytes > BUFFER_BYTES_MAX) this.flush();
    this.#growBuffer(this.#filled + bytes);
  }

  /** Doubles the buffer until it takes `wanted` bytes, so that a session of one small apply stays small. */
  #growBuffer(wanted: number): void {
    if (wanted <= this.bytes.length) return;
    const doubled = Math.min(Math.max(2 * this.bytes.length, BUFFER_BYTES_MIN), BUFFER_BYTES_MAX);
    const larger = new Uint8Array(Math.max(wanted, doubled));
    larger.set(this.bytes.subarray(0, this.#filled));
    this.bytes = larger;
  }

  #appended(length: number): void {
    this.offset = this.size;
    this.length = length;
    this.keyStart = this.#filled + KEY_AT;
    this.#filled += length;
  }

  #tooLarge(): StatelogError {
    return new StatelogError('LIMIT_EXCEEDED', `${this.path} would grow past ${LOG_BYTES_MAX} bytes`, {
      path: this.path,
      hint: 'compact it, or use a state directory',
    });
  }
}
