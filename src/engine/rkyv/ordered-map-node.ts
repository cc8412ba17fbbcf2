import type { ByteSource } from '../bytes/byte-source.js';
import { compareRanges } from '../bytes/compare.js';
import { readI32, readU32 } from '../bytes/halves.js';
import { StatelogError } from '../errors.js';
import {
  INNER_BYTES,
  KEY_BYTES,
  KIND_INNER,
  LEAF_BYTES,
  MISSING,
  NODE,
  NODE_ALIGNMENT,
  NODE_ENTRIES,
  VALUE_BYTES,
} from './ordered-map-format.js';

/** What `child` returns where there is none. */
export const NO_CHILD = -1;

/**
 * One node of an archived ordered map as it lies in a `ByteSource`, entered and read without
 * allocating. Nothing in the bytes is trusted: each pointer is checked before it is followed.
 *
 * A subtree lies within a range of positions, `[low, high)`, with its own root at the end; the ranges
 * of a node's children follow each other before the node. So a walk meets each node once at most,
 * whatever the bytes are, and its cost is bounded by their number.
 *
 * Invariants, once `enter` has returned:
 * - `[at, at + its size)` is within the map, and `low <= at`;
 * - an inner node has 5 entries, a leaf 1 to 5.
 */
export class OrderedMapNode {
  readonly #source: ByteSource;
  readonly #start: number;
  /** Position of the node from the start of the map. */
  at = 0;
  /** Where the node's subtree may begin. */
  low = 0;
  isInner = false;
  entryCount = 0;
  /** What `locateKey` found: the key's position from the start of the source, and its length. */
  keyAt = 0;
  keyLength = 0;
  /** What `readValue` found. */
  valueOffset = 0;
  valueLength = 0;

  /** @param start where the map starts in the source */
  constructor(source: ByteSource, start: number) {
    this.#source = source;
    this.#start = start;
  }

  /**
   * Reads the node at a position, whose subtree lies in `[low, high)`.
   * @throws StatelogError `DAMAGED`
   */
  enter(at: number, low: number, high: number): void {
    if (at < low || at + LEAF_BYTES > high) this.fail(at, 'a node lies out of bounds');
    if (at % NODE_ALIGNMENT !== 0) this.fail(at, 'a node is not aligned');
    const source = this.#source;
    source.window(this.#start + at, LEAF_BYTES);
    const kind = source.bytes[source.at + NODE.kind]!;
    if (kind > KIND_INNER) this.fail(at, 'a node is of an unknown kind');
    this.at = at;
    this.low = low;
    this.isInner = kind === KIND_INNER;
    if (this.isInner) {
      if (at + INNER_BYTES > high) this.fail(at, 'a node lies out of bounds');
      this.entryCount = NODE_ENTRIES;
      return;
    }
    this.entryCount = readU32(source.bytes, source.at + NODE.entryCount);
    if (this.entryCount === 0 || this.entryCount > NODE_ENTRIES)
      this.fail(at, 'a leaf has a wrong number of entries');
  }

  /** Position of an inner node's child, from 0 (before all entries) to 5; `NO_CHILD` where it is missing. */
  child(slot: number): number {
    const field = this.at + NODE.children + slot * 4;
    this.#source.window(this.#start + field, 4);
    const pointer = readI32(this.#source.bytes, this.#source.at);
    return pointer === MISSING ? NO_CHILD : field + pointer;
  }

  /** Where the subtree of an inner node's child may begin: behind the last child before it. */
  lowOfChild(slot: number): number {
    for (let before = slot - 1; before >= 0; before--) {
      const sibling = this.child(before);
      if (sibling !== NO_CHILD) return Math.max(this.low, sibling + LEAF_BYTES);
    }
    return this.low;
  }

  /**
   * Finds the key of an entry: `keyAt`, `keyLength`.
   * @throws StatelogError `DAMAGED`
   */
  locateKey(slot: number): void {
    const field = this.at + NODE.keys + slot * KEY_BYTES;
    const source = this.#source;
    source.window(this.#start + field, KEY_BYTES);
    const keyAt = field + readI32(source.bytes, source.at);
    const keyLength = readU32(source.bytes, source.at + 4);
    if (keyAt < this.low || keyAt + keyLength > this.at) this.fail(field, 'a key lies out of bounds');
    this.keyAt = this.#start + keyAt;
    this.keyLength = keyLength;
  }

  /** Compares the key of an entry with `key`, where it lies: negative if it is below. */
  compareKey(slot: number, key: Uint8Array): number {
    this.locateKey(slot);
    const source = this.#source;
    source.window(this.keyAt, this.keyLength);
    return compareRanges(source.bytes, source.at, this.keyLength, key, 0, key.length);
  }

  /** Reads the value of an entry: `valueOffset`, `valueLength`. */
  readValue(slot: number): void {
    const source = this.#source;
    source.window(this.#start + this.at + NODE.values + slot * VALUE_BYTES, VALUE_BYTES);
    this.valueOffset = readU32(source.bytes, source.at);
    this.valueLength = readU32(source.bytes, source.at + 4);
  }

  /** Reports damage at a position from the start of the map. */
  fail(position: number, reason: string): never {
    throw new StatelogError('DAMAGED', `the index is damaged: ${reason}`, {
      class: 'index-mismatch',
      offset: this.#start + position,
    });
  }
}

/**
 * The first entry of `node` whose key is not below `key` (its number of entries if there is none),
 * or, where that key is equal, minus one minus it.
 */
export function lowerBound(node: OrderedMapNode, key: Uint8Array): number {
  let first = 0;
  let end = node.entryCount;
  while (first < end) {
    const middle = (first + end) >>> 1;
    const order = node.compareKey(middle, key);
    if (order === 0) return -1 - middle;
    if (order < 0) first = middle + 1;
    else end = middle;
  }
  return first;
}
