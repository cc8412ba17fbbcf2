import { verifyHint } from '../../bytes/text/command-hints.js';
import type { StatelogError } from '../../errors.js';
import { damagedError } from '../record/damage.js';
import { LogBlocks } from './log-blocks.js';
import type { OpenLog } from '../record/log-window.js';
import { FoldRecord } from '../format/record.js';

/** Bytes that a writer holds and has not written yet: those from `start` on, at `bytes[0]`. */
export interface PendingBytes {
  readonly bytes: Uint8Array;
  readonly start: number;
}

/**
 * Reads single records of a log by their place, each checked again when it is read from the file: what
 * a scan found good may have rotted since. Reading goes through blocks that are kept (log-blocks.ts), and
 * not through a mapping: a disk that fails, or another program that cuts the file, then ends in an
 * error and not in the death of the process.
 */
export class FoldRecordSource {
  readonly #log: OpenLog;
  readonly #pending: PendingBytes | undefined;
  readonly #record = new FoldRecord();
  readonly #blocks: LogBlocks;

  /** @param isReadOnce true where little need be kept of what is read */
  constructor(log: OpenLog, pending?: PendingBytes, isReadOnce = false) {
    this.#log = log;
    this.#pending = pending;
    this.#blocks = new LogBlocks(log, isReadOnce);
  }

  /**
   * The record at a place that an index gave; valid until the next call.
   * @throws StatelogError `DAMAGED` where it is not what it was
   */
  read(offset: number, length: number): FoldRecord {
    const record = this.#record;
    const pending = this.#pending;
    record.offset = offset;
    if (pending !== undefined && offset >= pending.start) {
      const at = offset - pending.start;
      if (this.#parses(pending.bytes, at, length) && record.checksumHolds()) return record;
      throw this.#damaged(offset, length);
    }
    const blocks = this.#blocks;
    blocks.reach(offset, length, pending?.start ?? this.#log.size);
    if (!this.#parses(blocks.bytes, blocks.at, length)) throw this.#damaged(offset, length);
    if (blocks.isGood) return record;
    if (!record.checksumHolds()) throw this.#damaged(offset, length);
    blocks.markGood();
    return record;
  }

  #parses(bytes: Uint8Array, at: number, length: number): boolean {
    return this.#record.parse(bytes, at, at + length) === 'whole' && this.#record.length === length;
  }

  #damaged(offset: number, length: number): StatelogError {
    return damagedError({
      severity: 'damage',
      class: 'checksum-mismatch',
      file: this.#log.path,
      offset,
      bytes: length,
      message: 'a record that was good when the log was opened fails its checksum',
      hint: verifyHint(this.#log.path),
    });
  }
}
