import type { ByteSource } from '../../bytes/byte-source.js';
import { layoutOfMap } from '../../rkyv/ordered-map/ordered-map-layout.js';
import { OrderedMapReader } from '../../rkyv/ordered-map/ordered-map-reader.js';
import type { IndexHead } from '../format/index-head.js';

/**
 * Opens the map of an index: of one with our block in today's layout, which is the only one that has a block; else in
 * the one that its end tells.
 * @param source its rkyv bytes
 * @throws StatelogError `DAMAGED` (class `index-mismatch`) if this cannot be a map
 */
export function openIndexMap(source: ByteSource, { block, length }: IndexHead): OrderedMapReader {
  if (block !== undefined) return new OrderedMapReader(source, 0, length);
  return new OrderedMapReader(source, 0, length, layoutOfMap(source, 0, length));
}
