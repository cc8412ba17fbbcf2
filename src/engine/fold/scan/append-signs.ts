import { compareRanges } from '../../bytes/compare.js';
import { copyBytes } from '../../bytes/copy.js';
import { CURSOR_TYPE, DELETE_TYPE, KEY_BYTES_MAX } from '../format/format.js';
import type { FoldRecord } from '../format/record.js';

const KEY_ROOM_BYTES = 1024;

/**
 * Watches the records of a log from its start for what tells a log that was appended to from the
 * compact form. The compact form is written to a file of its own and synced before it gets its
 * name, so none of it can be torn; only what was appended can.
 */
export class AppendSigns {
  /** A cursor record was seen: what comes after it was appended. */
  cursorSeen = false;
  /** The keys so far ascend and nothing was deleted, as in the compact form. */
  ascending = true;
  #lastKey = new Uint8Array(KEY_ROOM_BYTES);
  #lastKeyLength = -1;
  #keysCount = true;

  /** True where what comes next was certainly appended. */
  get appended(): boolean {
    return this.cursorSeen || !this.ascending;
  }

  /** After damage the order of keys proves nothing any more: a block may stand in another's place. */
  stopComparingKeys(): void {
    this.#keysCount = false;
  }

  see(record: FoldRecord): void {
    if (record.type === CURSOR_TYPE) {
      this.cursorSeen = true;
    } else if (this.ascending && this.#keysCount) {
      if (record.type === DELETE_TYPE || !this.#followsLastKey(record)) this.ascending = false;
      else this.#keepKey(record);
    }
  }

  #followsLastKey(record: FoldRecord): boolean {
    if (this.#lastKeyLength < 0) return true;
    const { bytes, keyStart, keyLength } = record;
    return compareRanges(this.#lastKey, 0, this.#lastKeyLength, bytes, keyStart, keyLength) < 0;
  }

  #keepKey(record: FoldRecord): void {
    if (record.keyLength > this.#lastKey.length) this.#lastKey = new Uint8Array(KEY_BYTES_MAX);
    copyBytes(record.bytes, record.keyStart, record.keyLength, this.#lastKey, 0);
    this.#lastKeyLength = record.keyLength;
  }
}
