import type { KeyTree } from './key-tree.js';
import { ROOT_ADDRESS, WORDS_PER_CHILD_MAX } from './node/node-layout.js';
import { makeEnd } from './node/node-edit.js';
import { makeNode } from './node/node-rebuild.js';
import { lengthened } from './tails/segments.js';

const CHILDREN_FIRST = 64;
const LEVELS_FIRST = 16;

/**
 * Takes the keys of an index for as long as they come in ascending order. Each is compared with the one before
 * it and with no other, and each node is written once, when all its children are known: that takes a
 * fraction of the time of inserting them. The keys are found once `finish` was called.
 *
 * Invariants:
 * - The open nodes are those on the way to the last key. `children` and `bytes` hold, up to `end`,
 *   the children that they have so far, those of the node at the top first, and their bytes.
 * - The last child of a node that is not the lowest is the next one, which is not written yet: in its
 *   place stands the first child of that, and its byte is kept in `bytesAbove`.
 * - The pool has room for all open nodes: `finish` needs no memory.
 */
export class KeyLoader {
  private readonly tree: KeyTree;
  private children: Int32Array = new Int32Array(CHILDREN_FIRST);
  private bytes = new Uint8Array(CHILDREN_FIRST);
  private end = 0;
  /** For each open node: twice its position, plus 1 unless it is an end; and the place of its first child. */
  private turns: Int32Array = new Int32Array(LEVELS_FIRST);
  private starts: Int32Array = new Int32Array(LEVELS_FIRST);
  private bytesAbove = new Uint8Array(LEVELS_FIRST);
  private levels = 0;

  /** Use `OrderedKeyIndex`. @param tree an empty one */
  constructor(tree: KeyTree) {
    this.tree = tree;
  }

  /**
   * The slot of a new key, that which stands in `bytes` at `start`; -1 if it is not above the last one. Slots
   * are handed out in order, from 0. The caller has checked that the key lies within `bytes`. Where there is no
   * memory, it throws and nothing has changed.
   */
  add(bytes: Uint8Array, start: number, length: number): number {
    const { slots } = this.tree;
    let turn = -1;
    let byte = 0;
    let byteOfLast = 0;
    if (slots.limit > 0) {
      const last = slots.limit - 1;
      const differs = slots.mismatch(last, bytes, start, length);
      if (differs < 0 || differs === length) return -1;
      byte = bytes[start + differs]!;
      turn = 2 * differs;
      if (differs < slots.lengthOf(last)) {
        byteOfLast = slots.byteOf(last, differs);
        if (byte < byteOfLast) return -1;
        turn += 1;
      }
    }
    this.makeRoom();
    const slot = slots.allocate(bytes, start, length);
    if (turn >= 0) this.turn(turn, byteOfLast);
    this.children[this.end] = ~slot;
    this.bytes[this.end] = byte;
    this.end += 1;
    return slot;
  }

  /** Writes what is still open. From now on the keys are found. */
  finish(): void {
    while (this.levels > 0) this.closeLowest();
    this.tree.nodes.write(ROOT_ADDRESS, this.children[0]!);
  }

  /** Room for one more key and one more level, and for the nodes of all that are open then. */
  private makeRoom(): void {
    const { children, turns } = this;
    if (this.end === children.length) {
      this.bytes = lengthenedBytes(this.bytes);
      this.children = lengthened(children);
    }
    if (this.levels === turns.length) {
      this.starts = lengthened(this.starts);
      this.bytesAbove = lengthenedBytes(this.bytesAbove);
      this.turns = lengthened(turns);
    }
    // Each open node but the lowest counts one of its children twice.
    this.tree.nodes.reserve((this.end + this.levels + 2) * WORDS_PER_CHILD_MAX);
  }

  /** Makes the node in which the next key parts from the last one the lowest; what lies below it is complete. */
  private turn(turn: number, byteOfLast: number): void {
    while (this.levels > 0 && this.turns[this.levels - 1]! > turn) this.closeLowest();
    const { levels } = this;
    if (levels > 0 && this.turns[levels - 1] === turn) return;
    const lastChild = this.end - 1;
    this.turns[levels] = turn;
    this.starts[levels] = lastChild;
    this.bytesAbove[levels] = this.bytes[lastChild]!;
    this.bytes[lastChild] = byteOfLast;
    this.levels = levels + 1;
  }

  private closeLowest(): void {
    const level = this.levels - 1;
    const turn = this.turns[level]!;
    const start = this.starts[level]!;
    const { nodes } = this.tree;
    const { children, bytes } = this;
    const position = turn >>> 1;
    const node =
      (turn & 1) === 0
        ? makeEnd(nodes, position, children[start]!, children[start + 1]!)
        : makeNode(nodes, position, bytes, children, start, this.end - start);
    children[start] = node;
    bytes[start] = this.bytesAbove[level]!;
    this.end = start + 1;
    this.levels = level;
  }
}

function lengthenedBytes(array: Uint8Array): Uint8Array<ArrayBuffer> {
  const longer = new Uint8Array(array.length * 2);
  longer.set(array);
  return longer;
}
