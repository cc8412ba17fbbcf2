import { crc32c } from '../../bytes/crc/checksum.js';
import { writeU32 } from '../../bytes/halves.js';
import { ROOT_BYTES } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import { HEADER, RECORD_HEADER_BYTES } from '../../wal/format/record.js';
import type { FileBytes } from './file-bytes.js';

/**
 * The bytes of a good record, from the entry that a scanner holds: the file may be gone by now. What a scanner
 * found good has the header that its data calls for.
 */
export class EntryBytes implements FileBytes {
  readonly size: number;
  readonly #header = new Uint8Array(RECORD_HEADER_BYTES);
  readonly #data: Uint8Array;
  readonly #offset: number;

  /**
   * @param dataBytes the entry's length
   * @param offset where the record starts in the file
   */
  constructor(view: WalEntryView, dataBytes: number, offset: number) {
    const end = view.rootStart + ROOT_BYTES;
    this.#data = view.bytes.subarray(end - dataBytes, end);
    this.#offset = offset;
    this.size = offset + RECORD_HEADER_BYTES + dataBytes;
    writeU32(this.#header, HEADER.length, dataBytes);
    writeU32(this.#header, HEADER.crc, crc32c(this.#data));
  }

  read(offset: number, length: number): Uint8Array {
    const at = offset - this.#offset;
    if (at < RECORD_HEADER_BYTES) return this.#header.subarray(at, at + length);
    const from = at - RECORD_HEADER_BYTES;
    return this.#data.subarray(from, from + length);
  }
}
