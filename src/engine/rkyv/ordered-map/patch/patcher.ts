import { compareRanges } from '../../../bytes/compare.js';
import { copyBytes } from '../../../bytes/copy.js';
import type { Steps } from '../../../steps.js';
import { OrderedMapCursor, type OrderedMapPlace } from '../ordered-map-cursor.js';
import { OrderedMapDescent } from '../ordered-map-descent.js';
import { MAP_ROOT_BYTES, NODE_CHILDREN } from '../ordered-map-format.js';
import { OrderedMapNode } from '../ordered-map-node.js';
import { OpenPatch } from './open-patch.js';
import { NO_CHILD, OrderedMapOutput } from '../ordered-map-output.js';
import type { MapChange, MapPlan, SubtreePlan } from './plan.js';
import { OrderedMapTree } from '../ordered-map-tree.js';

/** Bytes copied in one piece, and in one step; each change counts as some of the bytes of a step. */
const COPIED_BYTES = 128 * 1024;
const STEP_BYTES = 256 * 1024;
const CHANGE_BYTES = 2048;
const ENTRY_BYTES = 128;

/** Changes in ascending order of their keys. */
export interface MapChanges extends MapChange {
  /** Length of the value that is put. */
  readonly valueLength: number;
  first(): boolean;
  next(): boolean;
}

/** The parts that a map is patched from. */
export interface MapPatch {
  readonly place: OrderedMapPlace;
  readonly plan: MapPlan;
  readonly changes: MapChanges;
  /** Says where the value lies that the present change puts: asked once for each, in their order. */
  readonly placeValue: () => number;
  /** How many bytes the new map is to have, where it is reshaped: at least as many as the plan says. */
  readonly length: number;
  /** Takes the bytes in order; the buffer is used again when it returns. */
  readonly sink: (bytes: Uint8Array) => void;
}

/**
 * Writes a map anew with some changes: what they do not concern is copied as it lies, since pointers are relative. Nodes
 * stand behind all that they lead to, so that the old map is gone through once, in the order of its bytes: of each run between two
 * nodes on the way to a change nothing but the place is another one.
 *
 * Invariants:
 * - all bytes of the old map below `#copied` were copied or replaced, and what comes next is moved by `#shift`;
 * - `#open` are the nodes on the way to the last change, all before them is in the output, and both are at a node's start.
 */
export class OrderedMapPatcher {
  readonly #patch: MapPatch;
  readonly #output: OrderedMapOutput;
  readonly #descent: OrderedMapDescent;
  readonly #sibling: OrderedMapNode;
  readonly #levels: OpenPatch[] = [];
  #open = 0;
  #copied = 0;
  #subtreesDone = 0;
  #stepBytes = 0;
  #isOnChange = false;

  constructor(patch: MapPatch) {
    const { source, start, layout } = patch.place;
    this.#patch = patch;
    this.#output = new OrderedMapOutput(patch.sink);
    this.#descent = new OrderedMapDescent(patch.place);
    this.#sibling = new OrderedMapNode(source, start, layout);
  }

  /** Writes all of it. @returns how many bytes the new map has */
  *run(): Steps<number> {
    const { changes, plan, place } = this.#patch;
    for (this.#isOnChange = changes.first(); this.#isOnChange;) yield* this.#takeChange();
    let root = place.rootAt;
    while (this.#open > 0) root = yield* this.#close();
    yield* this.#copyTo(place.nodesEnd);
    return this.#output.finish(root, plan.count);
  }

  *#takeChange(): Steps<void> {
    const descent = this.#descent;
    const { buffer, keyStart, keyLength, deleted } = this.#patch.changes;
    descent.descend(buffer, keyStart, keyLength);
    if (deleted && !descent.isFound) {
      this.#nextChange();
      return;
    }
    const shared = descent.sharedWith(this.#levels, this.#open);
    while (this.#open > shared) yield* this.#close();
    while (this.#open < descent.depth) {
      yield* this.#enter();
      const { at, end } = descent.node(this.#open - 1);
      const subtree = this.#patch.plan.subtrees[this.#subtreesDone];
      if (subtree?.at !== at) continue;
      yield* this.#rewrite(subtree, end);
      return;
    }
    if (descent.isAtMissingChild && this.#open === descent.depth) yield* this.#enter();
    this.#apply();
    yield* this.#count(CHANGE_BYTES);
    this.#nextChange();
  }

  #nextChange(): void {
    this.#isOnChange = this.#patch.changes.next();
  }

  /** Goes on to the next node of the way, or to the missing child at its end: all before it is copied. */
  *#enter(): Steps<void> {
    const descent = this.#descent;
    const level = this.#open;
    if (level > 0) yield* this.#settleChildren(this.#levels[level - 1]!, descent.slots[level - 1]!);
    const open = (this.#levels[level] ??= new OpenPatch(this.#patch.place));
    if (level < descent.depth) open.startAt(descent.node(level));
    else open.startMissing(descent.lastSlot);
    this.#open++;
  }

  /** Notes where the children of an open node before a slot will lie, and copies up to the end of the last one. */
  *#settleChildren(open: OpenPatch, slots: number): Steps<void> {
    const { node } = open;
    let lastKept = -1;
    for (; open.settled < slots; open.settled++) {
      const child = node.child(open.settled);
      open.children[open.settled] = child === NO_CHILD ? NO_CHILD : child + this.#shift;
      if (child !== NO_CHILD) lastKept = open.settled;
    }
    if (lastKept < 0) return;
    this.#sibling.enter(node.child(lastKept), node.lowOfChild(lastKept), node.at);
    yield* this.#copyTo(this.#sibling.end);
  }

  #apply(): void {
    const { changes, placeValue } = this.#patch;
    const { isFound, lastSlot } = this.#descent;
    const { buffer, keyStart, keyLength, deleted, valueLength: length } = changes;
    const open = this.#levels[this.#open - 1]!;
    const offset = deleted ? 0 : placeValue();
    const isOverwrite = isFound && !deleted;
    if (isOverwrite) open.setValue(lastSlot, offset, length);
    if (open.isInner) return;
    open.edits.push({ buffer, keyStart, keyLength, deleted, offset, length });
    if (isOverwrite) return;
    open.isReshaped = true;
    open.entries += deleted ? -1 : 1;
  }

  /** Writes the lowest open node. @returns where it lies now */
  *#close(): Steps<number> {
    const open = this.#levels[this.#open - 1]!;
    return this.#closed(open.isReshaped ? this.#writeLeaf(open) : yield* this.#writeNode(open));
  }

  #closed(at: number): number {
    this.#open--;
    const above = this.#levels[this.#open - 1];
    if (this.#open > 0) above!.children[above!.settled++] = at;
    return at;
  }

  /** Copies a node and changes what is different in it. */
  *#writeNode(open: OpenPatch): Steps<number> {
    const { node, isInner } = open;
    const { at, end } = node;
    if (isInner) yield* this.#settleChildren(open, NODE_CHILDREN);
    if (this.#open === 1 && this.#patch.plan.isReshaped) {
      yield* this.#copyTo(node.keysAt);
      this.#fillBeforeRoot();
    }
    yield* this.#copyTo(at);
    const output = this.#output;
    const { source, start } = this.#patch.place;
    output.reserve(end - at);
    source.window(start + at, end - at);
    copyBytes(source.bytes, source.at, end - at, output.block, output.length);
    open.apply(output);
    const writtenAt = output.position;
    output.advance(end - at);
    this.#copied = end;
    return writtenAt;
  }

  /** Writes zeros, so that the map has the length that was agreed on. */
  #fillBeforeRoot(): void {
    const { length, place } = this.#patch;
    const output = this.#output;
    const rest = place.nodesEnd - this.#copied + MAP_ROOT_BYTES;
    for (let left = length - rest - output.position; left > 0;) {
      const count = Math.min(left, ZEROS.length);
      output.write(ZEROS, 0, count);
      left -= count;
    }
  }

  /** Writes a leaf with other entries: a small subtree, where it has too many for one. */
  #writeLeaf({ at, node, edits, entries }: OpenPatch): number {
    const tree = new OrderedMapTree(entries, this.#output);
    const before = at < 0 ? 0 : node.entryCount;
    let slot = 0;
    for (const edit of edits) {
      for (; slot < before; slot++) {
        node.locateKey(slot);
        const { keyBytes, keyStart, keyLength } = node;
        const order = compareRanges(
          keyBytes,
          keyStart,
          keyLength,
          edit.buffer,
          edit.keyStart,
          edit.keyLength,
        );
        if (order === 0) slot++;
        if (order >= 0) break;
        this.#addEntry(tree, node, slot);
      }
      if (!edit.deleted) tree.addAt(edit.buffer, edit.keyStart, edit.keyLength, edit.offset, edit.length);
    }
    for (; slot < before; slot++) this.#addEntry(tree, node, slot);
    return this.#finishTree(tree, at < 0 ? this.#copied : node.end);
  }

  #addEntry(tree: OrderedMapTree, node: OrderedMapNode, slot: number): void {
    node.readValue(slot);
    node.locateKey(slot);
    tree.addAt(node.keyBytes, node.keyStart, node.keyLength, node.valueOffset, node.valueLength);
  }

  /** Writes a subtree from its entries and the changes among them, and closes it. */
  *#rewrite({ at, entries, entriesAfter, changes: changed }: SubtreePlan, end: number): Steps<void> {
    const { place, changes, placeValue } = this.#patch;
    const tree = new OrderedMapTree(entriesAfter, this.#output);
    const old = new OrderedMapCursor({ ...place, rootAt: at, nodesEnd: end, count: entries });
    let isOnOld = old.first();
    for (let left = changed; isOnOld || left > 0;) {
      const order =
        left === 0 ? -1 : isOnOld ? old.compareKey(changes.buffer, changes.keyStart, changes.keyLength) : 1;
      if (order < 0) {
        const { keyBytes, keyStart, keyLength } = old.locateKey();
        tree.addAt(keyBytes, keyStart, keyLength, old.offset, old.length);
      } else if (order === 0 || !changes.deleted) {
        left--;
        const { buffer, keyStart, keyLength, deleted, valueLength } = changes;
        if (!deleted) tree.addAt(buffer, keyStart, keyLength, placeValue(), valueLength);
      }
      if (order >= 0) this.#nextChange();
      if (order <= 0) isOnOld = old.next();
      yield* this.#count(ENTRY_BYTES);
    }
    this.#subtreesDone++;
    this.#closed(this.#finishTree(tree, end));
  }

  /** Ends what stands in place of the old bytes up to `end`. */
  #finishTree(tree: OrderedMapTree, end: number): number {
    const at = tree.finish();
    this.#output.align();
    this.#copied = end;
    return at;
  }

  /** By how much what is copied now lies behind where it was. */
  get #shift(): number {
    return this.#output.position - this.#copied;
  }

  *#copyTo(end: number): Steps<void> {
    const { source, start } = this.#patch.place;
    while (this.#copied < end) {
      const count = Math.min(end - this.#copied, COPIED_BYTES);
      source.window(start + this.#copied, count);
      this.#output.write(source.bytes, source.at, count);
      this.#copied += count;
      yield* this.#count(count);
    }
  }

  *#count(bytes: number): Steps<void> {
    this.#stepBytes += bytes;
    if (this.#stepBytes < STEP_BYTES) return;
    this.#stepBytes = 0;
    yield;
  }
}

const ZEROS = new Uint8Array(4096);
