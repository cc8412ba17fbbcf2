import type { Steps } from '../../../steps.js';
import type { OrderedMapPlace } from '../ordered-map-cursor.js';
import { OrderedMapDescent } from '../ordered-map-descent.js';
import {
  LEAF_BYTES,
  MAP_LAYOUT,
  MAP_ROOT_BYTES,
  mapHeight,
  mapHeightMax,
  mapNodeBytesMax,
  NODE_ALIGNMENT,
  NODE_ENTRIES,
} from '../ordered-map-format.js';
import { measureSubtree } from './subtree.js';

/** A key that is put or deleted, where it stands in a buffer. */
export interface MapChange {
  readonly buffer: Uint8Array;
  readonly keyStart: number;
  readonly keyLength: number;
  readonly deleted: boolean;
}

/** A subtree that is written anew, from its entries and the changes among them. */
export interface SubtreePlan {
  /** Position of its topmost node. */
  readonly at: number;
  readonly entries: number;
  /** Changes in it that have an effect. */
  readonly changes: number;
  /** Entries that it has afterwards. */
  readonly entriesAfter: number;
}

/** The way in which a map is brought to what it is after some changes, most of it kept as it lies. */
export interface MapPlan {
  /** Entries of the new map. */
  readonly count: number;
  /** True where keys come or go; false where values alone change, so that everything stays where it is. */
  readonly isReshaped: boolean;
  /** In the order of their positions; none lies in another. */
  readonly subtrees: readonly SubtreePlan[];
  /** The most bytes that the new map takes: as many as now where it is not reshaped. */
  readonly bytesMax: number;
}

/** A leaf may become a subtree of so many entries (three full levels): where more come, what lies above is written anew, too. */
const ENTRIES_FOR_A_LEAF = 6 ** 3 - 1;
/** A subtree with more than this part of a map is not written anew by itself: all of the map is. */
const SUBTREE_PART_MAX = 0.25;

/** A node on the way to the key that was seen last, or the place of one that is missing. */
class OpenLevel {
  /** -1 for a missing child. */
  at = 0;
  /** Slot of a missing child in the node above it. */
  slot = 0;
  low = 0;
  high = 0;
  isInner = false;
  /** Entries of a leaf. */
  entries = 0;
  /** The changes below it so far, those that have an effect: their number, what they add to the entries, and the bytes of keys that come. */
  changes = 0;
  net = 0;
  keyBytes = 0;
  /** True where keys come or go below it. */
  isReshaped = false;
  /** True where it cannot stay the node that it is. */
  isRewritten = false;
  /** The plan as it was when the level was entered. */
  subtreesBefore = 0;
  growthBefore = 0;
}

/**
 * Plans how a map becomes another one by changes that are few beside its entries, so that all that they do not concern is
 * copied as it lies. A leaf is written with other entries, and where it has more than 5, becomes a small subtree. Where
 * that would be deeper than a tree of so many entries may be, or where an inner node loses an entry, the
 * lowest subtree around it that can be balanced within those levels is written anew. (The idea is that of scapegoat trees: Galperin and Rivest, 1993.)
 *
 * Invariant: `#levels[0, #open)` are the nodes on the way to the last change that had an effect, each with the sums of the changes below it.
 */
export class OrderedMapPlanner {
  /** The value that the last key had, where it was there. */
  length = 0;
  readonly #place: OrderedMapPlace;
  readonly #descent: OrderedMapDescent;
  readonly #levels: OpenLevel[] = [];
  #open = 0;
  readonly #subtrees: SubtreePlan[] = [];
  #growth = 0;
  #net = 0;
  #isReshaped = false;
  #isWorthIt: boolean;

  constructor(place: OrderedMapPlace) {
    this.#place = place;
    this.#descent = new OrderedMapDescent(place);
    this.#isWorthIt = place.layout === MAP_LAYOUT && place.count > NODE_ENTRIES;
  }

  /**
   * Takes in the next change, in ascending order of the keys; true if the map has the key.
   * @throws StatelogError `DAMAGED` (class `index-mismatch`)
   */
  *visit({ buffer, keyStart, keyLength, deleted }: MapChange): Steps<boolean> {
    if (this.#place.count === 0) return false;
    const descent = this.#descent;
    descent.descend(buffer, keyStart, keyLength);
    const { isFound, last } = descent;
    if (isFound) {
      last.readValue(descent.lastSlot);
      this.length = last.valueLength;
    }
    if (!this.#isWorthIt || (deleted && !isFound)) return isFound;
    const shared = descent.sharedWith(this.#levels, this.#open);
    while (this.#open > shared) yield* this.#leave();
    this.#enterAll();
    this.#account(isFound ? (deleted ? -1 : 0) : 1, keyLength);
    if (isFound && deleted && last.isInner) this.#levels[this.#open - 1]!.isRewritten = true;
    return isFound;
  }

  /** The plan for all changes that were seen; undefined where the whole map is better written anew. */
  *finish(): Steps<MapPlan | undefined> {
    while (this.#open > 0) yield* this.#leave();
    const count = this.#place.count + this.#net;
    const isAsHigh = count > NODE_ENTRIES && mapHeight(count) >= mapHeight(this.#place.count);
    if (!this.#isWorthIt || !isAsHigh) return undefined;
    const growth = Math.ceil(Math.max(0, this.#growth) / NODE_ALIGNMENT) * NODE_ALIGNMENT;
    const bytesMax = this.#place.nodesEnd + MAP_ROOT_BYTES + growth;
    return { count, isReshaped: this.#isReshaped, subtrees: this.#subtrees, bytesMax };
  }

  #enterAll(): void {
    const { depth, isAtMissingChild } = this.#descent;
    while (this.#open < depth) {
      const { at, low, end, isInner, entryCount } = this.#descent.node(this.#open);
      Object.assign(this.#enter(), { at, low, high: end, isInner, entries: entryCount });
    }
    if (isAtMissingChild && this.#open === depth) {
      Object.assign(this.#enter(), { at: -1, slot: this.#descent.lastSlot, isInner: false, entries: 0 });
    }
  }

  #enter(): OpenLevel {
    const level = (this.#levels[this.#open] ??= new OpenLevel());
    this.#open++;
    level.changes = 0;
    level.net = 0;
    level.keyBytes = 0;
    level.isReshaped = false;
    level.isRewritten = false;
    level.subtreesBefore = this.#subtrees.length;
    level.growthBefore = this.#growth;
    return level;
  }

  #account(net: number, keyLength: number): void {
    if (net !== 0) this.#isReshaped = true;
    this.#net += net;
    for (let index = 0; index < this.#open; index++) {
      const level = this.#levels[index]!;
      level.changes++;
      level.net += net;
      level.isReshaped ||= net !== 0;
      if (net > 0) level.keyBytes += keyLength;
    }
  }

  /** Decides on the lowest open level, below which no more changes come. */
  *#leave(): Steps<void> {
    this.#open--;
    const level = this.#levels[this.#open]!;
    if (!level.isInner) this.#leaveLeaf(level);
    else if (level.isRewritten) yield* this.#leaveRewritten(level);
  }

  #leaveLeaf(level: OpenLevel): void {
    if (!level.isReshaped) return;
    const entries = level.entries + level.net;
    if (entries > ENTRIES_FOR_A_LEAF || !this.#fits(entries)) {
      this.#rewriteAbove();
      return;
    }
    this.#growth += level.keyBytes + mapNodeBytesMax(entries) - (level.at < 0 ? 0 : LEAF_BYTES);
  }

  *#leaveRewritten(level: OpenLevel): Steps<void> {
    if (!this.#isWorthIt) return;
    const { at, low, high, net, keyBytes, changes } = level;
    const before = yield* measureSubtree(this.#place, { at, low, high });
    const entriesAfter = before.entries + net;
    if (!this.#fits(entriesAfter)) {
      this.#rewriteAbove();
      return;
    }
    if (before.entries > SUBTREE_PART_MAX * this.#place.count) {
      this.#isWorthIt = false;
      return;
    }
    this.#subtrees.length = level.subtreesBefore;
    this.#subtrees.push({ at, entries: before.entries, changes, entriesAfter });
    this.#growth = level.growthBefore + keyBytes + mapNodeBytesMax(entriesAfter) - before.nodeBytes;
  }

  /** True if so many entries can be balanced in place of the level that is being left. */
  #fits(entries: number): boolean {
    return this.#open + mapHeight(entries) <= mapHeightMax(this.#place.count);
  }

  #rewriteAbove(): void {
    if (this.#open === 0) this.#isWorthIt = false;
    else this.#levels[this.#open - 1]!.isRewritten = true;
  }
}
