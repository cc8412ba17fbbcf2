import type { OrderedMapPlace } from './ordered-map-cursor.js';
import { HEIGHT_MAX } from './ordered-map-format.js';
import { NO_CHILD, OrderedMapNode } from './ordered-map-node.js';

/** A node on a way, or the place of a missing child. */
export interface WayLevel {
  /** -1 for a missing child. */
  readonly at: number;
  /** Slot of a missing child in the node above it. */
  readonly slot: number;
}

/**
 * Goes down an archived ordered map to one key after the other, and remembers the way: the nodes from the root on, and
 * in each the slot at which it went on. Nodes that the way to the next key has in common are not read again.
 *
 * Invariant: `slots[level]` is the child that was taken in the node of that level; in the last one, the entry that was found,
 * or before which the key would stand.
 */
export class OrderedMapDescent {
  /** How many nodes the way has; 0 before the first descent. */
  depth = 0;
  /** True where the key is there: as the entry `slots[depth - 1]` of the last node. */
  isFound = false;
  readonly slots = new Uint8Array(HEIGHT_MAX);
  readonly #place: OrderedMapPlace;
  readonly #nodes: OrderedMapNode[] = [];

  constructor(place: OrderedMapPlace) {
    this.#place = place;
  }

  /** The node of a level that the way has. */
  node(level: number): OrderedMapNode {
    return this.#nodes[level]!;
  }

  /** The last node of the way. */
  get last(): OrderedMapNode {
    return this.#nodes[this.depth - 1]!;
  }

  /** The slot at which the way ends. */
  get lastSlot(): number {
    return this.slots[this.depth - 1]!;
  }

  /** True where the key would stand in a subtree of the last node that is missing. */
  get isAtMissingChild(): boolean {
    return !this.isFound && this.last.isInner;
  }

  /**
   * How many levels of a way that was remembered this one has in common with it: nodes by their position, and below them the same missing
   * child, which stands there with the position -1.
   */
  sharedWith(levels: readonly WayLevel[], count: number): number {
    const { depth } = this;
    let shared = 0;
    while (shared < count && shared < depth && levels[shared]!.at === this.#nodes[shared]!.at) shared++;
    if (shared < depth || shared === count || !this.isAtMissingChild) return shared;
    const below = levels[shared]!;
    return below.at < 0 && below.slot === this.lastSlot ? shared + 1 : shared;
  }

  /**
   * Goes down to a key that stands in a buffer; the map must have entries.
   * @throws StatelogError `DAMAGED` (class `index-mismatch`)
   */
  descend(buffer: Uint8Array, keyStart: number, keyLength: number): void {
    const { rootAt, nodesEnd, height } = this.#place;
    let at = rootAt;
    let low = 0;
    let high = nodesEnd;
    for (let level = 0; level < height; level++) {
      const node = this.#enter(level, at, low, high);
      const bound = node.lowerBound(buffer, keyStart, keyLength);
      this.depth = level + 1;
      this.isFound = bound < 0;
      this.slots[level] = bound < 0 ? -1 - bound : bound;
      const child = bound < 0 || !node.isInner ? NO_CHILD : node.child(bound);
      if (child === NO_CHILD) return;
      low = node.lowOfChild(bound);
      high = at;
      at = child;
    }
    this.last.fail(at, 'the tree is deeper than its entries need');
  }

  #enter(level: number, at: number, low: number, high: number): OrderedMapNode {
    let node = this.#nodes[level];
    if (node?.at !== at) {
      const { source, start, layout } = this.#place;
      node ??= this.#nodes[level] = new OrderedMapNode(source, start, layout);
      node.enter(at, low, high);
      node.checkKeys();
    }
    node.startSearch();
    return node;
  }
}
