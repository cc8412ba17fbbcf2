import type { OrderedKeyIndex } from '../key-index.js';
import {
  CAPACITY,
  END,
  FIRST_CHILD,
  KIND_MASK,
  NODE_SEGMENT_SHIFT,
  ROOT_ADDRESS,
  SPAN,
} from './node-layout.js';
import { wordOf } from './node-pool.js';
import { childCount, childPlace, placesBelow } from './node-search.js';

const LEVELS_FIRST = 32;
const NOWHERE = -1;

/**
 * Walks an index in key order, both ways. Each move answers the slot that it came to, or -1 when
 * there is none; the cursor is then nowhere, until it seeks.
 *
 * The index may change between two moves: the cursor goes on from the key that it stood on, even
 * if that one was removed meanwhile (it then looks its way up anew, which costs a lookup).
 *
 * Invariants, while `version` is the index's: `nodes[0 .. levels)` is the way from the root to the
 * leaf of `place`, and `children` the index of the child taken in each.
 */
export class KeyCursor {
  private readonly index: OrderedKeyIndex;
  private nodes: Int32Array = new Int32Array(LEVELS_FIRST);
  private children: Int32Array = new Int32Array(LEVELS_FIRST);
  private levels = 0;
  private place = NOWHERE;
  private version = NOWHERE;
  private followed = false;
  /** The key to go on from, where the slot may be another's by now. */
  private held: Uint8Array | undefined;

  constructor(index: OrderedKeyIndex) {
    this.index = index;
  }

  /** The slot of the key that the cursor is on; -1 if it is on none, or that one is not there any more. */
  get slot(): number {
    return this.held === undefined ? this.place : this.index.find(this.held);
  }

  /** To the first key. */
  first(): number {
    return this.toEnd(true);
  }

  /** To the last key. */
  last(): number {
    return this.toEnd(false);
  }

  /** To the first key that is not before `key`. */
  seekFirst(key: Uint8Array): number {
    return this.seekFirstAt(key, 0, key.length);
  }

  /** As `seekFirst`, for the key that stands in `bytes` at `start`. */
  seekFirstAt(bytes: Uint8Array, start: number, length: number): number {
    return this.seek(bytes, start, length, true);
  }

  /** To the last key that is before `key`. */
  seekLast(key: Uint8Array): number {
    return this.seekLastAt(key, 0, key.length);
  }

  /** As `seekLast`, for the key that stands in `bytes` at `start`. */
  seekLastAt(bytes: Uint8Array, start: number, length: number): number {
    return this.seek(bytes, start, length, false);
  }

  /** To the next key; from nowhere, nowhere. */
  next(): number {
    return this.version === this.index.version && this.followed ? this.step(true) : this.resume(true);
  }

  /** To the key before; from nowhere, nowhere. */
  previous(): number {
    return this.version === this.index.version && this.followed ? this.step(false) : this.resume(false);
  }

  /** For the index, just before it removes the key of `slot`. */
  beforeRemoval(slot: number): void {
    if (this.place === slot) this.leave();
  }

  /** For the index, just before it removes every key. */
  leave(): void {
    if (this.place !== NOWHERE) this.held = this.index.keyOf(this.place);
    this.place = NOWHERE;
  }

  /** For the index: from now on it tells the cursor nothing. */
  letGo(): void {
    if (this.place !== NOWHERE) this.held = this.index.keyOf(this.place);
    this.followed = false;
  }

  /** Makes the way known for the index as it is now. */
  private begin(): void {
    if (!this.followed) this.index.follow(this);
    this.followed = true;
    this.version = this.index.version;
    this.held = undefined;
    this.levels = 0;
  }

  private toEnd(forward: boolean): number {
    this.begin();
    return this.enter(this.index.nodes.read(ROOT_ADDRESS), forward);
  }

  /** Goes on after the index changed, or stopped telling. */
  private resume(forward: boolean): number {
    if (this.place === NOWHERE && this.held === undefined) return NOWHERE;
    if (this.version === this.index.version) {
      this.index.follow(this);
      this.followed = true;
      this.held = undefined;
      return this.step(forward);
    }
    const key = this.held ?? this.index.keyOf(this.place);
    const slot = this.seek(key, 0, key.length, forward);
    if (!forward || slot === NOWHERE) return slot;
    return this.index.compareKey(slot, key, 0, key.length) === 0 ? this.step(true) : slot;
  }

  /** To the next leaf beside the way, from its end upwards. */
  private step(forward: boolean): number {
    const segments = this.index.nodes.words;
    const nodes = this.nodes;
    const children = this.children;
    for (let level = this.levels - 1; level >= 0; level--) {
      const node = nodes[level]!;
      const kind = node & KIND_MASK;
      const words = segments[node >>> NODE_SEGMENT_SHIFT]!;
      const first = wordOf(node) + FIRST_CHILD[kind]!;
      const move = forward ? 1 : -1;
      let child = children[level]! + move;
      const end = forward ? CAPACITY[kind]! : -1;
      if (kind >= SPAN) while (child !== end && words[first + child] === 0) child += move;
      if (child === end) continue;
      const reference = words[first + child]!;
      if (reference === 0) continue;
      children[level] = child;
      this.levels = level + 1;
      if (reference < 0) return (this.place = ~reference);
      return this.enter(reference, forward);
    }
    this.levels = 0;
    return (this.place = NOWHERE);
  }

  /** Down from `reference` to its first or last leaf; nowhere if it is 0. */
  private enter(from: number, forward: boolean): number {
    const segments = this.index.nodes.words;
    let reference = from;
    while (reference > 0) {
      const kind = reference & KIND_MASK;
      const words = segments[reference >>> NODE_SEGMENT_SHIFT]!;
      const at = wordOf(reference);
      const first = at + FIRST_CHILD[kind]!;
      let child = 0;
      if (!forward) child = (kind >= SPAN ? CAPACITY[kind]! : childCount(words, at, kind)) - 1;
      if (kind >= SPAN) while (words[first + child] === 0) child += forward ? 1 : -1;
      this.push(reference, child);
      reference = words[first + child]!;
    }
    return (this.place = ~reference);
  }

  /** To the first key not before the given one, or the last before it. */
  private seek(bytes: Uint8Array, start: number, length: number, forward: boolean): number {
    this.begin();
    const root = this.index.nodes.read(ROOT_ADDRESS);
    if (root === 0) return (this.place = NOWHERE);
    const found = this.follow(root, bytes, start, length);
    const differs = this.index.slots.mismatch(found, bytes, start, length);
    if (differs < 0) {
      this.place = found;
      return forward ? found : this.step(false);
    }
    const below = this.climb(root, differs, length);
    if (below > 0 && differs < length && this.positionOf(below) === differs) {
      return this.enterBetween(below, bytes[start + differs]!, forward);
    }
    const keyIsBefore =
      differs === length ||
      (differs < this.index.slots.lengthOf(found) &&
        bytes[start + differs]! < this.index.slots.byteOf(found, differs));
    return keyIsBefore === forward ? this.enter(below, forward) : this.step(forward);
  }

  /** Down along the key, or beside it where it has no child; the slot of the leaf. As `descend` of the index. */
  private follow(root: number, bytes: Uint8Array, start: number, length: number): number {
    const segments = this.index.nodes.words;
    let reference = root;
    while (reference > 0) {
      const kind = reference & KIND_MASK;
      const words = segments[reference >>> NODE_SEGMENT_SHIFT]!;
      const at = wordOf(reference);
      const position = words[at]!;
      const first = at + FIRST_CHILD[kind]!;
      let place = 0;
      if (kind === END) place = position < length ? first + 1 : first;
      else if (position < length) place = childPlace(words, at, kind, bytes[start + position]!);
      if (words[place] === 0) {
        place = first;
        if (kind >= SPAN) while (words[place] === 0) place += 1;
      }
      this.push(reference, place - first);
      reference = words[place]!;
    }
    return ~reference;
  }

  /**
   * Back up to where a key of `length` bytes that differs at `differs` leaves the way; what the way
   * went on to from there.
   */
  private climb(root: number, differs: number, length: number): number {
    while (this.levels > 0) {
      const node = this.nodes[this.levels - 1]!;
      const position = this.positionOf(node);
      if (position < differs) break;
      if (position === differs && (node & KIND_MASK) === END && length > differs) break;
      this.levels -= 1;
    }
    if (this.levels === 0) return root;
    const node = this.nodes[this.levels - 1]!;
    const first = wordOf(node) + FIRST_CHILD[node & KIND_MASK]!;
    return this.segmentOf(node)[first + this.children[this.levels - 1]!]!;
  }

  /** Into a node that has no child for `byte`: to the first leaf after that, or the last before. */
  private enterBetween(node: number, byte: number, forward: boolean): number {
    const below = placesBelow(this.segmentOf(node), wordOf(node), node & KIND_MASK, byte);
    this.push(node, forward ? below - 1 : below);
    return this.step(forward);
  }

  private push(node: number, child: number): void {
    if (this.levels === this.nodes.length) {
      this.nodes = lengthened(this.nodes);
      this.children = lengthened(this.children);
    }
    this.nodes[this.levels] = node;
    this.children[this.levels] = child;
    this.levels += 1;
  }

  private positionOf(node: number): number {
    return this.segmentOf(node)[wordOf(node)]!;
  }

  private segmentOf(node: number): Int32Array {
    return this.index.nodes.words[node >>> NODE_SEGMENT_SHIFT]!;
  }
}

function lengthened(array: Int32Array): Int32Array {
  const longer = new Int32Array(array.length * 2);
  longer.set(array);
  return longer;
}
