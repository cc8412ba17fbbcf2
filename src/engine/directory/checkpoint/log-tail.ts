import type { Clock } from '../../storage-io/interface/clock.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { temporaryPath } from '../../storage-io/whole/staged-paths.js';
import { damageError } from '../../wal/scan/scan-findings.js';
import { WalScanner } from '../../wal/scan/scanner.js';
import type { StampStart } from '../../wal/write/record-stamp.js';
import { CoreWalWriter } from '../../wal/write/writer.js';
import { SEGMENT_BUFFER_BYTES } from '../write/writer-environment.js';

/** Bytes copied in one step. */
const STEP_BYTES = 64 * 1024;

/** A log that was closed, and goes on all the same while the checkpoint of its epoch is made. */
export interface TailStart {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly coreId: number;
  /** The segment that was closed. */
  readonly path: string;
  readonly epoch: bigint;
  /** The end of the barrier that closed it, and the numbering that goes on there. */
  readonly position: number;
  readonly nextSequence: bigint;
  readonly lastTimestampNs: bigint;
}

/** The point at which the segment of the next epoch goes on. */
export interface SegmentStart extends Required<StampStart> {
  readonly position: number;
}

/**
 * The records that come to a core's log behind the barrier that closed its epoch, while a checkpoint of that epoch is made.
 * They are acknowledged where they stand: nothing but the manifest makes the next epoch's log count. So they are copied
 * there, to a temporary file beside the empty segment, which it replaces just before the manifest is swapped.
 */
export class LogTail {
  readonly #start: TailStart;
  readonly #target: string;
  #descriptor: FileDescriptor | undefined;
  #scanner: WalScanner | undefined;
  #writer: CoreWalWriter | undefined;
  #temporary = '';

  /** @param target the next epoch's empty segment */
  constructor(start: TailStart, target: string) {
    this.#start = start;
    this.#target = target;
  }

  /**
   * Copies some of what is in the file now.
   * @returns false once all of it is copied
   * @throws StatelogError `DAMAGED` where it does not read as it was written
   */
  copySome(): boolean {
    if (this.#scanner === undefined) this.#scanner = this.#openScanner();
    else this.#scanner.lookAgain();
    const scanner = this.#scanner;
    for (const end = scanner.goodEnd + STEP_BYTES; scanner.goodEnd < end;) {
      const event = scanner.next();
      if (event === 'end') return false;
      if (event === 'finding') throw damageError(scanner.finding!, 'the log is as it was');
      this.#writerOfCopy().appendCopy(scanner.view);
    }
    return true;
  }

  /**
   * Puts the copy in the segment's place, synced; the folder is the caller's to sync. Everything must be copied.
   * @returns where the segment goes on
   */
  putInPlace(): SegmentStart {
    const { fileSystem, epoch, nextSequence, lastTimestampNs } = this.#start;
    const writer = this.#writer;
    if (writer === undefined) return { position: 0, nextSequence, lastTimestampNs, epoch: epoch + 1n };
    writer.sync();
    fileSystem.rename(this.#temporary, this.#target);
    const { position, sequence, lastTimestampNs: last } = writer;
    return { position, nextSequence: sequence, lastTimestampNs: last, epoch: epoch + 1n };
  }

  /** Closes what is open, in any case. */
  close(): void {
    if (this.#descriptor !== undefined) closeQuietly(this.#start.fileSystem, this.#descriptor);
    this.#descriptor = undefined;
    this.#writer?.abandon();
  }

  #openScanner(): WalScanner {
    const { fileSystem, path, position, coreId, epoch, nextSequence } = this.#start;
    this.#descriptor = fileSystem.openRead(path, 'refuse');
    const part = { descriptor: this.#descriptor, order: undefined, isFollowed: false };
    const known = { from: position, coreId, epoch, expectedSequence: nextSequence, isClosed: true };
    return WalScanner.openPart(path, part, { fileSystem, ...known });
  }

  #writerOfCopy(): CoreWalWriter {
    if (this.#writer !== undefined) return this.#writer;
    const { fileSystem, clock, coreId, epoch, nextSequence, lastTimestampNs } = this.#start;
    this.#temporary = temporaryPath(this.#target);
    this.#writer = CoreWalWriter.create(coreId, this.#temporary, {
      fileSystem,
      clock,
      syncFolder: false,
      bufferBytes: SEGMENT_BUFFER_BYTES,
      start: { nextSequence, lastTimestampNs, epoch: epoch + 1n },
    });
    return this.#writer;
  }
}
