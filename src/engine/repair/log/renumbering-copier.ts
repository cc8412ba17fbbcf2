import { crc32c } from '../../bytes/crc/checksum.js';
import { copyBytes } from '../../bytes/copy.js';
import { highHalf, lowHalf, writeU16, writeU32, writeU64 } from '../../bytes/halves.js';
import {
  LAG_PRESENT,
  ROOT,
  ROOT_BYTES,
  TAG_EPOCH_BARRIER,
  type WalEntry,
  type WalOperation,
} from '../../rkyv/entry/wal-entry-format.js';
import { encodeCommit, encodeNumbered } from '../../rkyv/entry/wal-entry-encoder.js';
import type { WalEntryHeader } from '../../rkyv/entry/wal-entry-encoder.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { writeFully } from '../../storage-io/whole/write-fully.js';
import { groupOfRecord, withoutGroupMark } from '../../wal/format/group-mark.js';
import { HEADER, RECORD_HEADER_BYTES } from '../../wal/format/record.js';

const BUFFER_BYTES = 1024 * 1024;

/** An operation that a repair itself records in a log. */
export type OwnOperation = Extract<WalOperation, { readonly op: 'epochBarrier' | 'commit' }>;

type OwnEntry = WalEntry & { readonly operation: OwnOperation };

/**
 * Copies records into a segment of ours without a gap in its numbering, so that it can be written again. Until
 * a number changes, records stay as they are; from then on each gets the next number, and says that
 * all before it was durable, which it is once the new segment is in place.
 *
 * Invariant: the record taken next gets the sequence `nextSequence`.
 */
export class RenumberingCopier {
  nextSequence: bigint;
  readonly #fileSystem: FileSystem;
  readonly #into: FileDescriptor;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #filled = 0;
  #position = 0;
  #renumbers = false;

  /** @param firstSequence the number of the first record */
  constructor(fileSystem: FileSystem, into: FileDescriptor, firstSequence: bigint) {
    this.#fileSystem = fileSystem;
    this.#into = into;
    this.nextSequence = firstSequence;
  }

  /** Takes a good record. */
  take(view: WalEntryView, bytes: number): void {
    const length = bytes - RECORD_HEADER_BYTES;
    const end = view.rootStart + ROOT_BYTES;
    this.#renumbers ||= view.sequence !== this.nextSequence;
    if (groupOfRecord(view) !== undefined) {
      const record = withoutGroupMark(view, bytes);
      this.#seal(record, 0, length);
      this.#writeOut();
      this.#write(record);
      return;
    }
    if (bytes > BUFFER_BYTES) {
      const record = new Uint8Array(bytes);
      record.set(view.bytes.subarray(end - length, end), RECORD_HEADER_BYTES);
      this.#seal(record, 0, length);
      this.#writeOut();
      this.#write(record);
      return;
    }
    if (this.#filled + bytes > BUFFER_BYTES) this.#writeOut();
    copyBytes(view.bytes, end - length, length, this.#buffer, this.#filled + RECORD_HEADER_BYTES);
    this.#seal(this.#buffer, this.#filled, length);
    this.#filled += bytes;
  }

  /** Adds a record of our own; its sequence must be `nextSequence`. */
  add(entry: OwnEntry): void {
    const { epoch, sequence, timestampNs, coreId, lag, operation } = entry;
    this.#writeOut();
    const header = {
      epochLow: lowHalf(epoch),
      epochHigh: highHalf(epoch),
      sequenceLow: lowHalf(sequence),
      sequenceHigh: highHalf(sequence),
      coreId,
      timestampLow: lowHalf(timestampNs),
      timestampHigh: highHalf(timestampNs),
      lag: lag ?? -1,
    };
    const data = dataOf(header, operation);
    const record = new Uint8Array(RECORD_HEADER_BYTES + data.length);
    record.set(data, RECORD_HEADER_BYTES);
    this.#seal(record, 0, data.length);
    this.#write(record);
  }

  /** Writes what was taken. */
  finish(): void {
    this.#writeOut();
  }

  /** Numbers the record at `at`, where that has to be, and writes its header. */
  #seal(bytes: Uint8Array, at: number, length: number): void {
    const data = at + RECORD_HEADER_BYTES;
    const root = data + length - ROOT_BYTES;
    if (this.#renumbers) {
      writeU64(bytes, root + ROOT.sequence, this.nextSequence);
      writeU16(bytes, root + ROOT.lagMark, LAG_PRESENT);
      writeU32(bytes, root + ROOT.lag, 0);
    }
    writeU32(bytes, at + HEADER.length, length);
    writeU32(bytes, at + HEADER.crc, crc32c(bytes, data, data + length));
    this.nextSequence += 1n;
  }

  #writeOut(): void {
    if (this.#filled === 0) return;
    this.#write(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #write(bytes: Uint8Array): void {
    writeFully(this.#fileSystem, this.#into, bytes, 0, bytes.length, this.#position);
    this.#position += bytes.length;
  }
}

function dataOf(header: WalEntryHeader, operation: OwnOperation): Uint8Array {
  if (operation.op === 'commit') return encodeCommit(header, operation.offsets, operation.watermark);
  const data = new Uint8Array(ROOT_BYTES);
  encodeNumbered(data, 0, header, TAG_EPOCH_BARRIER, operation.barrierEpoch);
  return data;
}
