import { PAGE_BYTES } from '../../state/format/format.js';
import type { ByteSource } from '../../bytes/byte-source.js';
import { readI32, readU32 } from '../../bytes/halves.js';
import { compareBytes } from '../../bytes/compare.js';
import { isStatelogError } from '../../errors.js';
import {
  HEIGHT_MAX,
  KEY_BYTES,
  MAP_LAYOUT,
  MAP_ROOT,
  MAP_ROOT_BYTES,
  type MapLayout,
  MISSING,
  NODE_CHILDREN,
  NODE_ENTRIES,
  PLACE_BYTES,
  rootNodeBytes,
} from '../../rkyv/ordered-map/ordered-map-format.js';
import { headOfNode, shapeOfNode } from '../../rkyv/ordered-map/ordered-map-layout.js';
import { NO_CHILD, OrderedMapNode } from '../../rkyv/ordered-map/ordered-map-node.js';

/** An entry that the index still names. */
export interface IndexEntry {
  readonly key: Uint8Array;
  readonly offset: number;
  readonly length: number;
  /** True where it no longer says where its value is: offset and length are 0. */
  readonly isUnplaced?: true;
}

/** Subtrees in one damaged stretch that are followed: more are taken for lost. */
const SUBTREES_MAX = 100_000;
/** How deep nodes and damaged stretches may lie in one another. */
const DEPTH_MAX = 2 * HEIGHT_MAX;
/** For each place where a node may begin, so many may be looked at: bytes made to mislead cost no more. */
const LOOKS_A_PLACE = 4;
const LOOKS_FREE = 10_000;

/** A node as it was read. */
interface ReadNode {
  readonly at: number;
  readonly keysAt: number;
  readonly entries: readonly (IndexEntry | undefined)[];
  /** One more than there are entries, each with where its subtree may begin; none in a leaf; undefined where they are gone. */
  readonly children: readonly { readonly at: number; readonly low: number }[] | undefined;
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
  /** Entries that the map claims; undefined where its root's reference is gone, or fits no root. */
  readonly count: number | undefined;
  /** Stretches in which nodes could not be read. */
  holes = 0;
  readonly #source: ByteSource;
  readonly #layout: MapLayout;
  readonly #rootAt: number | undefined;
  /** The last position at which a node may end. */
  readonly #nodesEnd: number;
  #looksLeft = 0;

  /**
   * @param source the map's bytes, as many of them as there are
   * @param length how many there should be
   * @param layout of its nodes: see `layoutLeft`
   */
  constructor(source: ByteSource, length: number, layout = MAP_LAYOUT) {
    this.#source = source;
    this.#layout = layout;
    const referenceAt = length - MAP_ROOT_BYTES;
    const root = referenceAt < 0 ? undefined : this.#attempt(() => this.#readRoot(referenceAt));
    this.count = root?.count;
    this.#rootAt = root?.at;
    // Where the end was cut off, the last bytes that are there may be those of a node.
    this.#nodesEnd = root === undefined ? length : referenceAt;
  }

  /** All entries that can still be named, in key order as far as the bytes are what they were. */
  *entries(): Generator<IndexEntry, void> {
    this.holes = 0;
    this.#looksLeft =
      LOOKS_FREE + LOOKS_A_PLACE * Math.ceil(this.#source.length / this.#layout.nodeAlignment);
    if (this.count === 0) return;
    const root = this.#rootAt;
    if (root !== undefined && this.#readNode(root, 0, this.#nodesEnd) !== undefined)
      yield* this.#subtree(root, 0, this.#nodesEnd, 0);
    else if (this.count !== undefined && this.count <= NODE_ENTRIES) this.holes = 1;
    else yield* this.#hole(0, this.#nodesEnd, 0);
  }

  /** The count that the root's reference states, if there is a root of such a map right before it, or it leads there. */
  #readRoot(referenceAt: number): { readonly at: number; readonly count: number } | undefined {
    this.#source.window(referenceAt, MAP_ROOT_BYTES);
    const { bytes, at: reference } = this.#source;
    const count = readU32(bytes, reference + MAP_ROOT.count);
    const pointer = readI32(bytes, reference + MAP_ROOT.pointer);
    // Zeros are no empty map: that has a pointer to nothing. Nor is what a longer one looks like where it was cut.
    if (count === 0) return pointer === MISSING && referenceAt === 0 ? { at: 0, count } : undefined;
    const at = referenceAt - rootNodeBytes(this.#layout, count);
    if (at < 0 || count * (KEY_BYTES + this.#layout.valueBytes) > referenceAt) return undefined;
    return referenceAt + pointer === at || this.#hasShape(at, 0, referenceAt) ? { at, count } : undefined;
  }

  *#subtree(at: number, low: number, high: number, depth: number): Generator<IndexEntry, void> {
    const node = this.#readNode(at, low, high);
    if (node === undefined) {
      // A pointer that was damaged may lead anywhere: the whole stretch is then looked through.
      yield* this.#hole(low, at >= low && at < high ? at : high, depth + 1);
      return;
    }
    if (depth > DEPTH_MAX) return;
    const { entries, children } = node;
    if (children === undefined) {
      yield* inKeyOrder(this.#hole(low, node.keysAt, depth + 1), entries);
      return;
    }
    for (let slot = 0; slot <= entries.length; slot++) {
      const child = children[slot];
      if (child !== undefined && child.at !== NO_CHILD)
        yield* this.#subtree(child.at, child.low, at, depth + 1);
      const entry = entries[slot];
      if (entry !== undefined) yield entry;
    }
  }

  /** The remains of subtrees in a stretch whose upper nodes are gone. */
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

  /** Position of the last node that ends at `high` or before, as far as its shape tells. */
  #lastNodeBefore(low: number, high: number): number | undefined {
    const { leafBytes, nodeAlignment } = this.#layout;
    const last = high - leafBytes;
    for (let at = last - (last % nodeAlignment); at > low && this.#looksLeft > 0; at -= nodeAlignment) {
      this.#looksLeft -= 1;
      const hasShape = this.#attempt(() => this.#hasShapeOfNode(at, low, high));
      if (hasShape === true || this.#attempt(() => this.#hasKeys(at, low, high)) === true) return at;
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

  /** Start of a subtree: its leftmost leaf's first key; `low` if the way there is damaged. */
  #startOf(root: number, low: number): number {
    let high = this.#nodesEnd;
    for (let at = root; ;) {
      const node = this.#readNode(at, low, high);
      if (node === undefined) return low;
      if (node.children === undefined) return low;
      const first = node.children.find((child) => child.at !== NO_CHILD);
      if (first === undefined) return node.keysAt;
      high = at;
      at = first.at;
    }
  }

  #hasShape(at: number, low: number, high: number): boolean {
    return shapeOfNode(this.#source, 0, { at, low, high, layout: this.#layout }) !== undefined;
  }

  #hasShapeOfNode(at: number, low: number, high: number): boolean {
    return this.#hasShape(at, low, high) && this.#readNode(at, low, high) !== undefined;
  }

  /** Whether a node begins there of which more than its keys may be gone: one key alone is no proof. */
  #hasKeys(at: number, low: number, high: number): boolean {
    const head = headOfNode(this.#source, 0, { at, low, high, layout: this.#layout });
    return head !== undefined && head.keyEnds.length > 1;
  }

  #readNode(at: number, low: number, high: number): ReadNode | undefined {
    if (this.#looksLeft <= 0) return undefined;
    this.#looksLeft -= 1;
    return (
      this.#attempt(() => this.#wholeNode(at, low, high)) ??
      this.#attempt(() => this.#restOfNode(at, low, high))
    );
  }

  #wholeNode(at: number, low: number, high: number): ReadNode {
    const node = new OrderedMapNode(this.#source, 0, this.#layout);
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
    return { at, keysAt: node.keysAt, entries, children };
  }

  /** The keys of a node of which more than them may be gone, and where values are as far as it still says. */
  #restOfNode(at: number, low: number, high: number): ReadNode | undefined {
    const head = headOfNode(this.#source, 0, { at, low, high, layout: this.#layout });
    if (head === undefined) return undefined;
    const { keysAt, keyEnds, isInner } = head;
    const entries = keyEnds.map((end, slot) =>
      this.#attempt((): IndexEntry => {
        const keyAt = keyEnds[slot - 1] ?? keysAt;
        const key = this.#copyOf(keyAt, end - keyAt);
        const place = this.#attempt(() => this.#placeOfValue(at, slot, high));
        return { key, ...(place ?? { offset: 0, length: 0, isUnplaced: true }) };
      }),
    );
    return { at, keysAt, entries, children: isInner ? undefined : [] };
  }

  #placeOfValue(
    node: number,
    slot: number,
    high: number,
  ): { readonly offset: number; readonly length: number } | undefined {
    const { values, valueBytes } = this.#layout;
    const at = node + values + slot * valueBytes;
    if (at + PLACE_BYTES > high) return undefined;
    this.#source.window(at, PLACE_BYTES);
    const { bytes, at: place } = this.#source;
    return { offset: readU32(bytes, place), length: readU32(bytes, place + 4) };
  }

  #copyOf(at: number, length: number): Uint8Array {
    this.#source.window(at, length);
    return this.#source.bytes.slice(this.#source.at, this.#source.at + length);
  }

  /** The result of an action; undefined if it meets damage. */
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

/** The entries of a node among those of its subtrees, whose places in it are gone. */
function* inKeyOrder(
  below: Iterable<IndexEntry>,
  own: readonly (IndexEntry | undefined)[],
): Generator<IndexEntry, void> {
  const waiting = own.flatMap((entry) => entry ?? []);
  for (const entry of below) {
    while (waiting.length > 0 && compareBytes(waiting[0]!.key, entry.key) < 0) yield waiting.shift()!;
    yield entry;
  }
  yield* waiting;
}
