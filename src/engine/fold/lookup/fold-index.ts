import { type KeyCursor, OrderedKeyIndex } from '../../key-index/ordered-key-index.js';

const LENGTH_BITS = 27;
const LENGTH_MASK = 2 ** LENGTH_BITS - 1;
const HALF_RANGE = 2 ** 32;

/**
 * The live keys of a fold, each with the place of its put in the log. Values and versions stay in
 * the file: 8 bytes a key say where (37 bits of offset, 27 of length), so that a large fold needs
 * memory for its keys alone.
 */
export class FoldIndex {
  readonly #keys = new OrderedKeyIndex();
  /** Bytes of the records that hold the live values. */
  liveBytes = 0;
  /** Offset and length of the record that the last lookup came to. */
  offset = 0;
  length = 0;

  /** How many keys are live. */
  get count(): number {
    return this.#keys.count;
  }

  /** Finds the record of the key at `bytes[start]`; false if there is none. */
  find(bytes: Uint8Array, start: number, keyLength: number): boolean {
    return this.load(this.#keys.findAt(bytes, start, keyLength));
  }

  /** Sets the record of the key at `bytes[start]`; true if the key is new. */
  put(bytes: Uint8Array, start: number, keyLength: number, offset: number, length: number): boolean {
    const slot = this.#keys.insertAt(bytes, start, keyLength);
    const { inserted } = this.#keys;
    if (!inserted) this.liveBytes -= this.#keys.secondWord(slot) & LENGTH_MASK;
    this.liveBytes += length;
    this.move(slot, offset, length);
    return inserted;
  }

  /** Removes the key at `bytes[start]`; true if it was there. */
  delete(bytes: Uint8Array, start: number, keyLength: number): boolean {
    if (!this.find(bytes, start, keyLength)) return false;
    this.#keys.removeAt(bytes, start, keyLength);
    this.liveBytes -= this.length;
    return true;
  }

  /** Sets the place of a slot's record, as after a rewrite. */
  move(slot: number, offset: number, length: number): void {
    this.#keys.setWords(slot, offset % HALF_RANGE, secondWord(offset, length));
  }

  /** Takes the place of a slot's record into `offset` and `length`; false for -1. */
  load(slot: number): boolean {
    if (slot < 0) return false;
    const second = this.#keys.secondWord(slot);
    this.offset = (second >>> LENGTH_BITS) * HALF_RANGE + this.#keys.firstWord(slot);
    this.length = second & LENGTH_MASK;
    return true;
  }

  /** A copy of a slot's key. */
  keyOf(slot: number): Uint8Array {
    return this.#keys.keyOf(slot);
  }

  /** A cursor over the slots in key order. */
  cursor(): KeyCursor {
    return this.#keys.cursor();
  }
}

/** A slot's second word: what its first one does not hold of the offset, and the length. */
function secondWord(offset: number, length: number): number {
  return ((Math.floor(offset / HALF_RANGE) << LENGTH_BITS) | length) >>> 0;
}
