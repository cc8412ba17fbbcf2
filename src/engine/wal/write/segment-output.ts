import { dirname } from 'node:path';
import { StatelogError, isStatelogError } from '../../errors.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { lockIfLocksAre } from '../../storage-io/lock/without-locks.js';
import { RoomAhead } from '../../storage-io/submission/room-ahead.js';
import type { StorageIo } from '../../storage-io/submission/storage-io.js';
import { writeFully } from '../../storage-io/whole/write-fully.js';
import type { RecordAppender, RecordSink } from './record-appender.js';
import { Submissions } from './submissions.js';
import type { WriteGate } from './write-gate.js';

/** The file that a writer writes to. */
export interface SegmentFile {
  readonly fileSystem: FileSystem;
  readonly path: string;
  readonly descriptor: FileDescriptor;
  /**
   * Called before bytes are written. `isLone`: they are one record behind one that is on disk, so that no good record can
   * stand behind them if they are torn.
   */
  readonly beforeWrite?: ((isLone: boolean) => void) | undefined;
}

/**
 * Brings records from the buffer to the file, in the way that the gate lets pass. Every failure of a
 * write or a sync poisons.
 */
export class SegmentOutput implements RecordSink {
  readonly gate: WriteGate;
  submissions: Submissions | undefined;
  readonly #file: SegmentFile;
  readonly #bufferBytes: number;
  #appender!: RecordAppender;
  #syncsFolder: boolean;
  readonly #room: RoomAhead;

  constructor(file: SegmentFile, gate: WriteGate, bufferBytes: number, syncsFolder: boolean) {
    this.#file = file;
    this.gate = gate;
    this.#bufferBytes = bufferBytes;
    this.#syncsFolder = syncsFolder;
    this.#room = new RoomAhead(file.fileSystem, file.descriptor);
  }

  /** Says whose buffer it is that is written. */
  serve(appender: RecordAppender): void {
    this.#appender = appender;
    this.#room.prepare(appender.position);
  }

  /** True while appends are in memory or under way. */
  get isBusy(): boolean {
    return this.#appender.buffer.filled > 0 || (this.submissions?.inFlight ?? 0) > 0;
  }

  enterSubmitted(storageIo: StorageIo): Submissions {
    this.gate.enter('submitted');
    const { buffer, position } = this.#appender;
    const written = position - buffer.filled;
    this.submissions ??= new Submissions(storageIo, this.#file.descriptor, written, this.#bufferBytes);
    if (this.submissions.storageIo !== storageIo) throw new TypeError('a writer stays with one StorageIo');
    return this.submissions;
  }

  makeRoom(): void {
    const appender = this.#appender;
    const { buffer, position } = appender;
    if (buffer.filled === 0) return;
    this.gate.guardWrite(() => {
      if (this.submissions !== undefined) {
        appender.buffer = this.submissions.submitBuffer(buffer);
        return;
      }
      const bytes = buffer.seal();
      this.#write(bytes, position - bytes.length, appender.entriesSinceSync);
      buffer.clear();
      appender.holdsContent = false;
    });
  }

  takeLarge(record: Uint8Array): void {
    this.gate.guardWrite(() => {
      if (this.submissions !== undefined) this.submissions.submitRecord(record);
      else this.#write(record, this.#appender.position, 1);
    });
  }

  sync(): void {
    const appender = this.#appender;
    if (this.submissions !== undefined) {
      throw new StatelogError('LIMIT_EXCEEDED', `${this.#file.path}: more than 4 GiB are not synced`, {
        path: this.#file.path,
        hint: 'sync, and wait for its end, before appending more',
      });
    }
    this.makeRoom();
    this.gate.guard(() => {
      this.#file.fileSystem.dataSync(this.#file.descriptor);
      this.#syncFolderOnce();
    });
    appender.markSynced(appender.position, appender.entriesSinceSync);
  }

  /** Submits what is in the buffer, and a sync of it all. @returns the sync's token */
  submitSync(submissions: Submissions): number {
    const { position, entriesSinceSync } = this.#appender;
    this.makeRoom();
    return this.gate.guard(() => {
      this.#syncFolderOnce();
      return submissions.submitSync(position, entriesSinceSync);
    });
  }

  /** Cuts the file, for good. */
  cut(position: number): void {
    const { fileSystem, descriptor } = this.#file;
    this.gate.guard(() => {
      fileSystem.truncate(descriptor, position);
      fileSystem.sync(descriptor);
    });
    this.#appender.moveTo(position);
    this.submissions?.moveTo(position);
  }

  /**
   * After a write that found the disk full, cuts what was not acknowledged: the end of the file is what it
   * would be had that write never begun. That is durable where it returns true. Not where a sync failed: then
   * nothing is known of what is on disk, and no other sync may say so.
   */
  rollBack(): boolean {
    const { writeFailure, state } = this.gate;
    const isFull = isStatelogError(writeFailure, 'DISK_FULL');
    if (this.submissions !== undefined || (state === 'poisoned' && !isFull)) return false;
    const { fileSystem, descriptor } = this.#file;
    try {
      fileSystem.truncate(descriptor, this.#appender.syncedPosition);
      // A cut frees the reserve as well.
      new RoomAhead(fileSystem, descriptor).prepare(this.#appender.syncedPosition);
      fileSystem.sync(descriptor);
      return true;
    } catch (error) {
      if (!isStatelogError(error)) throw error;
      return false;
    }
  }

  close(): void {
    this.gate.state = 'closed';
    // Everything acknowledged has been synced: a close that fails takes nothing back.
    closeQuietly(this.#file.fileSystem, this.#file.descriptor);
  }

  #write(bytes: Uint8Array, position: number, records: number): void {
    this.gate.enter('direct');
    if (this.#appender.holdsContent) this.#room.ensure(position + bytes.length);
    this.#file.beforeWrite?.(position > 0 && position === this.#appender.syncedPosition && records === 1);
    writeFully(this.#file.fileSystem, this.#file.descriptor, bytes, 0, bytes.length, position);
  }

  #syncFolderOnce(): void {
    if (!this.#syncsFolder) return;
    this.#file.fileSystem.syncDirectory(dirname(this.#file.path));
    this.#syncsFolder = false;
  }
}

/**
 * Locks the segment itself, so that two writers of a bare one exclude each other. In a state directory LOCK does that
 * already; where there are no locks, whoever opens a bare segment must know that nobody else does.
 * @throws StatelogError `LOCKED`
 */
export function lockSegment(fileSystem: FileSystem, path: string, descriptor: FileDescriptor): void {
  if (lockIfLocksAre(fileSystem, descriptor)) return;
  throw new StatelogError('LOCKED', `${path} is open for writing in another place`, {
    path,
    operation: 'flock',
    safe: 'nothing was changed',
    hint: 'wait until it is closed there',
  });
}
