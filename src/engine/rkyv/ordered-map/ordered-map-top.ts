import { compareRanges } from '../../bytes/compare.js';
import { copyBytes } from '../../bytes/copy.js';
import { isStatelogError } from '../../errors.js';
import type { OrderedMapPlace } from './ordered-map-cursor.js';
import { mapHeight, NODE_CHILDREN } from './ordered-map-format.js';
import { NO_CHILD, OrderedMapNode } from './ordered-map-node.js';

/** Levels that are kept: 7,775 entries at most. */
const LEVELS_KEPT = 5;
/** A top whose keys would take more is not kept. */
const KEY_BYTES_MAX = 4 * 1024 * 1024;
/** Positions are kept as i32, which those of a map of up to 2 GiB are. */
const POSITION_MAX = 0x7fff_ffff;
/** Bytes of a key that are compared as one number: as many as a double holds exactly. */
const HEAD_BYTES = 6;

/**
 * The upper levels of an archived ordered map, in memory: where a lookup would touch a node a level,
 * each in another page, it finds here which subtree below them the key can be in. What every key of
 * the top begins with is compared once, and the next bytes as one number; only where these are equal,
 * keys are. Memory is bounded, whatever the map's size.
 *
 * Invariants: keys ascend. `children[i]` is the subtree before key number i, the last one that after
 * all of them, and `parents[i]` the node that it is a child of.
 */
export class OrderedMapTop {
  /** Levels of the map that are here. */
  readonly levels: number;
  /** The result of the last `find`: the value, or the subtree and its parent. */
  offset = 0;
  length = 0;
  child = NO_CHILD;
  parent = 0;
  #count = 0;
  #keyBytes = new Uint8Array(1024);
  readonly #keyEnds: Int32Array;
  readonly #offsets: Uint32Array;
  readonly #lengths: Uint32Array;
  readonly #children: Int32Array;
  readonly #parents: Int32Array;
  #commonLength = 0;
  readonly #heads: Float64Array;

  private constructor(levels: number) {
    const entriesMax = NODE_CHILDREN ** levels - 1;
    this.levels = levels;
    this.#keyEnds = new Int32Array(entriesMax);
    this.#offsets = new Uint32Array(entriesMax);
    this.#lengths = new Uint32Array(entriesMax);
    this.#children = new Int32Array(entriesMax + 1);
    this.#parents = new Int32Array(entriesMax + 1);
    this.#heads = new Float64Array(entriesMax);
  }

  /**
   * Reads the top of a map; undefined where the map is no higher, or the top damaged or too large:
   * whoever comes to a damaged node by a lookup is told then.
   */
  static read(place: OrderedMapPlace): OrderedMapTop | undefined {
    const { count, rootAt, nodesEnd } = place;
    if (mapHeight(count) <= LEVELS_KEPT || nodesEnd > POSITION_MAX) return undefined;
    const top = new OrderedMapTop(LEVELS_KEPT);
    try {
      if (!top.#take(place, rootAt, 0, nodesEnd, 0)) return undefined;
    } catch (error) {
      if (!isStatelogError(error)) throw error;
      return undefined;
    }
    top.#makeHeads();
    return top;
  }

  /**
   * True if the key that stands in `key` is in the top itself: `offset` and `length` say where its value is. Otherwise
   * `child` is the only subtree that it can be in, or `NO_CHILD`.
   */
  find(key: Uint8Array, keyStart: number, keyLength: number): boolean {
    const rank = this.#lowerBound(key, keyStart, keyLength);
    if (rank < 0) {
      this.offset = this.#offsets[-1 - rank]!;
      this.length = this.#lengths[-1 - rank]!;
      return true;
    }
    this.child = this.#children[rank]!;
    this.parent = this.#parents[rank]!;
    return false;
  }

  /** The number of keys below `key`; minus one minus it, where the next one is equal. */
  #lowerBound(key: Uint8Array, start: number, length: number): number {
    const common = this.#commonLength;
    const compared = length < common ? length : common;
    const order = compareRanges(key, start, compared, this.#keyBytes, 0, common);
    if (order !== 0) return order < 0 ? 0 : this.#count;
    const head = headOf(key, start + common, start + length);
    const heads = this.#heads;
    let first = 0;
    let end = this.#count;
    while (first < end) {
      const middle = (first + end) >>> 1;
      const other = heads[middle]!;
      const difference = other === head ? this.#compareKey(middle, key, start, length) : other - head;
      if (difference === 0) return -1 - middle;
      if (difference < 0) first = middle + 1;
      else end = middle;
    }
    return first;
  }

  #compareKey(rank: number, key: Uint8Array, start: number, length: number): number {
    const own = this.#keyStart(rank);
    return compareRanges(this.#keyBytes, own, this.#keyEnds[rank]! - own, key, start, length);
  }

  #keyStart(rank: number): number {
    return rank === 0 ? 0 : this.#keyEnds[rank - 1]!;
  }

  /** Takes in the subtree at a position, in key order, down to the last level kept; false where it cannot be. */
  #take(place: OrderedMapPlace, at: number, low: number, high: number, level: number): boolean {
    const node = new OrderedMapNode(place.source, place.start, place.layout);
    node.enter(at, low, high);
    for (let slot = 0; slot <= node.entryCount; slot++) {
      const child = node.isInner ? node.child(slot) : NO_CHILD;
      if (child !== NO_CHILD && level + 1 < this.levels) {
        if (!this.#take(place, child, node.lowOfChild(slot), at, level + 1)) return false;
      } else {
        this.#children[this.#count] = child;
        this.#parents[this.#count] = at;
      }
      if (slot < node.entryCount && !this.#takeEntry(node, slot)) return false;
    }
    return true;
  }

  /** False where the key is not above the last one, or there is no room. */
  #takeEntry(node: OrderedMapNode, slot: number): boolean {
    const rank = this.#count;
    const start = this.#keyStart(rank);
    node.locateKey(slot);
    const { keyBytes, keyStart, keyLength } = node;
    const end = start + keyLength;
    if (end > KEY_BYTES_MAX) return false;
    if (rank > 0) {
      const last = this.#keyStart(rank - 1);
      const order = compareRanges(this.#keyBytes, last, start - last, keyBytes, keyStart, keyLength);
      if (order >= 0) return false;
    }
    if (end > this.#keyBytes.length) this.#growKeys(end);
    copyBytes(keyBytes, keyStart, keyLength, this.#keyBytes, start);
    node.readValue(slot);
    this.#keyEnds[rank] = end;
    this.#offsets[rank] = node.valueOffset;
    this.#lengths[rank] = node.valueLength;
    this.#count = rank + 1;
    return true;
  }

  #growKeys(bytesMin: number): void {
    const grown = new Uint8Array(2 * bytesMin);
    grown.set(this.#keyBytes);
    this.#keyBytes = grown;
  }

  /** Leaves out of the heads the bytes that the first and the last key, and so all keys, begin with. */
  #makeHeads(): void {
    const last = this.#keyStart(this.#count - 1);
    const shorter = Math.min(this.#keyEnds[0]!, this.#keyEnds[this.#count - 1]! - last);
    let common = 0;
    while (common < shorter && this.#keyBytes[common] === this.#keyBytes[last + common]) common++;
    this.#commonLength = common;
    for (let rank = 0; rank < this.#count; rank++) {
      this.#heads[rank] = headOf(this.#keyBytes, this.#keyStart(rank) + common, this.#keyEnds[rank]!);
    }
  }
}

/** The bytes from `start` on as a big-endian number, zeros after `end`: in the order of the keys, but for ties. */
function headOf(bytes: Uint8Array, start: number, end: number): number {
  let head = 0;
  for (let at = start; at < start + HEAD_BYTES; at++) head = head * 256 + (at < end ? bytes[at]! : 0);
  return head;
}
