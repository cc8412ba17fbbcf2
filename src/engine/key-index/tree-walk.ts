import type { KeyTree } from './key-tree.js';
import {
  CAPACITY,
  FIRST_CHILD,
  KIND_MASK,
  NODE_SEGMENT_SHIFT,
  ROOT_ADDRESS,
  SPAN,
} from './node/node-layout.js';
import { addressOf, wordOf } from './node/node-pool.js';
import { childCount, placesBelow } from './node/node-search.js';
import { lengthened } from './tails/segments.js';

/** The largest array that is made without asking for memory: a cursor is often made for only a few steps. */
const LEVELS_FIRST = 16;

/** The position of a walk that stands on no key. */
export const NOWHERE = -1;

/**
 * A place in the tree, and the way there. It holds for as long as the tree does not change.
 *
 * Invariants: `nodes[0 .. levels)` is the way from the root to the leaf of `slot`, and `children`
 * the number of the child taken in each; `levels` is 0 when it is nowhere.
 */
export class TreeWalk {
  /** The slot of the leaf, or `NOWHERE`. */
  slot = NOWHERE;
  private readonly tree: KeyTree;
  private nodes: Int32Array = new Int32Array(LEVELS_FIRST);
  private children: Int32Array = new Int32Array(LEVELS_FIRST);
  private levels = 0;

  constructor(tree: KeyTree) {
    this.tree = tree;
  }

  /** To the first leaf, or the last; its slot. */
  toEnd(forward: boolean): number {
    this.levels = 0;
    return this.enter(this.tree.nodes.read(ROOT_ADDRESS), forward);
  }

  /** To the first key that is not before the given one, or the last that is before it; its slot. */
  seek(bytes: Uint8Array, start: number, length: number, forward: boolean): number {
    const { tree } = this;
    const found = tree.descend(bytes, start, length);
    if (found < 0) return this.toEnd(forward);
    const differs = tree.slots.mismatch(found, bytes, start, length);
    if (differs < 0) {
      this.takePath();
      this.slot = found;
      return forward ? found : this.step(false);
    }
    const below = tree.leave(differs);
    this.takePath();
    if (below > 0 && differs < length && tree.nodes.read(addressOf(below)) === differs) {
      return this.enterBetween(below, bytes[start + differs]!, forward);
    }
    const keyIsBefore =
      differs === length ||
      (differs < tree.slots.lengthOf(found) && bytes[start + differs]! < tree.slots.byteOf(found, differs));
    return keyIsBefore === forward ? this.enter(below, forward) : this.step(forward);
  }

  /** To the next leaf, or the one before; its slot. */
  step(forward: boolean): number {
    const { nodes, children } = this;
    const segments = this.tree.nodes.words;
    for (let level = this.levels - 1; level >= 0; level--) {
      const node = nodes[level]!;
      const kind = node & KIND_MASK;
      const words = segments[node >>> NODE_SEGMENT_SHIFT]!;
      const first = wordOf(node) + FIRST_CHILD[kind]!;
      const end = forward ? CAPACITY[kind]! : -1;
      const move = forward ? 1 : -1;
      let child = children[level]! + move;
      if (kind >= SPAN) while (child !== end && words[first + child] === 0) child += move;
      const reference = child === end ? 0 : words[first + child]!;
      if (reference === 0) continue;
      children[level] = child;
      this.levels = level + 1;
      if (reference < 0) return (this.slot = ~reference);
      return this.enter(reference, forward);
    }
    this.levels = 0;
    return (this.slot = NOWHERE);
  }

  /** Down from `reference` to its first or last leaf; nowhere if it is 0. */
  private enter(from: number, forward: boolean): number {
    const segments = this.tree.nodes.words;
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
    return (this.slot = ~reference);
  }

  /** Into a node that has no child for `byte`: to the first leaf after that, or the last before. */
  private enterBetween(node: number, byte: number, forward: boolean): number {
    const words = this.tree.nodes.words[node >>> NODE_SEGMENT_SHIFT]!;
    const below = placesBelow(words, wordOf(node), node & KIND_MASK, byte);
    this.push(node, forward ? below - 1 : below);
    return this.step(forward);
  }

  /** Makes the tree's path the way. */
  private takePath(): void {
    const { nodes, path, pathLength } = this.tree;
    this.levels = 0;
    for (let at = 0; at + 1 < pathLength; at += 2) {
      const node = nodes.read(path[at]!);
      this.push(node, path[at + 2]! - addressOf(node) - FIRST_CHILD[node & KIND_MASK]!);
    }
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
}
