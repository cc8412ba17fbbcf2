import type { Steps } from '../../../steps.js';
import type { OrderedMapPlace } from '../ordered-map-cursor.js';
import { NO_CHILD, OrderedMapNode } from '../ordered-map-node.js';

/** Nodes read in one step. */
const NODES_A_STEP = 1024;

/** The place of a subtree: its topmost node at `at`, all of it in `[low, high)`. */
export interface SubtreePlace {
  readonly at: number;
  readonly low: number;
  readonly high: number;
}

/** The size of a subtree. */
export interface SubtreeMeasure {
  entries: number;
  /** Bytes of its nodes, without their keys. */
  nodeBytes: number;
}

/**
 * Counts the entries of a subtree; each node of it is read.
 * @throws StatelogError `DAMAGED` (class `index-mismatch`)
 */
export function* measureSubtree(place: OrderedMapPlace, subtree: SubtreePlace): Steps<SubtreeMeasure> {
  const measure = { entries: 0, nodeBytes: 0, nodes: 0 };
  const waiting: SubtreePlace[] = [subtree];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const node = new OrderedMapNode(place.source, place.start, place.layout);
    node.enter(next.at, next.low, next.high);
    measure.entries += node.entryCount;
    measure.nodeBytes += node.end - node.at;
    if (++measure.nodes % NODES_A_STEP === 0) yield;
    if (!node.isInner) continue;
    for (let slot = 0; slot <= node.entryCount; slot++) {
      const at = node.child(slot);
      if (at !== NO_CHILD) waiting.push({ at, low: node.lowOfChild(slot), high: next.at });
    }
  }
  return measure;
}
