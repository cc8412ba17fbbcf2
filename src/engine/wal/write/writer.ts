import { checkBytes } from '../../bytes/byte-argument.js';
import { StatelogError } from '../../errors.js';
import { checkOperation } from '../../rkyv/entry/operation-arguments.js';
import type { WalEntry } from '../../rkyv/entry/wal-entry-format.js';
import { refuseLinkedFile } from '../../storage-io/owners/own-paths.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import type { IoCompletion, StorageIo } from '../../storage-io/submission/storage-io.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { checkNothingFollows, checkPosition, cutTail, startAt } from '../recover/open-position.js';
import type { RecoveredSegment } from '../recover/recovery.js';
import { type CoreWalWriterOptions, DirectWalWriter } from './direct-writer.js';
import type { StampStart } from './record-stamp.js';
import { lockSegment } from './segment-output.js';

/**
 * The one writer of a core's segment. Appends are collected and written together: nothing is on disk
 * before `sync` returned, or `checkCompletions` told that a submitted sync ended.
 *
 * Invariants:
 * - a record is never appended after one that could not be written: the first failure of a write or a
 *   sync poisons the writer, and it never writes or syncs again;
 * - `syncedPosition` only moves when a sync ended well, and only to where everything stood when it began;
 * - one writer writes in one way, directly or through a `StorageIo`, never both.
 */
export class CoreWalWriter extends DirectWalWriter {
  /**
   * Makes a new, empty segment.
   * @throws StatelogError `ALREADY_EXISTS` where something has the name
   */
  static create(coreId: number, path: string, options: CoreWalWriterOptions = {}): CoreWalWriter {
    const fileSystem = options.fileSystem ?? realFileSystem();
    const descriptor = fileSystem.createExclusive(path);
    try {
      lockSegment(fileSystem, path, descriptor);
      return new CoreWalWriter(coreId, path, descriptor, 0, options.start ?? {}, options);
    } catch (error) {
      closeQuietly(fileSystem, descriptor);
      throw error;
    }
  }

  /**
   * Goes on with a segment at `position`, where its last good record ends. What follows is cut after
   * it was copied, and only if none of it can ever have been acknowledged. What is there is synced.
   * @throws StatelogError `DAMAGED` where a good record would be cut, or none ends at `position`; the
   * file is then unchanged
   */
  static openAt(
    coreId: number,
    path: string,
    position: number,
    options: CoreWalWriterOptions = {},
  ): CoreWalWriter {
    checkPosition(position);
    const fileSystem = options.fileSystem ?? realFileSystem();
    const where = { fileSystem, coreId, path, position, start: options.start };
    const start = options.start ?? startAt(where);
    checkNothingFollows(where, start);
    const descriptor = fileSystem.openReadWrite(path, options.links);
    try {
      if (options.links === 'refuse') refuseLinkedFile(path, fileSystem.statusOf(descriptor));
      lockSegment(fileSystem, path, descriptor);
      cutTail(fileSystem, descriptor, path, position, options.copyBrokenTo);
      fileSystem.sync(descriptor);
      return new CoreWalWriter(coreId, path, descriptor, position, start, options);
    } catch (error) {
      closeQuietly(fileSystem, descriptor);
      throw error;
    }
  }

  /**
   * Goes on with a segment that was just recovered, in the file that was opened for it: that is the writer's once this returns.
   * @param isDurable all of it is known to be on disk, and is not synced again
   */
  static goOn(
    { descriptor, report }: Pick<RecoveredSegment, 'descriptor' | 'report'>,
    isDurable: boolean,
    options: CoreWalWriterOptions & { readonly start: StampStart },
  ): CoreWalWriter {
    const { coreId, path, position } = report;
    const fileSystem = options.fileSystem ?? realFileSystem();
    lockSegment(fileSystem, path, descriptor);
    if (!isDurable) fileSystem.sync(descriptor);
    return new CoreWalWriter(coreId, path, descriptor, position, options.start, options);
  }

  appendPutViaStorageIo(key: Uint8Array, value: Uint8Array, storageIo: StorageIo): number {
    checkBytes(key, 'key');
    checkBytes(value, 'value');
    return this.appendPutPartsViaStorageIo(key, 0, key.length, value, 0, value.length, storageIo);
  }

  /** `appendPutViaStorageIo` of a key and a value that lie within larger arrays. */
  appendPutPartsViaStorageIo(
    keyBytes: Uint8Array,
    keyStart: number,
    keyLength: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueLength: number,
    storageIo: StorageIo,
  ): number {
    checkBytes(keyBytes, 'keyBytes');
    checkBytes(valueBytes, 'valueBytes');
    this.output.enterSubmitted(storageIo);
    return this.appender.put(keyBytes, keyStart, keyLength, valueBytes, valueStart, valueLength);
  }

  appendDeleteViaStorageIo(key: Uint8Array, storageIo: StorageIo): number {
    checkBytes(key, 'key');
    this.output.enterSubmitted(storageIo);
    return this.appender.delete(key, 0, key.length);
  }

  appendViaStorageIo(entry: WalEntry, storageIo: StorageIo): number {
    checkOperation(entry.operation);
    this.output.enterSubmitted(storageIo);
    return this.appender.entry(entry);
  }

  /**
   * Submits what was appended, and a sync of it. The synced position moves once `checkCompletions` is
   * told that it ended, and only to where it stands now.
   * @returns the sync's token
   * @throws StatelogError `SYNC_IN_FLIGHT` while another is under way
   */
  syncViaStorageIo(storageIo: StorageIo): number {
    const submissions = this.output.enterSubmitted(storageIo);
    if (submissions.pendingSync !== undefined) throw this.inFlight('a sync is under way already');
    return this.output.submitSync(submissions);
  }

  /**
   * Takes note of what `StorageIo.pollCompletions` returned; completions of other writers are passed over.
   * @returns true if the pending sync ended well
   * @throws StatelogError what an append or a sync failed with: the writer is then poisoned
   */
  checkCompletions(completions: readonly IoCompletion[]): boolean {
    const completed = this.output.submissions?.complete(completions);
    this.gate.checkUsable();
    if (completed?.failure !== undefined) {
      const { error, result } = completed.failure;
      const { path } = this;
      const message = `${path}: input or output failed with ${result}`;
      throw this.gate.poison(error ?? new StatelogError('IO_FAILED', message, { path }));
    }
    if (completed?.sync === undefined) return false;
    this.appender.markSynced(completed.sync.boundary, completed.sync.entries);
    return true;
  }

  get isSyncPending(): boolean {
    return this.output.submissions?.pendingSync !== undefined;
  }
}
