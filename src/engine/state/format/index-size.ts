import { StatelogError } from '../../errors.js';
import {
  INNER_BYTES,
  LEAF_BYTES,
  MAP_ROOT_BYTES,
  NODE_ALIGNMENT,
  mapNodes,
} from '../../rkyv/ordered-map/ordered-map-format.js';
import type { MapPlan } from '../../rkyv/ordered-map/patch/plan.js';
import { INDEX_BYTES_MAX } from './format.js';

/** The numbers that determine the size of an index. */
export interface IndexShape {
  readonly count: number;
  /** Bytes of all keys. */
  readonly keyBytes: number;
}

/** An index that was written: its size tells how much padding keys like its own need. */
export interface IndexMeasure extends IndexShape {
  readonly indexLength: number;
}

/** The least that the rkyv bytes of an index can take: before each node is padding of 0 to 3 bytes. */
export function indexBytesMin({ count, keyBytes }: IndexShape): number {
  const { leaves, inners } = mapNodes(count);
  return keyBytes + leaves * LEAF_BYTES + inners * INNER_BYTES + MAP_ROOT_BYTES;
}

/** The most that they can take. */
export function indexBytesMax(shape: IndexShape): number {
  return indexBytesMin(shape) + nodeCount(shape.count) * (NODE_ALIGNMENT - 1);
}

/** A good guess: with as much padding for each node as a similar index has. */
export function expectedIndexBytes(shape: IndexShape, similar?: IndexMeasure): number {
  const paddingEach =
    similar === undefined || similar.count === 0
      ? (NODE_ALIGNMENT - 1) / 2
      : (similar.indexLength - indexBytesMin(similar)) / nodeCount(similar.count);
  return indexBytesMin(shape) + Math.round(nodeCount(shape.count) * paddingEach);
}

/** An index that is patched is written anew when it would be so many times as long as it need be. */
const PATCHED_LENGTH_MAX = 1.5;

/**
 * How long the index is that is made from another one by changes. Where keys come or go it is longer than one that was written whole
 * can be, which tells the two apart.
 * @param bytesMax the most that it takes
 * @returns undefined where it is better written anew
 */
export function patchedIndexBytes(
  shape: IndexShape,
  { isReshaped, bytesMax }: Pick<MapPlan, 'isReshaped' | 'bytesMax'>,
): number | undefined {
  if (!isReshaped) return bytesMax;
  const bytes = Math.max(bytesMax, indexBytesMax(shape) + NODE_ALIGNMENT);
  const isTooLong = bytes > INDEX_BYTES_MAX || bytes > PATCHED_LENGTH_MAX * indexBytesMin(shape);
  return isTooLong ? undefined : Math.ceil(bytes / NODE_ALIGNMENT) * NODE_ALIGNMENT;
}

/** True if an index has the length of one that was written whole, entry by entry, and never patched by keys that came or went. */
export function isAsWrittenWhole(measure: IndexMeasure): boolean {
  return measure.indexLength <= indexBytesMax(measure);
}

/** @throws StatelogError `LIMIT_EXCEEDED` where an index of this shape would pass 2 GiB */
export function checkIndexFits(shape: IndexShape, path: string, bytes = indexBytesMax(shape)): void {
  if (bytes <= INDEX_BYTES_MAX) return;
  throw new StatelogError('LIMIT_EXCEEDED', 'the index of one core would pass 2 GiB', {
    path,
    expected: `at most ${INDEX_BYTES_MAX} bytes`,
    found: `${bytes} bytes`,
    safe: 'nothing was written',
    hint: 'create the store with more cores',
  });
}

function nodeCount(count: number): number {
  const { leaves, inners } = mapNodes(count);
  return leaves + inners;
}
