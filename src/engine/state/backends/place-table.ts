import type { EntryCursor } from '../../entry-cursor.js';
import { type KeyCursor, OrderedKeyIndex } from '../../key-index/ordered-key-index.js';

/**
 * The place of each key's value: an ordered index of keys whose two words are the value's offset and length.
 * Total sizes are kept up to date and never recounted.
 *
 * Invariants: `keyBytes` and `liveBytes` are the sums over all keys here.
 */
export class PlaceTable {
  readonly keys = new OrderedKeyIndex();
  keyBytes = 0;
  liveBytes = 0;
  /** Length of the value that the last `set` replaced; -1 where the key was new. */
  replacedLength = -1;

  get count(): number {
    return this.keys.count;
  }

  /** The key's slot, or -1. */
  find(key: Uint8Array): number {
    return this.keys.find(key);
  }

  offsetOf(slot: number): number {
    return this.keys.firstWord(slot);
  }

  lengthOf(slot: number): number {
    return this.keys.secondWord(slot);
  }

  /** Says where a key's value is. */
  set(key: Uint8Array, offset: number, length: number): void {
    this.setAt(key, 0, key.length, offset, length);
  }

  /** Sets, as `set` does, the place for the key that stands in a buffer. */
  setAt(buffer: Uint8Array, keyStart: number, keyLength: number, offset: number, length: number): void {
    const slot = this.keys.insertAt(buffer, keyStart, keyLength);
    this.replacedLength = this.keys.inserted ? -1 : this.keys.secondWord(slot);
    if (this.keys.inserted) this.keyBytes += keyLength;
    else this.liveBytes -= this.replacedLength;
    this.liveBytes += length;
    this.keys.setWords(slot, offset, length);
  }

  /** Says that a value has moved. */
  moveTo(slot: number, offset: number): void {
    this.keys.setWords(slot, offset, this.keys.secondWord(slot));
  }

  /** Says that all values have moved: `offsets` has their new places, by slot. */
  moveAll(offsets: Uint32Array): void {
    const cursor = this.keys.cursor();
    for (let slot = cursor.first(); slot >= 0; slot = cursor.next()) this.moveTo(slot, offsets[slot]!);
  }

  /** Forgets a key; returns whether it was there. */
  remove(key: Uint8Array): boolean {
    const slot = this.keys.find(key);
    if (slot < 0) return false;
    this.keyBytes -= key.length;
    this.liveBytes -= this.keys.secondWord(slot);
    this.keys.remove(key);
    return true;
  }

  clear(): void {
    this.keys.clear();
    this.keyBytes = 0;
    this.liveBytes = 0;
  }

  /** @param valueAt shows the value at a place */
  cursor(valueAt: (offset: number, length: number) => Uint8Array): PlaceCursor {
    return new PlaceCursor(this, valueAt);
  }
}

/**
 * Walks a table in key order, both ways. The table may change between two moves: the cursor goes on
 * from the key that it stood on.
 */
export class PlaceCursor implements EntryCursor {
  readonly #table: PlaceTable;
  readonly #cursor: KeyCursor;
  readonly #valueAt: (offset: number, length: number) => Uint8Array;
  #keyBuffer = new Uint8Array(64);
  #key: Uint8Array | undefined;

  constructor(table: PlaceTable, valueAt: (offset: number, length: number) => Uint8Array) {
    this.#table = table;
    this.#cursor = table.keys.cursor();
    this.#valueAt = valueAt;
  }

  first(): boolean {
    return this.#moved(this.#cursor.first());
  }

  last(): boolean {
    return this.#moved(this.#cursor.last());
  }

  seek(key: Uint8Array): boolean {
    return this.#moved(this.#cursor.seekFirst(key));
  }

  seekBefore(key: Uint8Array): boolean {
    return this.#moved(this.#cursor.seekLast(key));
  }

  next(): boolean {
    return this.#moved(this.#cursor.next());
  }

  previous(): boolean {
    return this.#moved(this.#cursor.previous());
  }

  get key(): Uint8Array {
    if (this.#key !== undefined) return this.#key;
    const { slot } = this;
    const length = this.#table.keys.keyLengthOf(slot);
    if (length > this.#keyBuffer.length) this.#keyBuffer = new Uint8Array(2 * length);
    this.#table.keys.copyKey(slot, this.#keyBuffer, 0);
    this.#key = this.#keyBuffer.subarray(0, length);
    return this.#key;
  }

  /** Length of the key in bytes. */
  get keyLength(): number {
    return this.#table.keys.keyLengthOf(this.slot);
  }

  /** Offset of the entry's value. */
  get offset(): number {
    return this.#table.offsetOf(this.slot);
  }

  get length(): number {
    return this.#table.lengthOf(this.slot);
  }

  /** The key's slot. RangeError where the cursor is on none, or its key was deleted meanwhile. */
  get slot(): number {
    const { slot } = this.#cursor;
    if (slot < 0) throw new RangeError('the cursor is on no entry');
    return slot;
  }

  value(): Uint8Array {
    const { slot } = this;
    return this.#valueAt(this.#table.offsetOf(slot), this.#table.lengthOf(slot));
  }

  #moved(slot: number): boolean {
    this.#key = undefined;
    return slot >= 0;
  }
}
