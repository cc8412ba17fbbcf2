import { freeCopyOf } from '../../bytes/free-copy.js';
import type { FoldRecord } from '../format/record.js';
import type { KvEntry } from '../format/update.js';

/** Makes entries, free to keep, of records as they lie in a buffer. */
export class EntryReader {
  /** A view of the buffer that the last key was read from, since making one costs as much as reading. */
  #text: Buffer = Buffer.alloc(0);
  #textOf: Uint8Array | undefined;

  /** The entry of a put's record; `key` where the caller has it as a string already. */
  entry(record: FoldRecord, key = this.key(record)): KvEntry {
    const { bytes, valueStart, valueLength } = record;
    return { key, value: freeCopyOf(bytes, valueStart, valueLength), version: record.token() };
  }

  /** The key of a record as a string. */
  key(record: FoldRecord): string {
    const { bytes, keyStart, keyLength } = record;
    if (bytes !== this.#textOf) {
      this.#textOf = bytes;
      this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    return this.#text.toString('utf8', keyStart, keyStart + keyLength);
  }
}
