import { freeCopy } from '../../bytes/free-copy.js';
import type { Entry } from '../../entry-cursor.js';
import { isStatelogError } from '../../errors.js';
import { AUTO_COMPACT_FRAGMENTATION, AUTO_COMPACT_KEYS_MIN, fragmentationOf } from '../format/format.js';
import type { KeyCursor } from '../../key-index/ordered-key-index.js';
import { type PlaceCursor, PlaceTable } from './place-table.js';
import type { StateBackend } from './state-backend.js';
import { TableBackend } from './table-backend.js';
import { closedError } from '../format/state-refusals.js';
import { ValueArena } from './value-arena.js';

/** A store with less live bytes and keys than this is compacted at once: in well under 1 ms. */
const AT_ONCE_BYTES_MAX = 128 * 1024;
const AT_ONCE_KEYS_MAX = 1024;
/** A larger one is compacted in steps, which start earlier, so that they end in time. */
const STEPS_FRAGMENTATION = 0.4;
/** The share of a step that each put pays: this many bytes for each of its own, and a little more. */
const STEP_BYTES_EACH = 4;
const STEP_BYTES_BASE = 512;
/** The cost of visiting a key, in bytes copied. */
const VISIT_BYTES = 16;
/** Steps are gathered, since each looks its way up anew. */
const STEP_BYTES_MIN = 4096;

/**
 * A state store in memory. With `autoCompact`, it compacts itself when more than half of it is holes
 * and it has more than 100 keys; a large one a bit with each put, so that none takes long. Otherwise
 * a value stays at its address until `compact`, `clear` or `restore`.
 *
 * Invariants: while `#evacuation` is there, every live value is either out of the condemned segments,
 * or of a key at or above the one that `#evacuation` stands on.
 */
export class MemoryBackend extends TableBackend implements StateBackend {
  readonly path = undefined;
  readonly #arena: ValueArena;
  readonly #autoCompact: boolean;
  #evacuation: KeyCursor | undefined;
  #credit = 0;

  constructor(capacity: number, autoCompact: boolean) {
    super(new PlaceTable());
    this.#arena = new ValueArena(capacity);
    this.#autoCompact = autoCompact;
  }

  get fragmentation(): number {
    return fragmentationOf(this.table.liveBytes, this.#arena.usedBytes);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const value = this.getRef(key);
    return value === undefined ? undefined : freeCopy(value);
  }

  getRef(key: Uint8Array): Uint8Array | undefined {
    if (this.refusal !== undefined) throw this.refusal;
    const slot = this.table.find(key);
    return slot < 0 ? undefined : this.#arena.view(this.table.offsetOf(slot), this.table.lengthOf(slot));
  }

  put(key: Uint8Array, value: Uint8Array): void {
    if (this.refusal !== undefined) throw this.refusal;
    const { length } = value;
    this.table.set(key, this.#arena.append(value), length);
    if (this.#autoCompact) this.#keepTidy(length);
  }

  /** Room for the value of the key that stands in a buffer, which the caller fills in; returns its address. */
  allocate(buffer: Uint8Array, keyStart: number, keyLength: number, length: number): number {
    if (this.refusal !== undefined) throw this.refusal;
    const offset = this.#arena.take(length);
    this.table.setAt(buffer, keyStart, keyLength, offset, length);
    if (this.#autoCompact) this.#keepTidy(length);
    return offset;
  }

  /** Length of the value that the last `put` or `allocate` replaced; -1 where the key was new. */
  get replacedLength(): number {
    return this.table.replacedLength;
  }

  /** A view of what lies at an address that `allocate` returned, whether or not it is live still. */
  viewAt(offset: number, length: number): Uint8Array {
    if (this.refusal !== undefined) throw this.refusal;
    return this.#arena.view(offset, length);
  }

  /** The buffer behind an address, and where in it the address is: `viewAt` without allocating. */
  bufferAt(offset: number): Uint8Array {
    if (this.refusal !== undefined) throw this.refusal;
    return this.#arena.bufferAt(offset);
  }

  startAt(offset: number): number {
    return this.#arena.startAt(offset);
  }

  delete(key: Uint8Array): boolean {
    if (this.refusal !== undefined) throw this.refusal;
    return this.table.remove(key);
  }

  cursor(): PlaceCursor {
    if (this.refusal !== undefined) throw this.refusal;
    return this.table.cursor((offset, length) => this.viewAt(offset, length));
  }

  compact(): void {
    if (this.refusal !== undefined) throw this.refusal;
    this.#beginEvacuation(Infinity);
    this.#evacuate();
  }

  clear(): void {
    if (this.refusal !== undefined) throw this.refusal;
    this.#evacuation = undefined;
    this.table.clear();
    this.#arena.clear();
  }

  /** Empties the store for another use, which writes over the memory of this one: nobody may hold a view of a value. */
  recycle(): void {
    if (this.refusal !== undefined) throw this.refusal;
    this.#evacuation = undefined;
    this.table.clear();
    this.#arena.recycle();
  }

  restore(entries: readonly Entry[]): void {
    this.clear();
    for (const { key, value } of entries) this.table.set(key, this.#arena.append(value), value.length);
  }

  save(): void {
    if (this.refusal !== undefined) throw this.refusal;
  }

  close(): void {
    if (this.refusal !== undefined) return;
    this.clear();
    this.refusal = closedError(undefined);
  }

  #keepTidy(length: number): void {
    if (this.#evacuation !== undefined) {
      this.#credit += STEP_BYTES_BASE + STEP_BYTES_EACH * length;
      if (this.#credit >= STEP_BYTES_MIN) this.#evacuateIfRoom();
      return;
    }
    const { count, liveBytes } = this.table;
    if (count <= AUTO_COMPACT_KEYS_MIN) return;
    const isSmall = liveBytes <= AT_ONCE_BYTES_MAX && count <= AT_ONCE_KEYS_MAX;
    const allowed = isSmall ? AUTO_COMPACT_FRAGMENTATION : STEPS_FRAGMENTATION;
    if (liveBytes >= (1 - allowed) * this.#arena.usedBytes) return;
    this.#beginEvacuation(isSmall ? Infinity : STEP_BYTES_MIN);
    this.#evacuateIfRoom();
  }

  /** The put is done whether or not there is room to compact: that is tried again with the next. */
  #evacuateIfRoom(): void {
    try {
      this.#evacuate();
    } catch (error) {
      if (!isStatelogError(error, 'LIMIT_EXCEEDED')) throw error;
    }
  }

  #beginEvacuation(credit: number): void {
    this.#arena.condemn();
    this.#credit = credit;
    this.#evacuation = this.table.keys.cursor();
    if (this.#evacuation.first() < 0) this.#endEvacuation();
  }

  /** Moves live values out, in key order, as far as the credit goes. */
  #evacuate(): void {
    while (this.#evacuation !== undefined && this.#credit > 0) {
      const { slot } = this.#evacuation;
      // Below 0: the key was deleted meanwhile. It may be back, but then with a new value.
      if (slot >= 0) this.#moveOut(slot);
      if (this.#evacuation.next() < 0) this.#endEvacuation();
    }
  }

  #moveOut(slot: number): void {
    const offset = this.table.offsetOf(slot);
    this.#credit -= VISIT_BYTES;
    if (!this.#arena.isCondemned(offset)) return;
    const length = this.table.lengthOf(slot);
    this.table.moveTo(slot, this.#arena.move(offset, length));
    this.#credit -= length;
  }

  #endEvacuation(): void {
    this.#evacuation = undefined;
    this.#arena.dropCondemned();
  }
}
