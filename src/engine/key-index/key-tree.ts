import { KeySlots } from './key-slots.js';
import { addChild, makeEnd, makePair, removeChild } from './node/node-edit.js';
import { FIRST_CHILD, KIND_MASK, ROOT_ADDRESS } from './node/node-layout.js';
import { NodePool, addressOf } from './node/node-pool.js';
import { childPlace, firstPlace } from './node/node-search.js';
import { lengthened } from './tails/segments.js';

const PATH_LENGTH_FIRST = 128;

/**
 * The tree of nodes over the keys' slots: see `node-layout.ts`.
 *
 * Invariants: positions do not fall on the way down, and rise but from an end to the node below
 * it. All keys under a node have their bytes before its position in common. Every node has two
 * children at least.
 */
export class KeyTree {
  readonly nodes = new NodePool();
  readonly slots = new KeySlots();
  /**
   * The way of the last `descend`, for a walk to take: the addresses at which its references are
   * kept, and between two of them twice the position of the node that the first leads to, and 1
   * unless that is an end.
   */
  path: Int32Array = new Int32Array(PATH_LENGTH_FIRST);
  pathLength = 0;

  // Numbers of node-layout.ts stand in `find` and `descend`: see node-search.ts for why.

  /** The slot of the key that stands in `bytes` at `start`, or -1. */
  find(bytes: Uint8Array, start: number, length: number): number {
    const segments = this.nodes.words;
    let reference = segments[0]![4]!;
    while (reference > 0) {
      const words = segments[reference >>> 19]!;
      const at = (reference >>> 1) & 0x3fffc;
      const kind = reference & 7;
      const position = words[at]!;
      if (kind === 0) {
        reference = words[position < length ? at + 2 : at + 1]!;
      } else {
        if (position >= length) return -1;
        reference = words[childPlace(words, at, kind, bytes[start + position]!)]!;
      }
    }
    return reference < 0 && this.slots.equals(~reference, bytes, start, length) ? ~reference : -1;
  }

  /**
   * Goes down along the key, and where there is no child for its byte along any child, keeping the
   * path. Whatever leaf that ends at, no other shares a longer beginning with the key. Its slot, or
   * -1 if the tree is empty.
   */
  descend(bytes: Uint8Array, start: number, length: number): number {
    const segments = this.nodes.words;
    let path = this.path;
    let end = 1;
    path[0] = 4;
    let reference = segments[0]![4]!;
    while (reference > 0) {
      const segment = reference >>> 19;
      const words = segments[segment]!;
      const at = (reference >>> 1) & 0x3fffc;
      const kind = reference & 7;
      const position = words[at]!;
      let place = 0;
      if (kind === 0) place = position < length ? at + 2 : at + 1;
      else if (position < length) place = childPlace(words, at, kind, bytes[start + position]!);
      reference = words[place]!;
      if (reference === 0) {
        place = firstPlace(words, at, kind);
        reference = words[place]!;
      }
      if (end + 1 >= path.length) path = this.path = lengthened(path);
      path[end] = position * 2 + (kind === 0 ? 0 : 1);
      path[end + 1] = segment * 0x40000 + place;
      end += 2;
    }
    this.pathLength = end;
    return ~reference;
  }

  /**
   * Cuts the path of the last `descend` off where its key leaves it, which differs from the key found
   * at `differs`; what the path went on to. The key passes an end there: were it as short, the end's
   * own key would have been found.
   */
  leave(differs: number): number {
    const { path } = this;
    const turn = differs * 2 + 1;
    let last = this.pathLength - 1;
    while (last > 0 && path[last - 1]! >= turn) last -= 2;
    this.pathLength = last + 1;
    return this.nodes.read(path[last]!);
  }

  /**
   * Puts the leaf of `slot`, a new key's, where the key differs, at `differs`, from that of `found`,
   * the slot that `descend` came to with it (-1 for none).
   */
  attach(slot: number, found: number, differs: number): void {
    const { nodes, slots } = this;
    if (found < 0) {
      nodes.write(ROOT_ADDRESS, ~slot);
      return;
    }
    const length = slots.lengthOf(slot);
    const below = this.leave(differs);
    const address = this.path[this.pathLength - 1]!;
    if (differs === length) {
      nodes.write(address, makeEnd(nodes, differs, ~slot, below));
      return;
    }
    const byte = slots.byteOf(slot, differs);
    if (below > 0 && nodes.read(addressOf(below)) === differs) {
      addChild(nodes, address, byte, ~slot);
    } else if (differs === slots.lengthOf(found)) {
      nodes.write(address, makeEnd(nodes, differs, below, ~slot));
    } else {
      nodes.write(address, makePair(nodes, differs, byte, ~slot, slots.byteOf(found, differs), below));
    }
  }

  /** Takes out the leaf that `descend` came to; there must be another one. */
  detach(): void {
    const leaf = this.path[this.pathLength - 1]!;
    const parent = this.path[this.pathLength - 3]!;
    const node = this.nodes.read(parent);
    removeChild(this.nodes, parent, leaf - addressOf(node) - FIRST_CHILD[node & KIND_MASK]!);
  }

  /** Takes out everything. */
  reset(): void {
    this.nodes.reset();
    this.slots.reset();
  }
}
