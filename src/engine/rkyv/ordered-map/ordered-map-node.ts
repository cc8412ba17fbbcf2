import type { ByteSource } from '../../bytes/byte-source.js';
import { compareRanges } from '../../bytes/compare.js';
import { StatelogError } from '../../errors.js';
import {
  KEY_BYTES,
  KIND_INNER,
  type MapLayout,
  MISSING,
  NODE,
  NODE_CHILDREN,
  NODE_ENTRIES,
} from './ordered-map-format.js';

/** The value that `child` returns if there is none. */
export const NO_CHILD = -1;

/** Up to this many bytes of keys before a node are looked at together with it, in one window. */
const KEYS_SPAN_MAX = 1024;

/**
 * One node of an archived ordered map as it lies in a `ByteSource`, entered and read without
 * allocating. Nothing in the bytes is trusted: each pointer is checked before it is followed.
 *
 * A subtree lies within a range of positions, `[low, high)`, with its own root at the end; the ranges
 * of a node's children follow each other before the node. So a walk meets each node once at most,
 * whatever the bytes are, and its cost is bounded by their number.
 *
 * The keys of a node lie right before it, so one window of the source shows both, and a lookup asks
 * for two windows a level and not for two a key. A key that lies elsewhere, or is long, has a window
 * of its own, and the node is then looked at again.
 *
 * Invariants, once `enter` has returned:
 * - `[at, at + its size)` is within the map, `low <= at`, and `low <= #spanStart <= at`;
 * - an inner node has 5 entries, a leaf 1 to 5;
 * - while the source shows what it did, byte p of the map, from `#spanStart` to the node's end, is `#bytes[#origin + p]`.
 */
export class OrderedMapNode {
  readonly #source: ByteSource;
  readonly #start: number;
  readonly #layout: MapLayout;
  #spanStart = 0;
  #bytes: Uint8Array;
  #view: DataView;
  #origin = 0;
  /** The source's counter when it showed the node. */
  #windows = -1;
  /** How many bytes the key searched for has in common with the nearest keys met below and above it. */
  #commonBelow = 0;
  #commonAbove = 0;

  /** Position of the node from the start of the map. */
  at = 0;
  /** The earliest position at which the node's subtree may begin. */
  low = 0;
  isInner = false;
  entryCount = 0;
  /**
   * The key that `locateKey` found: `keyBytes[keyStart, keyStart + keyLength)`, until the source is used
   * again.
   */
  keyBytes: Uint8Array;
  keyStart = 0;
  keyLength = 0;
  /** The value that `readValue` found. */
  valueOffset = 0;
  valueLength = 0;

  /** @param start where the map starts in the source */
  constructor(source: ByteSource, start: number, layout: MapLayout) {
    this.#source = source;
    this.#start = start;
    this.#layout = layout;
    this.#bytes = source.bytes;
    this.#view = source.view;
    this.keyBytes = source.bytes;
  }

  /**
   * Reads the node at a position, whose subtree lies in `[low, high)`.
   * @throws StatelogError `DAMAGED`
   */
  enter(at: number, low: number, high: number): void {
    const layout = this.#layout;
    if (at < low || at + layout.leafBytes > high) this.fail(at, 'a node lies out of bounds');
    if (at % layout.nodeAlignment !== 0) this.fail(at, 'a node is not aligned');
    const source = this.#source;
    source.window(this.#start + at, layout.leafBytes);
    const { bytes, view, at: nodeAt } = source;
    const kind = bytes[nodeAt + NODE.kind]!;
    if (kind > KIND_INNER) this.fail(at, 'a node is of an unknown kind');
    this.isInner = kind === KIND_INNER;
    this.entryCount = this.isInner ? NODE_ENTRIES : view.getUint32(nodeAt + layout.entryCount, true);
    if (this.isInner && at + layout.innerBytes > high) this.fail(at, 'a node lies out of bounds');
    if (this.entryCount === 0 || this.entryCount > NODE_ENTRIES) {
      this.fail(at, 'a leaf has a wrong number of entries');
    }
    const keysAt = at + NODE.keys + view.getInt32(nodeAt + NODE.keys, true);
    const isNear = keysAt >= low && keysAt <= at && at - keysAt <= KEYS_SPAN_MAX;
    this.at = at;
    this.low = low;
    this.#spanStart = isNear ? keysAt : at;
    this.#show();
  }

  /** Position right behind the node. */
  get end(): number {
    return this.at + (this.isInner ? this.#layout.innerBytes : this.#layout.leafBytes);
  }

  /** Position of its first key. */
  get keysAt(): number {
    this.refresh();
    const field = this.at + NODE.keys;
    return field + this.#view.getInt32(this.#origin + field, true);
  }

  /** Looks at the node again, where its source was used for something else. */
  refresh(): void {
    if (this.#source.windows !== this.#windows) this.#show();
  }

  #show(): void {
    const source = this.#source;
    const spanStart = this.#spanStart;
    const end = this.at + (this.isInner ? this.#layout.innerBytes : this.#layout.leafBytes);
    source.window(this.#start + spanStart, end - spanStart);
    this.#bytes = source.bytes;
    this.#view = source.view;
    this.#origin = source.at - spanStart;
    this.#windows = source.windows;
  }

  /** Position of an inner node's child, from 0 (before all entries) to 5; `NO_CHILD` where it is missing. */
  child(slot: number): number {
    this.refresh();
    const field = this.at + this.#layout.children + slot * 4;
    const pointer = this.#view.getInt32(this.#origin + field, true);
    return pointer === MISSING ? NO_CHILD : field + pointer;
  }

  /** The earliest position of an inner node's child's subtree: right behind the child before it. */
  lowOfChild(slot: number): number {
    for (let before = slot - 1; before >= 0; before--) {
      const sibling = this.child(before);
      if (sibling !== NO_CHILD) return Math.max(this.low, sibling + this.#layout.leafBytes);
    }
    return this.low;
  }

  /**
   * Finds the key of an entry: `keyBytes`, `keyStart`, `keyLength`.
   * @throws StatelogError `DAMAGED`
   */
  locateKey(slot: number): void {
    this.refresh();
    const field = this.at + NODE.keys + slot * KEY_BYTES;
    const fieldAt = this.#origin + field;
    const keyAt = field + this.#view.getInt32(fieldAt, true);
    this.keyLength = this.#view.getUint32(fieldAt + 4, true);
    if (keyAt < this.low || keyAt + this.keyLength > this.at) this.fail(field, 'a key lies out of bounds');
    if (keyAt >= this.#spanStart) {
      this.keyBytes = this.#bytes;
      this.keyStart = this.#origin + keyAt;
      return;
    }
    this.#source.window(this.#start + keyAt, this.keyLength);
    this.keyBytes = this.#source.bytes;
    this.keyStart = this.#source.at;
  }

  /**
   * Checks that the keys lie one after the other between the last child and the node, as a walk asks
   * of each node it comes to: so that all its keys together are not longer than the map.
   * @throws StatelogError `DAMAGED`
   */
  checkKeys(): void {
    let low = this.isInner ? this.lowOfChild(NODE_CHILDREN) : this.low;
    for (let slot = 0; slot < this.entryCount; slot++) {
      const field = this.at + NODE.keys + slot * KEY_BYTES;
      const keyAt = field + this.#view.getInt32(this.#origin + field, true);
      if (keyAt < low) this.fail(field, 'a key lies out of bounds');
      low = keyAt + this.#view.getUint32(this.#origin + field + 4, true);
    }
    if (low > this.at) this.fail(this.at, 'a key lies out of bounds');
  }

  /** Begins a search from the root down, by `lowerBound` of one node after the other, for one key. */
  startSearch(): void {
    this.#commonBelow = 0;
    this.#commonAbove = 0;
  }

  /**
   * The first entry whose key is not below the one that stands in `key` (`entryCount` if there is none), or, where that key
   * is equal, minus one minus it. What all keys between the nearest ones met have in common with it
   * is not compared again, but a key that is found is compared in full.
   * @throws StatelogError `DAMAGED`
   */
  lowerBound(key: Uint8Array, start: number, length: number): number {
    let first = 0;
    let end = this.entryCount;
    while (first < end) {
      const middle = (first + end) >>> 1;
      this.locateKey(middle);
      const { keyBytes, keyStart, keyLength } = this;
      const shorter = keyLength < length ? keyLength : length;
      let common = this.#commonBelow < this.#commonAbove ? this.#commonBelow : this.#commonAbove;
      while (common < shorter && keyBytes[keyStart + common] === key[start + common]) common++;
      const order =
        common < shorter ? keyBytes[keyStart + common]! - key[start + common]! : keyLength - length;
      if (order === 0) return this.#found(middle, key, start);
      if (order < 0) {
        first = middle + 1;
        this.#commonBelow = common;
      } else {
        end = middle;
        this.#commonAbove = common;
      }
    }
    return first;
  }

  #found(slot: number, key: Uint8Array, start: number): number {
    const { keyBytes, keyStart, keyLength } = this;
    if (compareRanges(keyBytes, keyStart, keyLength, key, start, keyLength) !== 0) {
      this.fail(this.at, 'its keys are not in ascending order');
    }
    return -1 - slot;
  }

  /** Reads the value of an entry: `valueOffset`, `valueLength`. */
  readValue(slot: number): void {
    this.refresh();
    const { values, valueBytes } = this.#layout;
    const valueAt = this.#origin + this.at + values + slot * valueBytes;
    this.valueOffset = this.#view.getUint32(valueAt, true);
    this.valueLength = this.#view.getUint32(valueAt + 4, true);
  }

  /** Reports damage at a position from the start of the map. */
  fail(position: number, reason: string): never {
    throw new StatelogError('DAMAGED', `the index is damaged: ${reason}`, {
      class: 'index-mismatch',
      offset: this.#start + position,
    });
  }
}
