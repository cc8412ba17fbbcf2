import type { ByteSource } from '../../bytes/byte-source.js';
import { readI32, readU32 } from '../../bytes/halves.js';
import { StatelogError } from '../../errors.js';
import { OrderedMapCursor, type OrderedMapPlace } from './ordered-map-cursor.js';
import {
  KEY_BYTES,
  MAP_LAYOUT,
  MAP_ROOT,
  MAP_ROOT_BYTES,
  mapHeightMax,
  type MapLayout,
} from './ordered-map-format.js';
import { NO_CHILD, OrderedMapNode } from './ordered-map-node.js';
import { OrderedMapTop } from './ordered-map-top.js';

export { OrderedMapCursor } from './ordered-map-cursor.js';

/**
 * Looks up keys in an archived ordered map as it lies in a `ByteSource`: nothing is loaded, and
 * nothing is allocated. What it reads is checked on the way, so that no bytes can make it read out
 * of bounds or go on for ever; keys that a lookup does not meet are not checked.
 */
export class OrderedMapReader {
  /** The place of the map, for whoever writes it anew. */
  readonly place: OrderedMapPlace;
  readonly #node: OrderedMapNode;
  #top: OrderedMapTop | undefined;

  /** How many entries the map claims to have; its length bounds it. */
  readonly count: number;
  /** The value that the last successful `find` found: u32 each. */
  offset = 0;
  length = 0;

  /**
   * @param start where the map starts in the source
   * @param length how many bytes it has
   * @param layout of its nodes: today's, unless `toldLayout` told another one
   * @throws StatelogError `DAMAGED` (class `index-mismatch`) if this cannot be a map
   */
  constructor(source: ByteSource, start: number, length: number, layout = MAP_LAYOUT) {
    this.place = locateMap(source, start, length, layout);
    this.count = this.place.count;
    this.#node = new OrderedMapNode(source, start, layout);
  }

  /**
   * Looks a key up; if it is there, `offset` and `length` say where its value is.
   * @throws StatelogError `DAMAGED` (class `index-mismatch`)
   */
  find(key: Uint8Array): boolean {
    return this.findAt(key, 0, key.length);
  }

  /** Finds, as `find` does, the key that stands in a buffer. RangeError if it does not lie within it. */
  findAt(buffer: Uint8Array, keyStart: number, keyLength: number): boolean {
    if (!(keyStart >= 0 && keyLength >= 0 && keyStart + keyLength <= buffer.length)) {
      throw new RangeError(`no key of ${keyLength} bytes at ${keyStart} in ${buffer.length}`);
    }
    const { count, rootAt, nodesEnd, height } = this.place;
    const top = this.#top;
    if (top === undefined)
      return count > 0 && this.#findBelow(rootAt, nodesEnd, height, buffer, keyStart, keyLength);
    if (top.find(buffer, keyStart, keyLength)) {
      this.offset = top.offset;
      this.length = top.length;
      return true;
    }
    const { child, parent, levels } = top;
    return child !== NO_CHILD && this.#findBelow(child, parent, height - levels, buffer, keyStart, keyLength);
  }

  /** Keeps the upper levels in memory from now on, where that is of use: for whoever looks up many keys. */
  keepTop(): void {
    this.#top ??= OrderedMapTop.read(this.place);
  }

  #findBelow(
    root: number,
    end: number,
    levels: number,
    buffer: Uint8Array,
    keyStart: number,
    keyLength: number,
  ): boolean {
    const node = this.#node;
    let at = root;
    let high = end;
    node.startSearch();
    for (let level = 0; level < levels; level++) {
      node.enter(at, 0, high);
      const bound = node.lowerBound(buffer, keyStart, keyLength);
      if (bound < 0) {
        node.readValue(-1 - bound);
        this.offset = node.valueOffset;
        this.length = node.valueLength;
        return true;
      }
      if (!node.isInner) return false;
      high = at;
      at = node.child(bound);
      if (at === NO_CHILD) return false;
    }
    return node.fail(at, 'the tree is deeper than its entries need');
  }

  /** Position in the source of the node that `find` came to last, for reports. */
  get position(): number {
    return this.place.start + this.#node.at;
  }

  /** A cursor over the map, on no entry yet. Any number of them may be used beside each other. */
  cursor(): OrderedMapCursor {
    return new OrderedMapCursor(this.place);
  }
}

function locateMap(source: ByteSource, start: number, length: number, layout: MapLayout): OrderedMapPlace {
  const fail = (reason: string): never => {
    throw new StatelogError('DAMAGED', `the index is damaged: ${reason}`, {
      class: 'index-mismatch',
      offset: start,
    });
  };
  if (!(start >= 0 && length >= 0 && start + length <= source.length)) {
    throw new RangeError(`map ${start}+${length} is not within ${source.length} bytes`);
  }
  if (length < MAP_ROOT_BYTES) fail('it is too short');
  const { nodeAlignment } = layout;
  if (length % nodeAlignment !== 0) fail(`its length is not a multiple of ${nodeAlignment}`);

  const nodesEnd = length - MAP_ROOT_BYTES;
  source.window(start + nodesEnd, MAP_ROOT_BYTES);
  const rootAt = nodesEnd + readI32(source.bytes, source.at + MAP_ROOT.pointer);
  const count = readU32(source.bytes, source.at + MAP_ROOT.count);
  if (count * (KEY_BYTES + layout.valueBytes) > nodesEnd)
    fail(`it is too short for the ${count} entries it claims`);
  return { source, start, count, rootAt, nodesEnd, height: mapHeightMax(count), layout };
}
