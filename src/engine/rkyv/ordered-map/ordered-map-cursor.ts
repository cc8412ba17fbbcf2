import type { ByteSource } from '../../bytes/byte-source.js';
import { compareRanges } from '../../bytes/compare.js';
import { copyBytes } from '../../bytes/copy.js';
import type { LocatedKey } from '../../bytes/located-key.js';
import { HEIGHT_MAX, type MapLayout, NODE_ENTRIES } from './ordered-map-format.js';
import { NO_CHILD, OrderedMapNode } from './ordered-map-node.js';

/** The place of a map and the content of its root; `OrderedMapReader` has checked both. */
export interface OrderedMapPlace {
  readonly source: ByteSource;
  /** Start of the map in the source. */
  readonly start: number;
  readonly count: number;
  /** Positions from the start of the map: of the root node, and of the end of all nodes. */
  readonly rootAt: number;
  readonly nodesEnd: number;
  /** The most levels that it may have. */
  readonly height: number;
  readonly layout: MapLayout;
}

/**
 * Walks an archived ordered map in both directions, without allocating. It starts on no entry; a
 * cursor that ran off either end is on no entry either, and stays so until it is placed again.
 * All members that move it throw a StatelogError `DAMAGED` (class `index-mismatch`) for bytes that
 * are no map, and every walk ends, whatever the bytes. That the keys ascend is not checked here
 * (`checkOrderedMap` does); that a walk over everything meets as many entries as the map claims, is.
 *
 * Invariants while `valid`:
 * - `#node` is the node at the top of the stack, and `#slots` there is the entry the cursor is on;
 * - below the top, `#slots` is the child that was taken, so that the next entry up is that one.
 */
export class OrderedMapCursor {
  readonly #place: OrderedMapPlace;
  readonly #node: OrderedMapNode;
  readonly #positions = new Float64Array(HEIGHT_MAX);
  readonly #lows = new Float64Array(HEIGHT_MAX);
  readonly #slots = new Uint8Array(HEIGHT_MAX);
  #top = -1;
  /** Entries met since `first` (`#direction` 1) or `last` (-1); not counted otherwise (0). */
  #met = 0;
  #direction = 0;

  /** True while the cursor is on an entry. The other fields mean something only then. */
  valid = false;
  /** The entry's value: u32 each. */
  offset = 0;
  length = 0;

  constructor(place: OrderedMapPlace) {
    this.#place = place;
    this.#node = new OrderedMapNode(place.source, place.start, place.layout);
  }

  /** The key, as a copy. `copyKey` and `compareKey` do without one. */
  get key(): Uint8Array {
    const node = this.locateKey();
    const key = new Uint8Array(node.keyLength);
    copyBytes(node.keyBytes, node.keyStart, node.keyLength, key, 0);
    return key;
  }

  /** Length of the key in bytes. */
  get keyLength(): number {
    return this.locateKey().keyLength;
  }

  /** Position of the entry's node in the source, for reports. */
  get position(): number {
    return this.#place.start + this.#node.at;
  }

  /** Copies the key to `into[at, …)`, and returns its length. There must be room: see `keyLength`. */
  copyKey(into: Uint8Array, at: number): number {
    const node = this.locateKey();
    copyBytes(node.keyBytes, node.keyStart, node.keyLength, into, at);
    return node.keyLength;
  }

  /** Compares the key with `bytes[start, start + length)`: negative if it is below. */
  compareKey(bytes: Uint8Array, start = 0, length = bytes.length - start): number {
    const node = this.locateKey();
    return compareRanges(node.keyBytes, node.keyStart, node.keyLength, bytes, start, length);
  }

  /** The key where it lies; good until the source is used again. */
  locateKey(): LocatedKey {
    const node = this.#node;
    node.locateKey(this.#slots[this.#top]!);
    return node;
  }

  /** To the first entry; false in an empty map. */
  first(): boolean {
    if (!this.#startAtRoot(1)) return false;
    return this.#toFirstBelow();
  }

  /** To the last entry; false in an empty map. */
  last(): boolean {
    if (!this.#startAtRoot(-1)) return false;
    return this.#toLastBelow();
  }

  /** To the first entry whose key is not below `key`; false if there is none. */
  seek(key: Uint8Array): boolean {
    if (!this.#startAtRoot(0)) return false;
    this.#node.startSearch();
    while (true) {
      const bound = this.#node.lowerBound(key, 0, key.length);
      if (bound < 0) return this.#settle(-1 - bound);
      if (this.#node.isInner && this.#pushChild(bound)) continue;
      return bound < this.#node.entryCount ? this.#settle(bound) : this.#popToNext();
    }
  }

  /** To the last entry whose key is below `key`; false if there is none. */
  seekBefore(key: Uint8Array): boolean {
    if (!this.seek(key)) return this.last();
    return this.previous();
  }

  /** To the next entry; false if there is none. */
  next(): boolean {
    if (!this.valid) return false;
    this.#node.refresh();
    if (this.#direction !== 1) this.#direction = 0;
    const slot = this.#slots[this.#top]! + 1;
    if (this.#node.isInner && this.#pushChild(slot)) return this.#toFirstBelow();
    return slot < this.#node.entryCount ? this.#settle(slot) : this.#popToNext();
  }

  /** To the previous entry; false if there is none. */
  previous(): boolean {
    if (!this.valid) return false;
    this.#node.refresh();
    if (this.#direction !== -1) this.#direction = 0;
    const slot = this.#slots[this.#top]!;
    if (this.#node.isInner && this.#pushChild(slot)) return this.#toLastBelow();
    return slot > 0 ? this.#settle(slot - 1) : this.#popToPrevious();
  }

  #startAtRoot(direction: number): boolean {
    this.valid = false;
    this.#top = -1;
    this.#met = 0;
    this.#direction = direction;
    if (this.#place.count === 0) return false;
    this.#push(this.#place.rootAt, 0);
    return true;
  }

  #push(at: number, low: number): void {
    if (this.#top + 1 >= this.#place.height) this.#node.fail(at, 'the tree is deeper than its entries need');
    this.#top++;
    this.#positions[this.#top] = at;
    this.#lows[this.#top] = low;
    this.#enterTop();
    this.#node.checkKeys();
  }

  #enterTop(): void {
    const top = this.#top;
    const high = top === 0 ? this.#place.nodesEnd : this.#positions[top - 1]!;
    this.#node.enter(this.#positions[top]!, this.#lows[top]!, high);
  }

  /** Goes down to a child of the inner node at the top; false if it is missing. */
  #pushChild(slot: number): boolean {
    this.#slots[this.#top] = slot;
    const child = this.#node.child(slot);
    if (child === NO_CHILD) return false;
    this.#push(child, this.#node.lowOfChild(slot));
    return true;
  }

  #toFirstBelow(): boolean {
    while (this.#node.isInner && this.#pushChild(0));
    return this.#settle(0);
  }

  #toLastBelow(): boolean {
    while (this.#node.isInner && this.#pushChild(NODE_ENTRIES));
    return this.#settle(this.#node.entryCount - 1);
  }

  #popToNext(): boolean {
    while (this.#top > 0) {
      this.#top--;
      const slot = this.#slots[this.#top]!;
      if (slot < NODE_ENTRIES) {
        this.#enterTop();
        return this.#settle(slot);
      }
    }
    return this.#runOff();
  }

  #popToPrevious(): boolean {
    while (this.#top > 0) {
      this.#top--;
      const slot = this.#slots[this.#top]!;
      if (slot > 0) {
        this.#enterTop();
        return this.#settle(slot - 1);
      }
    }
    return this.#runOff();
  }

  #settle(slot: number): boolean {
    this.#slots[this.#top] = slot;
    this.#node.readValue(slot);
    this.offset = this.#node.valueOffset;
    this.length = this.#node.valueLength;
    this.valid = true;
    this.#met++;
    if (this.#direction !== 0 && this.#met > this.#place.count) this.#failCount();
    return true;
  }

  #runOff(): boolean {
    this.valid = false;
    if (this.#direction !== 0 && this.#met !== this.#place.count) this.#failCount();
    return false;
  }

  #failCount(): never {
    this.valid = false;
    this.#node.fail(this.#place.nodesEnd, `it has not the ${this.#place.count} entries that it claims`);
  }
}
