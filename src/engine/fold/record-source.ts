import { verifyHint } from '../bytes/command-hints.js';
import { PAGE_BYTES, PagedSource } from '../storage-io/paged-source.js';
import { damagedError } from './damage.js';
import { type OpenLog, readLog } from './log-window.js';
import { FoldRecord } from './record.js';

const SLOTS_MIN = 4;
const SLOTS_MAX = 8192;
const WAYS = 4;
const NEW_BYTES_MIN = 64 * 1024;

/** Bytes that a writer holds and has not written yet: those from `start` on, at `bytes[0]`. */
export interface PendingBytes {
  readonly bytes: Uint8Array;
  readonly start: number;
}

/**
 * Reads single records of a log by their place, each checked again whenever it is read: what a
 * scan found good may have rotted since. Reading goes through pages of 4 KiB, of which up to
 * 32 MiB are kept, and not through a mapping: a disk that fails, or another program that cuts the
 * file, then ends in an error and not in the death of the process.
 *
 * Invariants:
 * - Bytes that are written never change while the log is open, so pages are never dropped for a write.
 */
export class RecordSource {
  readonly #log: OpenLog;
  readonly #pending: PendingBytes | undefined;
  readonly #record = new FoldRecord();
  #pages: PagedSource;
  #unpaged = new Uint8Array(0);

  constructor(log: OpenLog, pending?: PendingBytes) {
    this.#log = log;
    this.#pending = pending;
    this.#pages = this.#pagesOf(log.size);
  }

  /**
   * The record at a place that an index gave; valid until the next call.
   * @throws StatelogError `DAMAGED` where it is not what it was
   */
  read(offset: number, length: number): FoldRecord {
    const record = this.#record;
    record.offset = offset;
    const shape = this.#parse(offset, length);
    const good =
      shape === 'whole' && record.length === length && record.computedChecksum() === record.storedChecksum;
    if (good) return record;
    throw damagedError({
      severity: 'damage',
      class: 'checksum-mismatch',
      file: this.#log.path,
      offset,
      bytes: length,
      message: 'a record that was good when the log was opened fails its checksum',
      hint: verifyHint(this.#log.path),
    });
  }

  #parse(offset: number, length: number): ReturnType<FoldRecord['parse']> {
    const pending = this.#pending;
    if (pending !== undefined && offset >= pending.start) {
      const at = offset - pending.start;
      return this.#record.parse(pending.bytes, at, at + length);
    }
    if (offset + length > this.#pages.length) this.#growPages();
    if (offset + length <= this.#pages.length) {
      this.#pages.window(offset, length);
      return this.#record.parse(this.#pages.bytes, this.#pages.at, this.#pages.at + length);
    }
    if (this.#unpaged.length < length) this.#unpaged = new Uint8Array(length);
    readLog(this.#log, this.#unpaged, length, offset);
    return this.#record.parse(this.#unpaged, 0, length);
  }

  /** Sets the pages up anew once a good part of the file lies beyond them; till then that part is read as it is. */
  #growPages(): void {
    const size = this.#pending?.start ?? this.#log.size;
    const beyond = size - this.#pages.length;
    if (beyond > Math.max(NEW_BYTES_MIN, this.#pages.length / 4)) this.#pages = this.#pagesOf(size);
  }

  #pagesOf(length: number): PagedSource {
    const { fileSystem, descriptor, path } = this.#log;
    const wanted = Math.ceil(length / PAGE_BYTES / WAYS) * WAYS;
    const slots = Math.min(Math.max(wanted, SLOTS_MIN), SLOTS_MAX);
    return new PagedSource({ fileSystem, descriptor, path, start: 0, length, slots });
  }
}
