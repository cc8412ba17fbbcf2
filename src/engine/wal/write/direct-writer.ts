import { checkBytes } from '../../bytes/byte-argument.js';
import { StatelogError } from '../../errors.js';
import { checkCommit, checkOperation } from '../../rkyv/entry/operation-arguments.js';
import type { WalEntry } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import { type Clock, SystemClock } from '../../storage-io/interface/clock.js';
import type {
  FileDescriptor,
  FileStatus,
  FileSystem,
  LinkPolicy,
} from '../../storage-io/interface/file-system.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import { RECORD_BYTES_MIN } from '../format/record.js';
import { checkPosition, startAt } from '../recover/open-position.js';
import { RecordAppender } from './record-appender.js';
import { RecordStamp, type StampStart } from './record-stamp.js';
import { SegmentOutput } from './segment-output.js';
import { WriteGate } from './write-gate.js';

const BUFFER_BYTES = 1024 * 1024;

/** The options of a writer. */
export interface CoreWalWriterOptions {
  readonly fileSystem?: FileSystem;
  readonly clock?: Clock;
  /** Records are collected in a buffer of this size before they are written; default 1 MiB. */
  readonly bufferBytes?: number;
  /**
   * The point at which numbering goes on: from the manifest, or from the report of a recovery. For `openAt`
   * it also says that everything before the position was found good, and need not be read again.
   */
  readonly start?: StampStart;
  /** Whether the first sync also makes the file's name durable; default true. */
  readonly syncFolder?: boolean;
  /** Called before bytes are written directly; see `SegmentFile.beforeWrite`. What it throws poisons the writer. */
  readonly beforeWrite?: ((isLone: boolean) => void) | undefined;
  /** For `openAt`: with 'refuse' the segment is a store's own, and neither a link nor known by a second name. */
  readonly links?: LinkPolicy;
  /** For `openAt`: the folder that a torn tail is copied to before it is cut; default: the segment's own. */
  readonly copyBrokenTo?: string;
}

/**
 * A writer of a core's segment, as far as it writes by itself: what `CoreWalWriter` is without a `StorageIo`. It is opened as one.
 */
export class DirectWalWriter {
  readonly coreId: number;
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  /** @internal */
  protected readonly gate: WriteGate;
  /** @internal */
  protected readonly output: SegmentOutput;
  /** @internal */
  protected readonly appender: RecordAppender;

  protected constructor(
    coreId: number,
    path: string,
    descriptor: FileDescriptor,
    position: number,
    start: StampStart,
    options: CoreWalWriterOptions,
  ) {
    const fileSystem = options.fileSystem ?? realFileSystem();
    const bufferBytes = Math.max(options.bufferBytes ?? BUFFER_BYTES, RECORD_BYTES_MIN);
    const stamp = new RecordStamp(coreId, options.clock ?? new SystemClock(), start);
    this.coreId = coreId;
    this.path = path;
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.gate = new WriteGate(path);
    const file = { fileSystem, path, descriptor, beforeWrite: options.beforeWrite };
    this.output = new SegmentOutput(file, this.gate, bufferBytes, options.syncFolder ?? true);
    this.appender = new RecordAppender(stamp, position, bufferBytes, this.output);
    this.output.serve(this.appender);
  }

  /** Start of the next record. */
  get position(): number {
    return this.appender.position;
  }

  /** Everything before this is durable. */
  get syncedPosition(): number {
    return this.appender.syncedPosition;
  }

  /** End of the bytes in the file; later appends are still in memory. */
  get writtenPosition(): number {
    return this.appender.position - this.appender.buffer.filled;
  }

  get entriesSinceSync(): number {
    return this.appender.entriesSinceSync;
  }

  get epoch(): bigint {
    return this.appender.stamp.epoch;
  }

  /** The sequence of the next record. */
  get sequence(): bigint {
    return this.appender.stamp.sequence;
  }

  /** The timestamp of the last record; none is ever earlier than the one before it. */
  get lastTimestampNs(): bigint {
    return this.appender.stamp.lastTimestampNs;
  }

  /** Status of the open file, whatever its path now means. */
  get status(): FileStatus {
    return this.#fileSystem.statusOf(this.#descriptor);
  }

  get isPoisoned(): boolean {
    return this.gate.state === 'poisoned';
  }

  /** @throws RangeError where the epoch is no u64, or below that of the last record */
  setEpoch(epoch: bigint): void {
    this.gate.checkUsable();
    this.appender.stamp.setEpoch(epoch);
  }

  /** @returns the position that the record starts at, as all appends do */
  appendPut(key: Uint8Array, value: Uint8Array): number {
    checkBytes(key, 'key');
    checkBytes(value, 'value');
    return this.appendPutParts(key, 0, key.length, value, 0, value.length);
  }

  /** `appendPut` of a key and a value that lie within larger arrays. */
  appendPutParts(
    keyBytes: Uint8Array,
    keyStart: number,
    keyLength: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueLength: number,
  ): number {
    checkBytes(keyBytes, 'keyBytes');
    checkBytes(valueBytes, 'valueBytes');
    this.gate.enter('direct');
    return this.appender.put(keyBytes, keyStart, keyLength, valueBytes, valueStart, valueLength);
  }

  appendDelete(key: Uint8Array): number {
    checkBytes(key, 'key');
    return this.appendDeleteParts(key, 0, key.length);
  }

  /** `appendDelete` of a key that lies within a larger array. */
  appendDeleteParts(keyBytes: Uint8Array, keyStart: number, keyLength: number): number {
    checkBytes(keyBytes, 'keyBytes');
    this.gate.enter('direct');
    return this.appender.delete(keyBytes, keyStart, keyLength);
  }

  /**
   * Appends an entry as it is: its epoch, sequence and time are kept. Its lag becomes this file's own.
   * @throws RangeError where one of them, or its core, would leave the segment out of order
   */
  append(entry: WalEntry): number {
    checkOperation(entry.operation);
    this.gate.enter('direct');
    return this.appender.entry(entry);
  }

  /**
   * Appends a copy of a record that a scanner stands on, under this writer's epoch: its sequence, which must be the one that is
   * due, and its time are kept. For the log behind a checkpoint that was made beside its writer.
   */
  appendCopy(view: WalEntryView): number {
    this.gate.enter('direct');
    return this.appender.copy(view);
  }

  /** Appends in whichever way this writer writes, as the next two do. */
  appendCheckpoint(id: bigint): number {
    this.gate.checkUsable();
    return this.appender.operation({ op: 'checkpoint', id });
  }

  /** Appends a barrier that carries the current epoch. */
  appendEpochBarrier(): number {
    this.gate.checkUsable();
    return this.appender.operation({ op: 'epochBarrier', barrierEpoch: this.epoch });
  }

  /** Records how far the sources were read. Offsets are u64, the watermark is i64. */
  appendCommit(offsets: ReadonlyMap<string, bigint>, watermark: bigint | undefined): number {
    checkCommit(offsets, watermark);
    this.gate.checkUsable();
    return this.appender.operation({ op: 'commit', offsets, watermark });
  }

  /** Writes what was appended, or submits it, without making it durable. */
  flush(): void {
    this.gate.checkUsable();
    this.output.makeRoom();
  }

  /** Writes what was appended and makes it durable. */
  sync(): void {
    this.gate.enter('direct');
    this.output.sync();
  }

  /**
   * Says that the caller has made the file durable by other means.
   * @throws RangeError while appends are still in memory or under way
   */
  markSynced(): void {
    this.gate.checkUsable();
    if (this.output.isBusy) throw new RangeError('appends are in memory or under way: flush them first');
    this.appender.markSynced(this.position, this.entriesSinceSync);
  }

  /**
   * Cuts the segment on purpose: its records from `position` on are backed by a checkpoint. Syncs before
   * and after. Numbering goes on behind the last record that is left.
   * @throws StatelogError `DAMAGED` where no record ends at `position`; nothing is cut
   */
  truncate(position: number): void {
    checkPosition(position);
    this.#settle();
    if (position > this.position) {
      throw new RangeError(`position ${position} lies past the end, ${this.position}`);
    }
    const where = { fileSystem: this.#fileSystem, coreId: this.coreId, path: this.path, position };
    const start = position === 0 ? undefined : startAt(where);
    this.output.cut(position);
    if (start?.nextSequence !== undefined) this.appender.stamp.setSequence(start.nextSequence);
  }

  /** Cuts the segment to nothing and numbers from 0 again, as LaminarDB does after a checkpoint. */
  reset(): void {
    this.truncate(0);
    this.appender.stamp.setSequence(0n);
  }

  /**
   * Syncs what was appended, and closes the file, also where the sync fails. A poisoned writer's file
   * is closed as it is.
   * @throws StatelogError `SYNC_IN_FLIGHT` where submitted appends are not known to have ended
   */
  close(): void {
    const { state } = this.gate;
    if (state === 'closed') return;
    if (state === 'submitted') this.#settle();
    try {
      if (state === 'direct' || (state === 'unused' && this.output.isBusy)) this.sync();
    } finally {
      this.abandon();
    }
  }

  /** The error of a failed write, if no sync failed before it. */
  get writeFailure(): unknown {
    return this.gate.writeFailure;
  }

  /**
   * Cuts what was not synced, after a write that found the disk full, and closes the file. Nothing is cut where a
   * sync failed, or a write for any other reason.
   * @returns whether the file ends, on disk, with what was acknowledged
   */
  rollBack(): boolean {
    if (this.gate.state === 'closed') return false;
    try {
      return this.output.rollBack();
    } finally {
      this.abandon();
    }
  }

  /** Closes the file without writing anything: what was not synced may or may not be there. */
  abandon(): void {
    if (this.gate.state !== 'closed') this.output.close();
  }

  /** Brings everything appended to disk, or refuses where that cannot be done at once. */
  #settle(): void {
    if (this.gate.state !== 'submitted') this.sync();
    else if (this.output.isBusy) throw this.inFlight('appends are under way');
  }

  /** @internal */
  protected inFlight(what: string): StatelogError {
    return new StatelogError('SYNC_IN_FLIGHT', `${this.path}: ${what}`, {
      path: this.path,
      hint: 'poll the StorageIo and pass what ended to checkCompletions first',
    });
  }
}
