/**
 * The archived ordered map: a B-tree with 5 entries a node, from key bytes to `{offset, length}`
 * (docs/formats/rkyv.md, "Ordered map"). Nodes lie behind what they point to; the root's reference is
 * the last 8 bytes.
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
/** A value: `offset:u32 length:u32`. */
export const VALUE_BYTES = 8;
/** A relative pointer: i32. */
export const POINTER_BYTES = 4;

/** Byte positions in a node. `entryCount` is a leaf's, `children` an inner node's. */
export const NODE = {
  kind: 0,
  keys: KIND_BYTES,
  values: KIND_BYTES + NODE_ENTRIES * KEY_BYTES,
  entryCount: KIND_BYTES + NODE_ENTRIES * (KEY_BYTES + VALUE_BYTES),
  children: KIND_BYTES + NODE_ENTRIES * (KEY_BYTES + VALUE_BYTES),
} as const;

/** Sizes of nodes. */
export const LEAF_BYTES = NODE.entryCount + 4;
export const INNER_BYTES = NODE.children + NODE_CHILDREN * POINTER_BYTES;

/** Nodes and the root's reference are aligned to this, counted from the start of the map. */
export const NODE_ALIGNMENT = 4;

/** The reference to the root, the last bytes of a map: `ptr:i32 count:u32`. */
export const MAP_ROOT_BYTES = 8;
export const MAP_ROOT = { pointer: 0, count: 4 } as const;

/** `ptr` of a missing child, and of the root of an empty map. */
export const MISSING = 1;

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

/** The most levels that a map can have. */
export const HEIGHT_MAX = mapHeight(COUNT_MAX);

/** How many of `count` entries the lowest level holds: those that the full levels above it do not. */
export function lowestLevelEntries(count: number): number {
  return count - (NODE_CHILDREN ** (mapHeight(count) - 1) - 1);
}
