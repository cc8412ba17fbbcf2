import { copyBytes } from '../bytes/copy.js';
import { NODE_ENTRIES } from './ordered-map-format.js';

const KEY_BYTES_START = 256;

/** A node that is not written yet: copies of up to 5 keys end to end, their values, and its children. */
export class OpenNode {
  count = 0;
  keyBytes = new Uint8Array(KEY_BYTES_START);
  keyBytesUsed = 0;
  /** Where each key ends in `keyBytes`; it starts where the one before ends. */
  readonly keyEnds = new Float64Array(NODE_ENTRIES);
  readonly offsets = new Uint32Array(NODE_ENTRIES);
  readonly lengths = new Uint32Array(NODE_ENTRIES);
  /** Position of the child before each entry, or -1. */
  readonly children = new Float64Array(NODE_ENTRIES);

  /** Takes in an entry; there must be room for it. */
  add(key: Uint8Array, offset: number, length: number, child: number): void {
    const end = this.keyBytesUsed + key.length;
    if (end > this.keyBytes.length) this.#grow(end);
    copyBytes(key, 0, key.length, this.keyBytes, this.keyBytesUsed);
    this.keyBytesUsed = end;
    this.keyEnds[this.count] = end;
    this.offsets[this.count] = offset;
    this.lengths[this.count] = length;
    this.children[this.count] = child;
    this.count++;
  }

  /** Where the key of an entry starts in `keyBytes`. */
  keyStart(slot: number): number {
    return slot === 0 ? 0 : this.keyEnds[slot - 1]!;
  }

  /** Empties the node for its next use. */
  clear(): void {
    this.count = 0;
    this.keyBytesUsed = 0;
  }

  #grow(bytesMin: number): void {
    const grown = new Uint8Array(bytesMin * 2);
    grown.set(this.keyBytes.subarray(0, this.keyBytesUsed));
    this.keyBytes = grown;
  }
}
