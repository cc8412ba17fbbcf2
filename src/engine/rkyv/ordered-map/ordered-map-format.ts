import { assert } from '../../assert.js';

/**
 * The archived ordered map: a B-tree with 5 entries a node, from key bytes to `{offset, length}`
 * (docs/formats/rkyv.md, "Ordered map"). Nodes lie behind what they point to; the root's reference is
 * the last 8 bytes. Two layouts of its nodes are read; one is written.
 */

/** Entries of an inner node, and at most of a leaf. */
export const NODE_ENTRIES = 5;
/** Children of an inner node: one before each entry, one behind the last. */
export const NODE_CHILDREN = NODE_ENTRIES + 1;

/** Kinds of nodes, as their first byte says. */
export const KIND_LEAF = 0;
export const KIND_INNER = 1;

const KIND_BYTES = 4;
/** A key: `ptr:i32 len:u32`. */
export const KEY_BYTES = 8;
/** A relative pointer: i32. */
export const POINTER_BYTES = 4;
/** A value begins with `offset:u32 length:u32`, and that is all that there is to one today. */
export const PLACE_BYTES = 8;
/** LaminarDB 0.1 to 0.16 had a `version:u64` behind each value's place. */
export const VALUE_VERSION_BYTES = 8;

/**
 * The positions of a node's parts, in bytes from its start, and its length. Its kind and its keys lie the
 * same in all.
 */
export interface MapLayout {
  readonly values: number;
  readonly valueBytes: number;
  /** For a leaf: its number of entries. */
  readonly entryCount: number;
  /** For an inner node: the pointers to its children. */
  readonly children: number;
  readonly leafBytes: number;
  readonly innerBytes: number;
  /** Nodes are aligned to this, counted from the start of the map. */
  readonly nodeAlignment: number;
}

function layoutOf(valueBytes: number, nodeAlignment: number): MapLayout {
  const roundUp = (bytes: number): number => Math.ceil(bytes / nodeAlignment) * nodeAlignment;
  const values = roundUp(KIND_BYTES + NODE_ENTRIES * KEY_BYTES);
  const entryCount = values + NODE_ENTRIES * valueBytes;
  return {
    values,
    valueBytes,
    entryCount,
    children: entryCount,
    leafBytes: roundUp(entryCount + 4),
    innerBytes: roundUp(entryCount + NODE_CHILDREN * POINTER_BYTES),
    nodeAlignment,
  };
}

/** The layout of LaminarDB since 0.17, and the one that is written here. */
export const MAP_LAYOUT = layoutOf(PLACE_BYTES, 4);
/** The layout of LaminarDB 0.1 to 0.16, whose values have a version. */
export const VERSIONED_MAP_LAYOUT = layoutOf(PLACE_BYTES + VALUE_VERSION_BYTES, 8);
assert(
  VERSIONED_MAP_LAYOUT.leafBytes === 136 && VERSIONED_MAP_LAYOUT.innerBytes === 152,
  'nodes of 136 and 152 bytes',
);

/** Byte positions in a node that is written. `entryCount` is a leaf's, `children` an inner node's. */
export const NODE = {
  kind: 0,
  keys: KIND_BYTES,
  values: MAP_LAYOUT.values,
  entryCount: MAP_LAYOUT.entryCount,
  children: MAP_LAYOUT.children,
} as const;

/** A value that is written: `offset:u32 length:u32`. */
export const VALUE_BYTES = MAP_LAYOUT.valueBytes;

/** Sizes of nodes that are written. */
export const LEAF_BYTES = MAP_LAYOUT.leafBytes;
export const INNER_BYTES = MAP_LAYOUT.innerBytes;

/** Nodes that are written are aligned to this; the root's reference is in every layout. */
export const NODE_ALIGNMENT = MAP_LAYOUT.nodeAlignment;

/** The reference to the root, the last bytes of a map: `ptr:i32 count:u32`. */
export const MAP_ROOT_BYTES = 8;
export const MAP_ROOT = { pointer: 0, count: 4 } as const;

/** `ptr` of a missing child, and of the root of an empty map. */
export const MISSING = 1;

/** How long the root of a map with entries is: it is the last node, right before the reference. */
export function rootNodeBytes({ leafBytes, innerBytes }: MapLayout, count: number): number {
  return count > NODE_ENTRIES ? innerBytes : leafBytes;
}

/** The lowest that a relative pointer can reach. */
export const POINTER_MIN = -(2 ** 31);

/** The most entries that a map can count. */
export const COUNT_MAX = 0xffff_ffff;

/** Levels of a map of `count` entries: the least h with 6^h > count; 0 when empty. At most 13. */
export function mapHeight(count: number): number {
  let height = 0;
  for (let entriesMax = 0; entriesMax < count; height++) {
    entriesMax = (entriesMax + 1) * NODE_CHILDREN - 1;
  }
  return height;
}

/**
 * A tree may be so many levels higher than its entries need: where few of them come or go, new ones stand below what is
 * there, and all else is kept as it lies.
 */
const SPARE_LEVELS = 1;

/** The most levels that a map of `count` entries may have. */
export function mapHeightMax(count: number): number {
  return count === 0 ? 0 : mapHeight(count) + SPARE_LEVELS;
}

/** The most levels that a map can have. */
export const HEIGHT_MAX = mapHeightMax(COUNT_MAX);

/** How many of `count` entries the lowest level holds: those that the full levels above it do not. */
export function lowestLevelEntries(count: number): number {
  return count - (NODE_CHILDREN ** (mapHeight(count) - 1) - 1);
}

/** How many nodes a map of `count` entries has as it is written whole: inner ones are full, of leaves all but the last. */
export function mapNodes(count: number): { readonly leaves: number; readonly inners: number } {
  if (count === 0) return { leaves: 0, inners: 0 };
  const lowest = lowestLevelEntries(count);
  return { leaves: Math.ceil(lowest / NODE_ENTRIES), inners: (count - lowest) / NODE_ENTRIES };
}

/** The most that the nodes of such a map take, their padding included and their keys not. */
export function mapNodeBytesMax(count: number): number {
  const { leaves, inners } = mapNodes(count);
  const padding = NODE_ALIGNMENT - 1;
  return leaves * (LEAF_BYTES + padding) + inners * (INNER_BYTES + padding);
}
