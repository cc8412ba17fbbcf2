import { copyBytes } from '../../bytes/copy.js';
import { NODE_ENTRIES } from './ordered-map-format.js';

const KEY_BYTES_START = 256;

/** A node that is not written yet: its keys end to end, as copies where they are kept, their values, and its children. */
export class OpenNode {
  count = 0;
  keyBytes = new Uint8Array(KEY_BYTES_START);
  keyBytesUsed = 0;
  /** The end of each key, counted from the start of the first; a key starts where the one before it ends. */
  readonly keyEnds = new Float64Array(NODE_ENTRIES);
  readonly offsets = new Uint32Array(NODE_ENTRIES);
  readonly lengths = new Uint32Array(NODE_ENTRIES);
  /** Position of the child before each entry, or -1. */
  readonly children = new Float64Array(NODE_ENTRIES);

  /** Copies the key of the next entry. */
  addKey(bytes: Uint8Array, start: number, length: number): void {
    const end = this.keyBytesUsed + length;
    if (end > this.keyBytes.length) this.#grow(end);
    copyBytes(bytes, start, length, this.keyBytes, this.keyBytesUsed);
    this.keyBytesUsed = end;
  }

  /** Says how long the key of the next entry is, which is kept elsewhere. */
  passKey(length: number): void {
    this.keyBytesUsed += length;
  }

  /** Takes in an entry, after its key; there must be room for it. */
  add(offset: number, length: number, child: number): void {
    const { count } = this;
    this.keyEnds[count] = this.keyBytesUsed;
    this.offsets[count] = offset;
    this.lengths[count] = length;
    this.children[count] = child;
    this.count = count + 1;
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
