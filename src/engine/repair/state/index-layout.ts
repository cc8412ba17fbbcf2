import { isStatelogError } from '../../errors.js';
import type { ByteSource } from '../../bytes/byte-source.js';
import {
  MAP_LAYOUT,
  MAP_ROOT_BYTES,
  type MapLayout,
  NODE_ENTRIES,
  VERSIONED_MAP_LAYOUT,
} from '../../rkyv/ordered-map/ordered-map-format.js';
import { readMapEnd, shapeOfNode, type MapEnd } from '../../rkyv/ordered-map/ordered-map-layout.js';

/** The number of pairs of nodes that is proof enough. */
const PAIRS_ENOUGH = 64;
/** Nodes of every layout begin at a multiple of this. */
const STEP_BYTES = 4;
/** The end of a map that tells nothing. */
const NO_END: MapEnd = { layout: undefined, isReferenceGood: false, root: undefined, pointer: 0, count: 0 };

/**
 * The layout of a map of which parts may be damaged or missing. A leaf of the one may pass for one of the other, with
 * other values, so that no node alone is proof. What is believed is an end whose last node and reference agree; or
 * that nodes begin where others end; or a reference that no node speaks against.
 * @param source the map's bytes, without checksums
 * @returns undefined where that cannot be told: then nothing in it can be trusted
 */
export function layoutLeft(source: ByteSource): MapLayout | undefined {
  if (source.length < MAP_ROOT_BYTES) return undefined;
  const { layout, isReferenceGood, root, pointer, count } =
    unlessUnreadable(() => readMapEnd(source, 0, source.length)) ?? NO_END;
  if (layout !== undefined && isReferenceGood && (root !== undefined || count === 0)) return layout;
  const [today, versioned] = countNodes(source);
  if (today.pairs !== versioned.pairs) {
    return today.pairs > versioned.pairs ? MAP_LAYOUT : VERSIONED_MAP_LAYOUT;
  }
  if (root === undefined) {
    const others = layout === MAP_LAYOUT ? versioned : today;
    return isReferenceGood && (count <= NODE_ENTRIES || others.nodes === 0) ? layout : undefined;
  }
  // The only node of a map, behind which half of the reference is good.
  const isHalfGood = count === root.entryCount || pointer === -layout!.leafBytes;
  return !root.isInner && root.keysAt === 0 && isHalfGood ? layout : undefined;
}

/** Reads something; undefined if the disk does not give it out. */
function unlessUnreadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isStatelogError(error, 'DAMAGED')) return undefined;
    throw error;
  }
}

function countNodes(source: ByteSource): readonly [today: NodeCount, versioned: NodeCount] {
  const [today, versioned] = [new NodeCount(source, MAP_LAYOUT), new NodeCount(source, VERSIONED_MAP_LAYOUT)];
  for (let at = source.length - (source.length % STEP_BYTES); at >= 0; at -= STEP_BYTES) {
    today.look(at);
    versioned.look(at);
    if (today.pairs + versioned.pairs >= PAIRS_ENOUGH) break;
  }
  return [today, versioned];
}

/** Counts the nodes of one layout, from the end of a map back. */
class NodeCount {
  nodes = 0;
  /** Pairs of nodes of which one begins where the other ends. */
  pairs = 0;
  readonly #source: ByteSource;
  readonly #layout: MapLayout;
  /** Start of the keys of the node found last. */
  #nextAt = -1;

  constructor(source: ByteSource, layout: MapLayout) {
    this.#source = source;
    this.#layout = layout;
  }

  look(at: number): void {
    const place = { at, low: 0, high: this.#source.length, layout: this.#layout };
    const shape = unlessUnreadable(() => shapeOfNode(this.#source, 0, place));
    if (shape === undefined) return;
    this.nodes += 1;
    if (shape.end === this.#nextAt) this.pairs += 1;
    this.#nextAt = shape.keysAt;
  }
}
