import { type Blake3, createBlake3 } from '../../bytes/hash/blake3.js';
import { FIELDS_AT, HEADER_BYTES, RECORD_BYTES_MIN, TYPE_AT } from '../format/format.js';
import { headerState } from '../format/header.js';
import { FoldRecord } from '../format/record.js';
import { LogWindow, type OpenLog } from '../record/log-window.js';

const BLOCK_BYTES = 64 * 1024;

/**
 * A mark of the records of a log in their order, 64 hex digits: the BLAKE3 of the checksum and the type that each of them
 * carries. Two logs with one mark hold the very same records.
 */
export class LogHistory {
  readonly #hash: Blake3 = createBlake3();
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #filled = 0;

  take({ bytes, start }: FoldRecord): void {
    if (this.#filled + FIELDS_AT > BLOCK_BYTES) this.#flush();
    for (let at = 0; at <= TYPE_AT; at++) this.#block[this.#filled++] = bytes[start + at]!;
  }

  /** The mark of the records so far; others may follow. */
  hex(): string {
    this.#flush();
    return this.#hash.digestHex();
  }

  #flush(): void {
    this.#hash.update(this.#block.subarray(0, this.#filled));
    this.#filled = 0;
  }
}

/**
 * Goes over the records of a log by their lengths alone: no checksum is computed, so it takes a fraction of the time of
 * reading it. Whoever knows the mark of its history knows that the records are those that were once read.
 * @param visit shown each record, until the next
 * @returns false where the lengths do not lead from the header to the end of the log
 */
export function passRecords(log: OpenLog, visit: (record: FoldRecord) => void): boolean {
  const window = new LogWindow(log);
  const record = new FoldRecord();
  if (log.size < HEADER_BYTES) return false;
  window.reach(0, HEADER_BYTES);
  if (headerState(window.bytes.subarray(0, HEADER_BYTES)) !== 'good') return false;
  for (let offset = HEADER_BYTES; offset < log.size; offset += record.length) {
    if (!lookAt(record, window, offset)) return false;
    visit(record);
  }
  return true;
}

function lookAt(record: FoldRecord, window: LogWindow, offset: number): boolean {
  record.offset = offset;
  for (let needed = RECORD_BYTES_MIN; offset + needed <= window.size; { needed } = record) {
    window.reach(offset, needed);
    const { bytes, start, end } = window;
    const shape = record.parse(bytes, offset - start, end - start);
    if (shape !== 'short') return shape === 'whole';
  }
  return false;
}
