import type { ByteSource } from '../../bytes/byte-source.js';
import { readI32, readU32 } from '../../bytes/halves.js';
import { StatelogError } from '../../errors.js';
import {
  KEY_BYTES,
  KIND_INNER,
  MAP_LAYOUT,
  MAP_ROOT,
  MAP_ROOT_BYTES,
  type MapLayout,
  MISSING,
  NODE,
  NODE_CHILDREN,
  NODE_ENTRIES,
  POINTER_BYTES,
  rootNodeBytes,
  VERSIONED_MAP_LAYOUT,
} from './ordered-map-format.js';

/**
 * Which layout a map's nodes have. Nothing in a file says so, and a whole tree of the one may be a whole tree of
 * the other, too, with other values. But every writer writes the root last, right before the reference to it, and
 * its size is another one in each layout: so whole maps are told apart by 4 bytes, and no key or value can
 * change that. Where bytes were damaged, the root itself says more than the pointer to it.
 */

const COUNT_BYTES = 4;
/** A node's kind, and the pointers to its keys. */
const HEAD_BYTES = NODE.keys + NODE_ENTRIES * KEY_BYTES;

/** The facts that the end of a map gives away. */
export interface MapEnd {
  /**
   * The layout that the last node has; if that fits none or both, the one that the reference has; undefined
   * if neither tells.
   */
  readonly layout: MapLayout | undefined;
  /** True if the reference leads to where the root of such a map lies: right before it. */
  readonly isReferenceGood: boolean;
  /** The last node, where it is whole. */
  readonly root: NodeShape | undefined;
  /** The value of the reference, unchecked. */
  readonly pointer: number;
  readonly count: number;
}

/**
 * Looks at the last node of a map, and at the reference behind it. An empty map is the same in every layout, and is
 * taken for one of today's.
 * @param length at least the 8 bytes of the reference
 * @throws StatelogError `DAMAGED` where the source does
 */
export function readMapEnd(source: ByteSource, start: number, length: number): MapEnd {
  const nodesEnd = length - MAP_ROOT_BYTES;
  source.window(start + nodesEnd, MAP_ROOT_BYTES);
  const pointer = readI32(source.bytes, source.at + MAP_ROOT.pointer);
  const count = readU32(source.bytes, source.at + MAP_ROOT.count);
  // A cut end may leave the same bytes behind other ones.
  if (count === 0 && pointer === MISSING && nodesEnd === 0) {
    return { layout: MAP_LAYOUT, isReferenceGood: true, root: undefined, pointer, count };
  }
  const isLedTo = (layout: MapLayout): boolean => count > 0 && pointer === -rootNodeBytes(layout, count);
  const rootOf = (layout: MapLayout): NodeShape | undefined => lastNode(source, start, nodesEnd, layout);
  const layout = only((one) => rootOf(one) !== undefined) ?? only(isLedTo);
  if (layout === undefined) return { layout, isReferenceGood: false, root: undefined, pointer, count };
  return { layout, isReferenceGood: isLedTo(layout), root: rootOf(layout), pointer, count };
}

/**
 * The layout of a map that nothing else is known of.
 * @throws StatelogError `DAMAGED` (class `index-mismatch`) where its end is none that a writer writes
 */
export function layoutOfMap(source: ByteSource, start: number, length: number): MapLayout {
  const end = length < MAP_ROOT_BYTES ? undefined : readMapEnd(source, start, length);
  if (end?.layout !== undefined && end.isReferenceGood) return end.layout;
  const reason =
    end?.layout === undefined
      ? 'it ends neither as one of LaminarDB 0.1 to 0.16 does nor as a later one'
      : 'its last bytes do not lead to the root before them';
  throw new StatelogError('DAMAGED', `the index is damaged: ${reason}`, {
    class: 'index-mismatch',
    offset: start + Math.max(0, length - MAP_ROOT_BYTES),
  });
}

/** A possible place of a node: its position, with its keys, within `[low, high)`. */
export interface NodePlace {
  readonly at: number;
  readonly low: number;
  readonly high: number;
  readonly layout: MapLayout;
}

/** A node that was told by its shape. */
export interface NodeShape {
  /** Start of its keys. */
  readonly keysAt: number;
  readonly end: number;
  readonly isInner: boolean;
  readonly entryCount: number;
}

/**
 * Tells whether bytes are a node as it is written: its keys right before it, one behind the other, its children before
 * them, and zeros wherever it has nothing. A node of the other layout has something there, but for some leaves.
 */
export function shapeOfNode(source: ByteSource, start: number, place: NodePlace): NodeShape | undefined {
  const { at, low, high, layout } = place;
  if (at < low || at % layout.nodeAlignment !== 0 || at + layout.leafBytes > high) return undefined;
  source.window(start + at, layout.leafBytes);
  const kind = readU32(source.bytes, source.at);
  if (kind > KIND_INNER) return undefined;
  const isInner = kind === KIND_INNER;
  const nodeBytes = isInner ? layout.innerBytes : layout.leafBytes;
  const entryCount = isInner ? NODE_ENTRIES : readU32(source.bytes, source.at + layout.entryCount);
  if (entryCount === 0 || entryCount > NODE_ENTRIES || at + nodeBytes > high) return undefined;
  source.window(start + at, nodeBytes);
  const keysAt = keysBefore(source, place, entryCount);
  if (keysAt === undefined || !isZeroWhereUnused(source, layout, entryCount, isInner)) return undefined;
  if (isInner && !areChildrenBefore(source, layout)) return undefined;
  return { keysAt, end: at + nodeBytes, isInner, entryCount };
}

/** The first part of a node, that tells where its keys are. */
export interface NodeHead {
  readonly isInner: boolean;
  /** The end of each of its keys; the first begins at `keysAt`, each other one where the one before it ends. */
  readonly keyEnds: readonly number[];
  readonly keysAt: number;
}

/**
 * Tells a node by its kind and its keys alone, where what stands behind them may be gone: the keys that follow each other up
 * to the node are its own. Chance makes that of no other bytes, but for a leaf of one entry.
 */
export function headOfNode(source: ByteSource, start: number, place: NodePlace): NodeHead | undefined {
  const { at, low, high, layout } = place;
  if (at < low || at % layout.nodeAlignment !== 0 || at + HEAD_BYTES > high) return undefined;
  source.window(start + at, HEAD_BYTES);
  const { bytes, at: node } = source;
  const kind = readU32(bytes, node);
  const keysAt = at + NODE.keys + readI32(bytes, node + NODE.keys);
  if (kind > KIND_INNER || keysAt < low) return undefined;
  const keyEnds: number[] = [];
  for (let slot = 0; slot < NODE_ENTRIES; slot++) {
    const field = NODE.keys + slot * KEY_BYTES;
    const keyAt = at + field + readI32(bytes, node + field);
    if (keyAt !== (keyEnds.at(-1) ?? keysAt)) break;
    keyEnds.push(keyAt + readU32(bytes, node + field + POINTER_BYTES));
  }
  const isInner = kind === KIND_INNER;
  const end = keyEnds.at(-1)!;
  const isUpToNode = end <= at && at - end < layout.nodeAlignment;
  return isUpToNode && (!isInner || keyEnds.length === NODE_ENTRIES)
    ? { isInner, keyEnds, keysAt }
    : undefined;
}

/** Start of the keys of the node that the source shows, if they lie as a writer lays them. */
function keysBefore(
  source: ByteSource,
  { at, low, layout }: NodePlace,
  entryCount: number,
): number | undefined {
  const { bytes, at: node } = source;
  const keysAt = at + NODE.keys + readI32(bytes, node + NODE.keys);
  let keyEnd = keysAt;
  for (let slot = 0; slot < entryCount; slot++) {
    const field = NODE.keys + slot * KEY_BYTES;
    if (at + field + readI32(bytes, node + field) !== keyEnd) return undefined;
    keyEnd += readU32(bytes, node + field + POINTER_BYTES);
  }
  return keysAt >= low && keyEnd <= at && at - keyEnd < layout.nodeAlignment ? keysAt : undefined;
}

function isZeroWhereUnused(
  { bytes, at: node }: ByteSource,
  layout: MapLayout,
  entryCount: number,
  isInner: boolean,
): boolean {
  const isZero = (from: number, to: number): boolean => {
    for (let field = from; field < to; field++) if (bytes[node + field] !== 0) return false;
    return true;
  };
  return (
    isZero(NODE.keys + entryCount * KEY_BYTES, layout.values) &&
    isZero(layout.values + entryCount * layout.valueBytes, layout.entryCount) &&
    (isInner || isZero(layout.entryCount + COUNT_BYTES, layout.leafBytes))
  );
}

function areChildrenBefore({ bytes, at: node }: ByteSource, { children }: MapLayout): boolean {
  for (let slot = 0; slot < NODE_CHILDREN; slot++) {
    const pointer = readI32(bytes, node + children + slot * POINTER_BYTES);
    if (pointer >= 0 && pointer !== MISSING) return false;
  }
  return true;
}

/** The one layout of which something is true; undefined where it is of both, or of none. */
function only(isTrueOf: (layout: MapLayout) => boolean): MapLayout | undefined {
  const [today, versioned] = [isTrueOf(MAP_LAYOUT), isTrueOf(VERSIONED_MAP_LAYOUT)];
  if (today === versioned) return undefined;
  return today ? MAP_LAYOUT : VERSIONED_MAP_LAYOUT;
}

/** The last node before the reference, if it is one of this layout. */
function lastNode(
  source: ByteSource,
  start: number,
  nodesEnd: number,
  layout: MapLayout,
): NodeShape | undefined {
  for (const nodeBytes of [layout.leafBytes, layout.innerBytes]) {
    const shape = shapeOfNode(source, start, { at: nodesEnd - nodeBytes, low: 0, high: nodesEnd, layout });
    if (shape?.end === nodesEnd) return shape;
  }
  return undefined;
}
