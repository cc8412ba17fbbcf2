import { copyBytes, WordCopier } from '../../bytes/copy.js';
import { readU32, writeU32 } from '../../bytes/halves.js';
import { MemoryBackend } from '../../state/backends/memory-backend.js';
import type { PlaceCursor } from '../../state/backends/place-table.js';
import type { OverlayCursor } from './merged-cursor.js';

/** `[key length and flag: u32, key, value]`: what the arena holds for one change. */
const HEADER_BYTES = 4;
/** Set in the header of a record that says its key was deleted. */
const TOMBSTONE_FLAG = 0x8000_0000;
const KEY_LENGTH_MASK = 0x7fff_ffff;
const ARENA_BYTES_MIN = 64 * 1024;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The memory of a smaller layer is not worth keeping. */
const WORTH_KEEPING_BYTES = 256 * 1024;
const SPARE_STORES_MAX = 2;
/** Stores of layers that were let go, emptied, for the next ones. To free so much memory V8 would mark its whole heap. */
const spareStores: MemoryBackend[] = [];
/** Refuses whatever a layer that held changes is asked once it was let go; made when the first one is. */
let refusingStore: MemoryBackend | undefined;

/** The answer of an overlay about a key. */
export type OverlayAnswer = 'unknown' | 'deleted' | Uint8Array;

/**
 * Every change since the checkpoint, in memory: the backend of a state store in memory, whose values are records
 * that also hold the key, so that the log's drainer finds all it needs by a record's offset.
 * The arena never compacts itself: the changelog's offsets point into it until they are drained.
 */
export class Overlay {
  /** Made with the first change. */
  #store: MemoryBackend | undefined;
  /** How many states it is a layer of. */
  #holders = 1;
  readonly #copier = new WordCopier();
  #valueBytes = 0;
  #keyBytes = 0;
  #hasTombstones = false;

  /** Keys that were put or deleted. */
  get count(): number {
    return this.#store?.length ?? 0;
  }

  /** Bytes of all keys here, tombstones included: bounds what a checkpoint adds to the index. */
  get keyBytes(): number {
    return this.#keyBytes;
  }

  /** False if no key was ever deleted here. */
  get hasTombstones(): boolean {
    return this.#hasTombstones;
  }

  /** Bytes of all values here: what a checkpoint will append. */
  get valueBytes(): number {
    return this.#valueBytes;
  }

  /** Returns the offset of the record in the arena. */
  put(key: Uint8Array, value: Uint8Array): number {
    return this.putFrom(key, 0, key.length, value, 0, value.length);
  }

  /**
   * Puts, as `put` does, a key and a value that stand in buffers; fastest if the value is right behind its
   * key.
   */
  putFrom(
    keyBytes: Uint8Array,
    keyStart: number,
    keyLength: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueLength: number,
  ): number {
    const store = (this.#store ??= newStore());
    const offset = this.#allocate(store, keyBytes, keyStart, keyLength, valueLength);
    const into = store.bufferAt(offset);
    const at = store.startAt(offset);
    const keyAt = at + HEADER_BYTES;
    writeU32(into, at, keyLength);
    if (keyBytes === valueBytes && valueStart === keyStart + keyLength) {
      this.#copier.copy(keyBytes, keyStart, keyLength + valueLength, into, keyAt);
    } else {
      copyBytes(keyBytes, keyStart, keyLength, into, keyAt);
      copyBytes(valueBytes, valueStart, valueLength, into, keyAt + keyLength);
    }
    this.#valueBytes += valueLength;
    return offset;
  }

  /** Lays a tombstone over the key; returns the offset of its record. */
  delete(key: Uint8Array): number {
    return this.deleteFrom(key, 0, key.length);
  }

  /** Deletes, as `delete` does, a key that stands in a buffer. */
  deleteFrom(keyBytes: Uint8Array, keyStart: number, keyLength: number): number {
    const store = (this.#store ??= newStore());
    const offset = this.#allocate(store, keyBytes, keyStart, keyLength, 0);
    this.#hasTombstones = true;
    const into = store.bufferAt(offset);
    const at = store.startAt(offset);
    writeU32(into, at, (keyLength | TOMBSTONE_FLAG) >>> 0);
    copyBytes(keyBytes, keyStart, keyLength, into, at + HEADER_BYTES);
    return offset;
  }

  find(key: Uint8Array): OverlayAnswer {
    const record = this.#store?.getRef(key);
    if (record === undefined) return 'unknown';
    return isTombstone(record) ? 'deleted' : record.subarray(HEADER_BYTES + key.length);
  }

  /**
   * The buffer that holds the record at an offset which `put` or `delete` returned: its key stands there
   * from `keyStartAt` on, and its value right behind it.
   */
  bufferAt(offset: number): Uint8Array {
    return this.#store!.bufferAt(offset);
  }

  keyStartAt(offset: number): number {
    return this.#store!.startAt(offset) + HEADER_BYTES;
  }

  /** The length of the key at `keyStart` in the buffer of its record. */
  keyLengthIn(buffer: Uint8Array, keyStart: number): number {
    return readU32(buffer, keyStart - HEADER_BYTES) & KEY_LENGTH_MASK;
  }

  /** Frees what overwritten records left. Only when nothing holds an offset any more. */
  compactIfSparse(): void {
    const store = this.#store;
    if (store !== undefined && store.fragmentation > 0.5) store.compact();
  }

  /** Takes over all changes of a newer layer. */
  absorb(newer: Overlay): void {
    const cursor = newer.cursor();
    for (let valid = cursor.first(); valid; valid = cursor.next()) {
      const { buffer, keyStart, keyLength, valueLength } = cursor;
      if (cursor.deleted) this.deleteFrom(buffer, keyStart, keyLength);
      else this.putFrom(buffer, keyStart, keyLength, buffer, keyStart + keyLength, valueLength);
    }
  }

  /** Becomes a layer of other states, too, which `release` it as the first ones do. */
  hold(): void {
    this.#holders++;
  }

  /** Gives its memory to the next layer when the last holder is gone; from then on every question is refused. */
  release(): void {
    this.#holders--;
    if (this.#holders > 0) return;
    const store = this.#store;
    if (store === undefined || store === refusingStore) return;
    this.#store = refusingStore ??= closedStore();
    if (store.sizeBytes < WORTH_KEEPING_BYTES || spareStores.length >= SPARE_STORES_MAX) return;
    store.recycle();
    spareStores.push(store);
  }

  cursor(): RecordCursor {
    return new RecordCursor((this.#store ??= newStore()));
  }

  /** Makes room for a record, in place of the one that the key may have had; returns its offset. */
  #allocate(
    store: MemoryBackend,
    keyBytes: Uint8Array,
    keyStart: number,
    keyLength: number,
    valueLength: number,
  ): number {
    const offset = store.allocate(keyBytes, keyStart, keyLength, HEADER_BYTES + keyLength + valueLength);
    const { replacedLength } = store;
    if (replacedLength < 0) this.#keyBytes += keyLength;
    else this.#valueBytes -= replacedLength - HEADER_BYTES - keyLength;
    return offset;
  }
}

function newStore(): MemoryBackend {
  return spareStores.pop() ?? new MemoryBackend(ARENA_BYTES_MIN, false);
}

function closedStore(): MemoryBackend {
  const store = new MemoryBackend(0, false);
  store.close();
  return store;
}

/** Shows records as entries, each as it was when the cursor moved to it. */
export class RecordCursor implements OverlayCursor {
  /** The current record's buffer, and where in it key and value are. */
  buffer = NO_BYTES;
  keyStart = 0;
  keyLength = 0;
  valueLength = 0;
  deleted = false;
  readonly #store: MemoryBackend;
  readonly #places: PlaceCursor;
  #key: Uint8Array | undefined;

  constructor(store: MemoryBackend) {
    this.#store = store;
    this.#places = store.cursor();
  }

  first(): boolean {
    return this.#moved(this.#places.first());
  }

  last(): boolean {
    return this.#moved(this.#places.last());
  }

  seek(key: Uint8Array): boolean {
    return this.#moved(this.#places.seek(key));
  }

  seekBefore(key: Uint8Array): boolean {
    return this.#moved(this.#places.seekBefore(key));
  }

  next(): boolean {
    return this.#moved(this.#places.next());
  }

  previous(): boolean {
    return this.#moved(this.#places.previous());
  }

  /** A view of the record: the index would have to put the key together. */
  get key(): Uint8Array {
    this.#key ??= this.buffer.subarray(this.keyStart, this.keyStart + this.keyLength);
    return this.#key;
  }

  value(): Uint8Array {
    const start = this.keyStart + this.keyLength;
    return this.buffer.subarray(start, start + this.valueLength);
  }

  #moved(isOnEntry: boolean): boolean {
    this.#key = undefined;
    if (!isOnEntry) return false;
    const { offset, length } = this.#places;
    const start = this.#store.startAt(offset);
    this.buffer = this.#store.bufferAt(offset);
    const header = readU32(this.buffer, start);
    this.keyStart = start + HEADER_BYTES;
    this.keyLength = header & KEY_LENGTH_MASK;
    this.valueLength = length - HEADER_BYTES - this.keyLength;
    this.deleted = (header & TOMBSTONE_FLAG) !== 0;
    return true;
  }
}

function isTombstone(record: Uint8Array): boolean {
  return (readU32(record, 0) & TOMBSTONE_FLAG) !== 0;
}
