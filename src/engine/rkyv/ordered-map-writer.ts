import { assert } from '../assert.js';
import { compareRanges } from '../bytes/compare.js';
import { StatelogError } from '../errors.js';
import { copyBytes } from '../bytes/copy.js';
import { writeU32 } from '../bytes/halves.js';
import {
  COUNT_MAX,
  INNER_BYTES,
  KEY_BYTES,
  KIND_INNER,
  KIND_LEAF,
  LEAF_BYTES,
  lowestLevelEntries,
  MAP_ROOT,
  MAP_ROOT_BYTES,
  mapHeight,
  MISSING,
  NODE,
  NODE_ALIGNMENT,
  NODE_ENTRIES,
  POINTER_MIN,
  VALUE_BYTES,
} from './ordered-map-format.js';
import { OpenNode } from './ordered-map-open-node.js';

/** Bytes are handed on in blocks of this size. */
const BLOCK_BYTES = 64 * 1024;
const U32_MAX = 0xffff_ffff;
const NO_CHILD = -1;

/** Which open node takes the next entry. */
type Taker = 'leaf' | 'transition' | 'inner';

/**
 * Writes an archived ordered map from sorted entries as a stream, byte for byte as the original does.
 * It holds the open nodes (one a level), a block of output and the last key, and nothing that grows
 * with the number of entries. Their number must be known before: it decides the shape.
 *
 * Invariants:
 * - `#openInners` are the open inner nodes, the lowest last; those above the leaves' level;
 * - `#child` is the last node written that no node points to yet, or none;
 * - with `#taker` 'inner', the lowest open inner node has room;
 * - `#position` counts the bytes written since the start of the map.
 */
export class OrderedMapWriter {
  readonly #count: number;
  readonly #lowestEntries: number;
  readonly #sink: (bytes: Uint8Array) => void;
  readonly #block = new Uint8Array(BLOCK_BYTES);
  readonly #node = new Uint8Array(INNER_BYTES);
  readonly #leaf = new OpenNode();
  readonly #openInners: OpenNode[] = [];
  readonly #spareInners: OpenNode[] = [];
  #transition: OpenNode | undefined;
  #taker: Taker = 'leaf';
  #innersTakenOff = 0;
  #added = 0;
  #leafEntries = 0;
  #child = NO_CHILD;
  #position = 0;
  #blockLength = 0;
  #lastKey = new Uint8Array(64);
  #lastKeyLength = 0;
  #finished = false;

  /**
   * @param count how many entries will be added: u32
   * @param sink takes the bytes in order; the buffer is used again when it returns
   */
  constructor(count: number, sink: (bytes: Uint8Array) => void) {
    if (!(Number.isInteger(count) && count >= 0 && count <= COUNT_MAX)) {
      throw new RangeError(`${count} is no number of entries`);
    }
    this.#count = count;
    this.#sink = sink;
    this.#lowestEntries = count === 0 ? 0 : lowestLevelEntries(count);
    for (let level = 1; level < mapHeight(count); level++) this.#openInners.push(new OpenNode());
  }

  /**
   * Adds the next entry. `offset` and `length` are u32.
   * @throws StatelogError `DAMAGED` if the key is not above the last one: entries come from sorted
   * stores, so one of them is out of order; `LIMIT_EXCEEDED` where a pointer would pass 2 GiB
   * @throws RangeError for more entries than were announced, or a number that is not a u32
   */
  add(key: Uint8Array, offset: number, length: number): void {
    if (this.#added >= this.#count) throw new RangeError(`more than ${this.#count} entries`);
    checkU32(offset, 'offset');
    checkU32(length, 'length');
    this.#checkOrder(key);
    this.#added++;
    switch (this.#taker) {
      case 'leaf':
        this.#addToLeaf(key, offset, length);
        break;
      case 'transition':
        this.#addToTransition(key, offset, length);
        break;
      case 'inner':
        this.#addToInner(key, offset, length);
        break;
    }
  }

  /**
   * Writes what is still open and the reference to the root.
   * @returns how many bytes the map has
   * @throws RangeError for fewer entries than were announced
   */
  finish(): number {
    if (this.#finished) throw new RangeError('the map is finished already');
    if (this.#added !== this.#count)
      throw new RangeError(`${this.#added} of ${this.#count} entries were added`);
    this.#finished = true;
    if (this.#leaf.count > 0) this.#child = this.#writeLeaf();
    assert(this.#transition === undefined, 'the announced entries leave no transition node open');
    for (let inner = this.#openInners.pop(); inner !== undefined; inner = this.#openInners.pop()) {
      this.#child = this.#writeInner(inner);
    }
    this.#align();
    const root = this.#position;
    const reference = this.#node.fill(0, 0, MAP_ROOT_BYTES);
    this.#writePointer(MAP_ROOT.pointer, root + MAP_ROOT.pointer, this.#child);
    writeU32(reference, MAP_ROOT.count, this.#count);
    this.#write(reference, 0, MAP_ROOT_BYTES);
    this.#flush();
    return this.#position;
  }

  #checkOrder(key: Uint8Array): void {
    if (this.#added > 0 && compareRanges(this.#lastKey, 0, this.#lastKeyLength, key, 0, key.length) >= 0) {
      throw new StatelogError('DAMAGED', 'the keys of an index are not in ascending order', {
        class: 'index-mismatch',
      });
    }
    if (key.length > this.#lastKey.length) this.#lastKey = new Uint8Array(key.length * 2);
    copyBytes(key, 0, key.length, this.#lastKey, 0);
    this.#lastKeyLength = key.length;
  }

  #addToLeaf(key: Uint8Array, offset: number, length: number): void {
    this.#leaf.add(key, offset, length, NO_CHILD);
    this.#leafEntries++;
    const isLowestComplete = this.#leafEntries === this.#lowestEntries;
    if (!isLowestComplete && this.#leaf.count < NODE_ENTRIES) return;

    this.#child = this.#writeLeaf();
    if (!isLowestComplete) {
      this.#climb();
      return;
    }
    // From here on, leaves stand one level higher: the inner node open there takes the place of one.
    this.#transition = this.#openInners.pop();
    if (this.#transition === undefined) return;
    this.#taker = 'transition';
    this.#closeTransitionIfFull();
  }

  #addToTransition(key: Uint8Array, offset: number, length: number): void {
    this.#transition!.add(key, offset, length, this.#child);
    this.#child = NO_CHILD;
    this.#closeTransitionIfFull();
  }

  #closeTransitionIfFull(): void {
    if (this.#transition!.count < NODE_ENTRIES) return;
    this.#child = this.#writeInner(this.#transition!);
    this.#transition = undefined;
    this.#climb();
  }

  #addToInner(key: Uint8Array, offset: number, length: number): void {
    this.#openInners.at(-1)!.add(key, offset, length, this.#child);
    this.#child = NO_CHILD;
    for (; this.#innersTakenOff > 0; this.#innersTakenOff--) {
      this.#openInners.push(this.#spareInners.pop()!);
    }
    this.#taker = 'leaf';
  }

  /** Writes the full inner nodes above a node just written; the next one up takes the next entry. */
  #climb(): void {
    for (let lowest = this.#openInners.at(-1); lowest !== undefined; lowest = this.#openInners.at(-1)) {
      if (lowest.count < NODE_ENTRIES) {
        this.#taker = 'inner';
        return;
      }
      this.#child = this.#writeInner(lowest);
      this.#openInners.pop();
      this.#spareInners.push(lowest);
      this.#innersTakenOff++;
    }
    this.#taker = 'leaf';
  }

  #writeLeaf(): number {
    const at = this.#writeKeysOf(this.#leaf, KIND_LEAF);
    writeU32(this.#node, NODE.entryCount, this.#leaf.count);
    this.#write(this.#node, 0, LEAF_BYTES);
    this.#leaf.clear();
    return at;
  }

  #writeInner(inner: OpenNode): number {
    assert(inner.count === NODE_ENTRIES, 'an inner node is written full');
    const at = this.#writeKeysOf(inner, KIND_INNER);
    for (let slot = 0; slot <= NODE_ENTRIES; slot++) {
      const field = NODE.children + slot * 4;
      this.#writePointer(field, at + field, slot < NODE_ENTRIES ? inner.children[slot]! : this.#child);
    }
    this.#write(this.#node, 0, INNER_BYTES);
    inner.clear();
    return at;
  }

  /** Writes a node's keys, and fills in what both kinds have; returns where the node will start. */
  #writeKeysOf(open: OpenNode, kind: number): number {
    const keysAt = this.#position;
    this.#write(open.keyBytes, 0, open.keyBytesUsed);
    this.#align();
    const at = this.#position;
    const node = this.#node.fill(0);
    node[NODE.kind] = kind;
    for (let slot = 0; slot < open.count; slot++) {
      const keyField = NODE.keys + slot * KEY_BYTES;
      const keyStart = open.keyStart(slot);
      this.#writePointer(keyField, at + keyField, keysAt + keyStart);
      writeU32(node, keyField + 4, open.keyEnds[slot]! - keyStart);
      const valueField = NODE.values + slot * VALUE_BYTES;
      writeU32(node, valueField, open.offsets[slot]!);
      writeU32(node, valueField + 4, open.lengths[slot]!);
    }
    return at;
  }

  #writePointer(field: number, fieldPosition: number, target: number): void {
    const pointer = target === NO_CHILD ? MISSING : target - fieldPosition;
    if (pointer < POINTER_MIN) {
      throw new StatelogError('LIMIT_EXCEEDED', 'an index cannot be larger than 2 GiB', {
        hint: 'spread the keys over more cores',
      });
    }
    writeU32(this.#node, field, pointer);
  }

  #align(): void {
    const over = this.#position % NODE_ALIGNMENT;
    if (over > 0) this.#write(ZEROS, 0, NODE_ALIGNMENT - over);
  }

  #write(bytes: Uint8Array, start: number, length: number): void {
    if (this.#blockLength + length > BLOCK_BYTES) this.#flush();
    if (length > BLOCK_BYTES) {
      this.#sink(bytes.subarray(start, start + length));
    } else {
      copyBytes(bytes, start, length, this.#block, this.#blockLength);
      this.#blockLength += length;
    }
    this.#position += length;
  }

  #flush(): void {
    if (this.#blockLength > 0) this.#sink(this.#block.subarray(0, this.#blockLength));
    this.#blockLength = 0;
  }
}

const ZEROS = new Uint8Array(NODE_ALIGNMENT);

function checkU32(value: number, name: string): void {
  if (!(Number.isInteger(value) && value >= 0 && value <= U32_MAX)) {
    throw new RangeError(`the ${name} ${value} is not a u32`);
  }
}
