import type { ByteSource } from '../bytes/byte-source.js';
import { readI32, readU32 } from '../bytes/halves.js';
import { isStatelogError } from '../errors.js';
import {
  HEIGHT_MAX,
  KEY_BYTES,
  LEAF_BYTES,
  MAP_ROOT,
  MAP_ROOT_BYTES,
  MISSING,
  NODE,
  NODE_ALIGNMENT,
  NODE_CHILDREN,
  NODE_ENTRIES,
  VALUE_BYTES,
} from '../rkyv/ordered-map-format.js';
import { NO_CHILD, OrderedMapNode } from '../rkyv/ordered-map-node.js';

/** An entry that the index still names. */
export interface IndexEntry {
  readonly key: Uint8Array;
  readonly offset: number;
  readonly length: number;
}

/** Subtrees in one damaged stretch that are followed: more are taken for lost. */
const SUBTREES_MAX = 100_000;
/** How deep nodes and damaged stretches may lie in one another. */
const DEPTH_MAX = 2 * HEIGHT_MAX;
const PAGE_BYTES = 4096;
/** For each place where a node may begin, so many may be looked at: bytes made to mislead cost no more. */
const LOOKS_A_PLACE = 4;
const LOOKS_FREE = 10_000;

/** A node, read whole. */
interface ReadNode {
  readonly at: number;
  readonly entries: readonly (IndexEntry | undefined)[];
  /** One more than there are entries, each with where its subtree may begin; none in a leaf. */
  readonly children: readonly { readonly at: number; readonly low: number }[];
}

/**
 * Walks an archived ordered map of which parts are damaged, in key order. Where a node cannot be read, the
 * nodes before it, which it led to, are looked for by their shape: a subtree ends with its root, and a
 * node stands right behind its own keys, so that what is left of a subtree is found from its end back.
 *
 * Memory is that of one node a level, and of the roots in one damaged stretch. How much is looked at is
 * bounded by the map's length, so the time is linear, whatever the bytes are.
 */
export class IndexWalk {
  /** Entries that the map claims; undefined where its root's reference is gone. */
  readonly count: number | undefined;
  /** Stretches in which nodes could not be read. */
  holes = 0;
  readonly #source: ByteSource;
  readonly #rootAt: number | undefined;
  readonly #nodesEnd: number;
  #looksLeft = 0;

  /**
   * @param source the map's bytes, as many of them as there are
   * @param length how many there should be
   */
  constructor(source: ByteSource, length: number) {
    this.#source = source;
    this.#nodesEnd = length - MAP_ROOT_BYTES;
    const root = this.#nodesEnd < 0 ? undefined : this.#readRoot();
    this.count = root?.count;
    this.#rootAt = root?.at;
  }

  /** All entries that can still be named, in key order as far as the bytes are what they were. */
  *entries(): Generator<IndexEntry, void> {
    this.holes = 0;
    this.#looksLeft = LOOKS_FREE + LOOKS_A_PLACE * Math.ceil(this.#source.length / NODE_ALIGNMENT);
    if (this.count === 0 || this.#nodesEnd < 0) return;
    if (this.#rootAt !== undefined) yield* this.#subtree(this.#rootAt, 0, this.#nodesEnd, 0);
    else yield* this.#hole(0, this.#nodesEnd, 0);
  }

  #readRoot(): { readonly at: number; readonly count: number } | undefined {
    return this.#attempt(() => {
      this.#source.window(this.#nodesEnd, MAP_ROOT_BYTES);
      const { bytes, at } = this.#source;
      const count = readU32(bytes, at + MAP_ROOT.count);
      const pointer = readI32(bytes, at + MAP_ROOT.pointer);
      // Zeros are no empty map: that has a pointer to nothing.
      const isPossible =
        count === 0 ? pointer === MISSING : count * (KEY_BYTES + VALUE_BYTES) <= this.#nodesEnd;
      return isPossible ? { at: this.#nodesEnd + pointer, count } : undefined;
    });
  }

  *#subtree(at: number, low: number, high: number, depth: number): Generator<IndexEntry, void> {
    const node = this.#attempt(() => this.#readNode(at, low, high));
    if (node === undefined) {
      // A pointer that was damaged may lead anywhere: the whole stretch is then looked through.
      yield* this.#hole(low, at >= low && at < high ? at : high, depth + 1);
      return;
    }
    if (depth > DEPTH_MAX) return;
    for (let slot = 0; slot <= node.entries.length; slot++) {
      const child = node.children[slot];
      if (child !== undefined && child.at !== NO_CHILD)
        yield* this.#subtree(child.at, child.low, at, depth + 1);
      const entry = node.entries[slot];
      if (entry !== undefined) yield entry;
    }
  }

  /** What is left of subtrees in a stretch whose upper nodes are gone. */
  *#hole(low: number, high: number, depth: number): Generator<IndexEntry, void> {
    this.holes += 1;
    if (depth > DEPTH_MAX) return;
    const roots: { readonly at: number; readonly low: number }[] = [];
    for (let end = high; end > low && roots.length < SUBTREES_MAX;) {
      const at = this.#lastNodeBefore(low, end);
      if (at === undefined) break;
      const start = this.#startOf(at, low);
      roots.push({ at, low: start });
      end = start;
    }
    for (const root of roots.reverse()) yield* this.#subtree(root.at, root.low, high, depth + 1);
  }

  /** Where the last node lies that ends at `high` or before, as far as its shape tells. */
  #lastNodeBefore(low: number, high: number): number | undefined {
    const last = high - LEAF_BYTES;
    for (let at = last - (last % NODE_ALIGNMENT); at > low && this.#looksLeft > 0; at -= NODE_ALIGNMENT) {
      this.#looksLeft -= 1;
      const hasShape = this.#attempt(() => this.#hasShapeOfNode(at, low, high));
      if (hasShape === true) return at;
      // In a page that cannot be read no node begins.
      if (hasShape === undefined && !this.#canRead(at)) at -= at % PAGE_BYTES;
    }
    return undefined;
  }

  #canRead(at: number): boolean {
    return (
      this.#attempt(() => {
        this.#source.window(at, 1);
        return true;
      }) === true
    );
  }

  /** Where a subtree begins: at its leftmost leaf's first key; `low` where the way there is damaged. */
  #startOf(root: number, low: number): number {
    let high = this.#nodesEnd;
    for (let at = root; ;) {
      const node = this.#attempt(() => this.#readNode(at, low, high));
      if (node === undefined) return low;
      const first = node.children.find((child) => child.at !== NO_CHILD);
      if (first === undefined) return this.#attempt(() => this.#keysStart(at)) ?? low;
      high = at;
      at = first.at;
    }
  }

  #keysStart(at: number): number {
    this.#source.window(at, LEAF_BYTES);
    return at + NODE.keys + readI32(this.#source.bytes, this.#source.at + NODE.keys);
  }

  /** True if the bytes are a node with its keys right before it, one behind the other. */
  #hasShapeOfNode(at: number, low: number, high: number): boolean {
    this.#source.window(at, LEAF_BYTES);
    const { bytes, at: start } = this.#source;
    if (bytes[start]! > 1 || (bytes[start + 1]! | bytes[start + 2]! | bytes[start + 3]!) !== 0) return false;
    const count = bytes[start] === 1 ? NODE_ENTRIES : readU32(bytes, start + NODE.entryCount);
    if (count === 0 || count > NODE_ENTRIES) return false;
    let keyEnd = -1;
    for (let slot = 0; slot < count; slot++) {
      const field = NODE.keys + slot * KEY_BYTES;
      const keyAt = at + field + readI32(bytes, start + field);
      if (keyAt < low || (keyEnd >= 0 && keyAt !== keyEnd)) return false;
      keyEnd = keyAt + readU32(bytes, start + field + 4);
    }
    if (keyEnd > at || at - keyEnd >= NODE_ALIGNMENT) return false;
    return this.#attempt(() => this.#readNode(at, low, high)) !== undefined;
  }

  #readNode(at: number, low: number, high: number): ReadNode | undefined {
    if (this.#looksLeft <= 0) return undefined;
    this.#looksLeft -= 1;
    const node = new OrderedMapNode(this.#source, 0);
    node.enter(at, low, high);
    node.checkKeys();
    const slots = node.isInner ? NODE_CHILDREN : 0;
    const children = Array.from({ length: slots }, (_, slot) => ({
      at: node.child(slot),
      low: node.lowOfChild(slot),
    }));
    const entries = Array.from({ length: node.entryCount }, (_, slot) => {
      node.readValue(slot);
      const { valueOffset: offset, valueLength: length } = node;
      return this.#attempt((): IndexEntry => {
        node.locateKey(slot);
        return { key: node.keyBytes.slice(node.keyStart, node.keyStart + node.keyLength), offset, length };
      });
    });
    return { at, entries, children };
  }

  /** What an action comes to; undefined where it meets damage. */
  #attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (isStatelogError(error, 'DAMAGED')) return undefined;
      // A window past the end, by a pointer that was damaged.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }
}
