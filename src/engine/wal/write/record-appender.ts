import { StatelogError } from '../../errors.js';
import { WordCopier } from '../../bytes/copy.js';
import { encodeNumbered, encodeCommit } from '../../rkyv/entry/wal-entry-encoder.js';
import {
  TAG_CHECKPOINT,
  TAG_DELETE,
  TAG_EPOCH_BARRIER,
  TAG_PUT,
  type WalEntry,
  type WalOperation,
  walEntryBytes,
} from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import { checksumRecords } from '../sums/batch-sum.js';
import { RecordBuffer } from './record-buffer.js';
import type { RecordStamp } from './record-stamp.js';
import { deleteByWords, putByWords } from '../format/record-words.js';
import { HEADER, RECORD_HEADER_BYTES, RECORD_LENGTH_MAX } from '../format/record.js';

const LAG_MAX = 0xffff_ffff;

/**
 * The destination of records once a buffer is full. Either call may fail; nothing of the record at hand is
 * then appended.
 */
export interface RecordSink {
  /** Empties the appender's buffer, or gives it another. */
  makeRoom(): void;
  /** Takes a whole record that is longer than a buffer; the buffer before it is empty. */
  takeLarge(record: Uint8Array): void;
  /** Makes all durable that was appended. */
  sync(): void;
}

/**
 * Encodes records back to back into a buffer. Each append returns the position of its record.
 *
 * Invariants:
 * - `position` is where the next record starts; the last `buffer.filled` bytes before it are in the buffer;
 * - `syncedPosition <= position`, and each record's lag is the distance between the two when it was appended;
 * - an append that throws has changed neither.
 */
export class RecordAppender {
  buffer: RecordBuffer;
  position: number;
  /** Everything before this is known to be durable. */
  syncedPosition: number;
  entriesSinceSync = 0;
  /** True while the buffer, or the large record at hand, holds more than what makes room or ends an epoch. */
  holdsContent = false;
  readonly stamp: RecordStamp;
  readonly #sink: RecordSink;
  readonly #copier = new WordCopier();
  /** The record being encoded lies here. */
  #target: RecordBuffer;
  #targetAt = 0;

  constructor(stamp: RecordStamp, position: number, bufferBytes: number, sink: RecordSink) {
    this.stamp = stamp;
    this.position = position;
    this.syncedPosition = position;
    this.buffer = new RecordBuffer(bufferBytes);
    this.#target = this.buffer;
    this.#sink = sink;
  }

  put(
    keyBytes: Uint8Array,
    keyStart: number,
    keyLength: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueLength: number,
  ): number {
    const length = this.#checkLength(walEntryBytes(TAG_PUT, keyLength, valueLength));
    this.holdsContent = true;
    this.stamp.prepare(this.#lag());
    return this.#put(length, keyBytes, keyStart, keyLength, valueBytes, valueStart, valueLength);
  }

  #put(
    length: number,
    keyBytes: Uint8Array,
    keyStart: number,
    keyLength: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueLength: number,
  ): number {
    const at = this.#start(length);
    const { header } = this.stamp;
    putByWords(
      this.#target,
      at,
      header,
      keyBytes,
      keyStart,
      keyLength,
      valueBytes,
      valueStart,
      valueLength,
      this.#copier,
    );
    return this.#finish(length);
  }

  delete(keyBytes: Uint8Array, keyStart: number, keyLength: number): number {
    const length = this.#checkLength(walEntryBytes(TAG_DELETE, keyLength, 0));
    this.stamp.prepare(this.#lag());
    const at = this.#start(length);
    deleteByWords(this.#target, at, this.stamp.header, keyBytes, keyStart, keyLength);
    return this.#finish(length);
  }

  /** Appends any operation, now. */
  operation(operation: WalOperation): number {
    this.stamp.prepare(this.#lag());
    return this.#operation(operation);
  }

  /** Appends an entry as it is, but for its lag, which is this file's own. */
  entry(entry: WalEntry): number {
    this.holdsContent = true;
    this.stamp.prepareAs(entry, this.#lag());
    return this.#operation(entry.operation);
  }

  /** Appends a copy of a record of the epoch before, under this one's epoch: its sequence, which must be due, and its time are kept. */
  copy(view: WalEntryView): number {
    const { bytes, keyStart, keyLength, valueStart, valueLength } = view;
    this.holdsContent = true;
    this.stamp.prepareCopy(view, this.#lag());
    if (view.tag !== TAG_PUT) return this.#operation(view.operation());
    const length = this.#checkLength(walEntryBytes(TAG_PUT, keyLength, valueLength));
    return this.#put(length, bytes, keyStart, keyLength, bytes, valueStart, valueLength);
  }

  /** Says that everything up to `position` is durable, which took so many of the entries along. */
  markSynced(position: number, entries: number): void {
    this.syncedPosition = position;
    this.entriesSinceSync -= entries;
    this.stamp.endGroup();
  }

  /** Says that the file was cut at `position`; the buffer is empty, and all before it durable. */
  moveTo(position: number): void {
    this.position = position;
    this.syncedPosition = position;
    this.entriesSinceSync = 0;
  }

  #operation(operation: WalOperation): number {
    const { header } = this.stamp;
    switch (operation.op) {
      case 'put': {
        const { key, value } = operation;
        const length = this.#checkLength(walEntryBytes(TAG_PUT, key.length, value.length));
        return this.#put(length, key, 0, key.length, value, 0, value.length);
      }
      case 'delete': {
        const { key } = operation;
        const length = this.#checkLength(walEntryBytes(TAG_DELETE, key.length, 0));
        const at = this.#start(length);
        deleteByWords(this.#target, at, header, key, 0, key.length);
        return this.#finish(length);
      }
      case 'checkpoint':
        return this.#numbered(TAG_CHECKPOINT, operation.id);
      case 'epochBarrier':
        return this.#numbered(TAG_EPOCH_BARRIER, operation.barrierEpoch);
      case 'commit': {
        const bytes = encodeCommit(header, operation.offsets, operation.watermark);
        const at = this.#start(this.#checkLength(bytes.length));
        this.#target.bytes.set(bytes, at);
        return this.#finish(bytes.length);
      }
    }
  }

  #numbered(tag: typeof TAG_CHECKPOINT | typeof TAG_EPOCH_BARRIER, number: bigint): number {
    const length = walEntryBytes(tag, 0, 0);
    const at = this.#start(length);
    encodeNumbered(this.#target.bytes, at, this.stamp.header, tag, number);
    return this.#finish(length);
  }

  /** The next record's lag. It must fit in its field: more than 4 GiB never lie unsynced. */
  #lag(): number {
    if (this.position - this.syncedPosition > LAG_MAX) this.#sink.sync();
    return this.position - this.syncedPosition;
  }

  #checkLength(length: number): number {
    if (length <= RECORD_LENGTH_MAX) return length;
    throw new StatelogError(
      'LIMIT_EXCEEDED',
      `the record would take ${length} bytes, more than the ${RECORD_LENGTH_MAX} that one may have`,
      { expected: `at most ${RECORD_LENGTH_MAX}`, found: String(length), safe: 'nothing was written' },
    );
  }

  /** Makes room for a record. @returns where its data starts in `#target` */
  #start(length: number): number {
    const bytes = RECORD_HEADER_BYTES + length;
    if (bytes > this.buffer.room) this.#sink.makeRoom();
    const { buffer } = this;
    if (bytes <= buffer.room) {
      buffer.reserve(bytes);
      this.#target = buffer;
      this.#targetAt = buffer.filled;
    } else {
      this.#target = new RecordBuffer(bytes);
      this.#target.reserve(bytes);
      this.#targetAt = 0;
    }
    return this.#targetAt + RECORD_HEADER_BYTES;
  }

  /** Writes the record's length, last of all, and counts it. */
  #finish(length: number): number {
    const bytes = RECORD_HEADER_BYTES + length;
    this.#target.words[(this.#targetAt + HEADER.length) >>> 2] = length;
    if (this.#target === this.buffer) {
      this.buffer.filled += bytes;
    } else {
      checksumRecords(this.#target, 0, bytes);
      this.#sink.takeLarge(this.#target.bytes);
      this.#target = this.buffer;
    }
    const { position } = this;
    this.position = position + bytes;
    this.entriesSinceSync += 1;
    this.stamp.advance();
    return position;
  }
}
