import type { OrderedMapPlace } from '../ordered-map-cursor.js';
import type { WayLevel } from '../ordered-map-descent.js';
import { NODE, NODE_CHILDREN, NODE_ENTRIES, POINTER_BYTES, VALUE_BYTES } from '../ordered-map-format.js';
import { OrderedMapNode } from '../ordered-map-node.js';
import type { OrderedMapOutput } from '../ordered-map-output.js';

/** An entry that a leaf is to have, or to lose. */
export interface LeafEdit {
  readonly buffer: Uint8Array;
  readonly keyStart: number;
  readonly keyLength: number;
  readonly deleted: boolean;
  readonly offset: number;
  readonly length: number;
}

/** A node that is written with other values or children, or the place of one that is missing, while the way leads through it. */
export class OpenPatch implements WayLevel {
  at = -1;
  slot = 0;
  isInner = false;
  /** The node as it is in the old map; of no meaning for a missing child. */
  readonly node: OrderedMapNode;
  /** Positions that the children will have: known for those below `settled`. */
  readonly children = new Float64Array(NODE_CHILDREN);
  settled = 0;
  /** True where a leaf gets or loses entries: `edits` then says all that changes in it. */
  isReshaped = false;
  edits: LeafEdit[] = [];
  /** Entries that a leaf will have. */
  entries = 0;
  /** One bit for each entry whose value is another one. */
  #changed = 0;
  readonly #offsets = new Uint32Array(NODE_ENTRIES);
  readonly #lengths = new Uint32Array(NODE_ENTRIES);

  constructor({ source, start, layout }: OrderedMapPlace) {
    this.node = new OrderedMapNode(source, start, layout);
  }

  /** Begins with a node that was met. */
  startAt({ at, low, end, isInner, entryCount }: OrderedMapNode): void {
    this.node.enter(at, low, end);
    this.#start(at, 0, isInner, entryCount);
  }

  /** Begins with a child that is missing. */
  startMissing(slot: number): void {
    this.#start(-1, slot, false, 0);
  }

  #start(at: number, slot: number, isInner: boolean, entries: number): void {
    this.at = at;
    this.slot = slot;
    this.isInner = isInner;
    this.entries = entries;
    this.settled = 0;
    this.isReshaped = at < 0;
    this.edits = [];
    this.#changed = 0;
  }

  setValue(slot: number, offset: number, length: number): void {
    this.#changed |= 1 << slot;
    this.#offsets[slot] = offset;
    this.#lengths[slot] = length;
  }

  /** Writes the new values and an inner node's pointers over a copy of the node, which stands where the output goes on. */
  apply(output: OrderedMapOutput): void {
    for (let slot = 0; slot < NODE_ENTRIES; slot++) {
      if ((this.#changed & (1 << slot)) === 0) continue;
      const field = NODE.values + slot * VALUE_BYTES;
      output.word(field, this.#offsets[slot]!);
      output.word(field + 4, this.#lengths[slot]!);
    }
    if (!this.isInner) return;
    for (let slot = 0; slot < NODE_CHILDREN; slot++) {
      output.pointer(NODE.children + slot * POINTER_BYTES, this.children[slot]!);
    }
  }
}
