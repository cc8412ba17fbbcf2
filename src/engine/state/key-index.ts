/**
 * An ordered map from byte keys to dense slot numbers (u32), compared as unsigned bytes, a
 * shorter key before a longer one that it begins. A slot stays the same for as long as its key is
 * there, and is used again after the key is removed. Each slot also carries two u32 words for its
 * owner (such as a value's offset and length), 0 and 0 at first.
 */
export class OrderedKeyIndex {
  /** Whether the last `insert` added a key, rather than found it. */
  inserted = false;
  /** Raised by each insert of a new key, each removal and each clear. */
  version = 0;
  private order: number[] = [];
  private keys: Uint8Array[] = [];
  private words: number[] = [];
  private freeSlots: number[] = [];

  /** How many keys there are. */
  get count(): number {
    return this.order.length;
  }

  /** One past the highest slot that was handed out: the size of an array indexed by slot. */
  get slotLimit(): number {
    return this.keys.length;
  }

  /** Bytes in use by keys, nodes and slots. */
  get bytesUsed(): number {
    return this.order.reduce((sum, slot) => sum + this.keyLengthOf(slot) + 32, 0);
  }

  /** The slot of `key`, or -1. */
  find(key: Uint8Array): number {
    return this.findAt(key, 0, key.length);
  }

  /** The slot of the key that stands in `bytes` at `start`, or -1. */
  findAt(bytes: Uint8Array, start: number, length: number): number {
    const at = this.lowerBound(bytes.subarray(start, start + length));
    const slot = this.order[at] ?? -1;
    return slot >= 0 && this.compareKey(slot, bytes, start, length) === 0 ? slot : -1;
  }

  /** The slot of `key`, which is added if it is not there. */
  insert(key: Uint8Array): number {
    return this.insertAt(key, 0, key.length);
  }

  /** As `insert`, for the key that stands in `bytes` at `start`. The bytes are copied. */
  insertAt(bytes: Uint8Array, start: number, length: number): number {
    const found = this.findAt(bytes, start, length);
    this.inserted = found < 0;
    if (found >= 0) return found;
    const key = bytes.slice(start, start + length);
    const slot = this.freeSlots.pop() ?? this.keys.length;
    this.keys[slot] = key;
    this.setWords(slot, 0, 0);
    this.order.splice(this.lowerBound(key), 0, slot);
    this.version += 1;
    return slot;
  }

  /** Removes `key`; the slot that it had, or -1 if it was not there. */
  remove(key: Uint8Array): number {
    return this.removeAt(key, 0, key.length);
  }

  /** As `remove`, for the key that stands in `bytes` at `start`. */
  removeAt(bytes: Uint8Array, start: number, length: number): number {
    const slot = this.findAt(bytes, start, length);
    if (slot < 0) return -1;
    this.order.splice(this.order.indexOf(slot), 1);
    this.freeSlots.push(slot);
    this.version += 1;
    return slot;
  }

  /** Removes every key. */
  clear(): void {
    this.order = [];
    this.keys = [];
    this.words = [];
    this.freeSlots = [];
    this.version += 1;
  }

  /** The first of the slot's two words (u32). */
  firstWord(slot: number): number {
    return this.words[2 * slot] ?? 0;
  }

  /** The second of the slot's two words (u32). */
  secondWord(slot: number): number {
    return this.words[2 * slot + 1] ?? 0;
  }

  /** Sets the slot's two words (u32). */
  setWords(slot: number, first: number, second: number): void {
    this.words[2 * slot] = first;
    this.words[2 * slot + 1] = second;
  }

  /** Length of the slot's key in bytes. */
  keyLengthOf(slot: number): number {
    return this.keyAt(slot).length;
  }

  /** A copy of the slot's key. */
  keyOf(slot: number): Uint8Array {
    return this.keyAt(slot).slice();
  }

  /** Copies the slot's key into `into` at `at`; its length. */
  copyKey(slot: number, into: Uint8Array, at: number): number {
    const key = this.keyAt(slot);
    into.set(key, at);
    return key.length;
  }

  /** Below 0 if the slot's key comes before the given one, above 0 if after, 0 if equal. */
  compareKey(slot: number, bytes: Uint8Array, start: number, length: number): number {
    return Buffer.compare(this.keyAt(slot), bytes.subarray(start, start + length));
  }

  /** Whether the slot's key begins with the given bytes. */
  keyStartsWith(slot: number, prefix: Uint8Array): boolean {
    return Buffer.compare(this.keyAt(slot).subarray(0, prefix.length), prefix) === 0;
  }

  /** A cursor, not yet on any key. */
  cursor(): KeyCursor {
    return new KeyCursor(this);
  }

  /** The slot at a place in key order, or -1; for the cursor. */
  slotAt(place: number): number {
    return this.order[place] ?? -1;
  }

  /** The place in key order of the first key that is not before `key`; for the cursor. */
  lowerBound(key: Uint8Array): number {
    let low = 0;
    let high = this.order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compareKey(this.slotAt(middle), key, 0, key.length) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private keyAt(slot: number): Uint8Array {
    const key = this.keys[slot];
    if (key === undefined) throw new RangeError(`no key has slot ${String(slot)}`);
    return key;
  }
}

/**
 * Walks an index in key order, both ways. Each move answers the slot that it came to, or -1. The
 * index may change between two moves: the cursor goes on from the key that it stood on, even if
 * that one was removed.
 */
export class KeyCursor {
  private readonly index: OrderedKeyIndex;
  private key: Uint8Array | undefined;

  constructor(index: OrderedKeyIndex) {
    this.index = index;
  }

  /** The slot of the key that the cursor is on, or -1. */
  get slot(): number {
    return this.key === undefined ? -1 : this.index.find(this.key);
  }

  /** To the first key. */
  first(): number {
    return this.moveTo(0);
  }

  /** To the last key. */
  last(): number {
    return this.moveTo(this.index.count - 1);
  }

  /** To the first key that is not before `key`. */
  seekFirst(key: Uint8Array): number {
    return this.moveTo(this.index.lowerBound(key));
  }

  /** To the last key that is before `key`. */
  seekLast(key: Uint8Array): number {
    return this.moveTo(this.index.lowerBound(key) - 1);
  }

  /** To the next key; from nowhere, nowhere. */
  next(): number {
    if (this.key === undefined) return -1;
    const place = this.index.lowerBound(this.key);
    return this.moveTo(this.index.find(this.key) < 0 ? place : place + 1);
  }

  /** To the key before; from nowhere, nowhere. */
  previous(): number {
    return this.key === undefined ? -1 : this.moveTo(this.index.lowerBound(this.key) - 1);
  }

  private moveTo(place: number): number {
    const slot = this.index.slotAt(place);
    this.key = slot < 0 ? undefined : this.index.keyOf(slot);
    return slot;
  }
}
