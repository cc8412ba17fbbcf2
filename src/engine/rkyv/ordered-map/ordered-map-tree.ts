import { assert } from '../../assert.js';
import { compareRanges } from '../../bytes/compare.js';
import { copyBytes } from '../../bytes/copy.js';
import { StatelogError } from '../../errors.js';
import {
  COUNT_MAX,
  INNER_BYTES,
  KIND_INNER,
  KIND_LEAF,
  LEAF_BYTES,
  lowestLevelEntries,
  mapHeight,
  NODE,
  NODE_ENTRIES,
  POINTER_BYTES,
} from './ordered-map-format.js';
import { OpenNode } from './ordered-map-open-node.js';
import { NO_CHILD, type OrderedMapOutput } from './ordered-map-output.js';

/** Which open node takes the next entry. */
type Taker = 'leaf' | 'transition' | 'inner';

/**
 * Writes the nodes of an archived ordered map from sorted entries as a stream, byte for byte as the original does.
 * It holds the open nodes (one a level) and the last key, and nothing that grows
 * with the number of entries. Their number must be known before: it decides the shape.
 *
 * Invariants:
 * - `#openInners` are the open inner nodes, the lowest last; those above the leaves' level;
 * - `#child` is the last node written that no node points to yet, or none;
 * - with `#taker` 'inner', the lowest open inner node has room;
 * - a leaf's keys are written at once: nothing comes between them and their node.
 */
export class OrderedMapTree {
  readonly #count: number;
  readonly #lowestEntries: number;
  readonly #output: OrderedMapOutput;
  /** The open leaf, its keys left out. */
  readonly #leaf = new OpenNode();
  readonly #openInners: OpenNode[] = [];
  readonly #spareInners: OpenNode[] = [];
  #transition: OpenNode | undefined;
  #taker: Taker = 'leaf';
  #innersTakenOff = 0;
  #added = 0;
  #leafEntries = 0;
  #child = NO_CHILD;
  readonly #lastKey = new LastKey();
  #finished = false;

  /**
   * @param count how many entries will be added: u32
   * @param output where they go; until `finish`, nothing else may go there
   */
  constructor(count: number, output: OrderedMapOutput) {
    if (!(Number.isInteger(count) && count >= 0 && count <= COUNT_MAX)) {
      throw new RangeError(`${count} is no number of entries`);
    }
    this.#count = count;
    this.#output = output;
    output.beforeFlush = () => {
      this.#lastKey.keep();
    };
    this.#lowestEntries = count === 0 ? 0 : lowestLevelEntries(count);
    for (let level = 1; level < mapHeight(count); level++) this.#openInners.push(new OpenNode());
  }

  /**
   * Adds the next entry, whose key stands in a buffer. `offset` and `length` are u32.
   * @throws StatelogError `DAMAGED` if the key is not above the last one: entries come from sorted
   * stores, so one of them is out of order; `LIMIT_EXCEEDED` where a pointer would pass 2 GiB
   * @throws RangeError for more entries than were announced, or a number that is not a u32
   */
  addAt(bytes: Uint8Array, keyStart: number, keyLength: number, offset: number, length: number): void {
    if (this.#added >= this.#count) throw new RangeError(`more than ${this.#count} entries`);
    checkU32(offset, 'offset');
    checkU32(length, 'length');
    this.#checkOrder(bytes, keyStart, keyLength);
    this.#added++;
    if (this.#taker === 'leaf') {
      this.#addToLeaf(bytes, keyStart, keyLength, offset, length);
      return;
    }
    const isInner = this.#taker === 'inner';
    const open = isInner ? this.#openInners.at(-1)! : this.#transition!;
    open.addKey(bytes, keyStart, keyLength);
    open.add(offset, length, this.#child);
    this.#child = NO_CHILD;
    this.#lastKey.keepCopy(bytes, keyStart, keyLength);
    if (isInner) this.#startLeaf();
    else this.#closeTransitionIfFull();
  }

  /**
   * Writes what is still open.
   * @returns position of the topmost node, or `NO_CHILD` without entries
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
    this.#output.beforeFlush = undefined;
    return this.#child;
  }

  #checkOrder(bytes: Uint8Array, start: number, length: number): void {
    if (this.#added === 0) return;
    const last = this.#lastKey;
    if (compareRanges(last.bytes, last.at, last.length, bytes, start, length) < 0) return;
    throw new StatelogError('DAMAGED', 'the keys of an index are not in ascending order', {
      class: 'index-mismatch',
    });
  }

  #addToLeaf(bytes: Uint8Array, start: number, keyLength: number, offset: number, length: number): void {
    const leaf = this.#leaf;
    const output = this.#output;
    output.write(bytes, start, keyLength);
    leaf.passKey(keyLength);
    leaf.add(offset, length, NO_CHILD);
    if (keyLength > output.length) this.#lastKey.keepCopy(bytes, start, keyLength);
    else this.#lastKey.show(output.block, output.length - keyLength, keyLength);
    this.#leafEntries++;
    const isLowestComplete = this.#leafEntries === this.#lowestEntries;
    if (!isLowestComplete && leaf.count < NODE_ENTRIES) return;

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

  #closeTransitionIfFull(): void {
    if (this.#transition!.count < NODE_ENTRIES) return;
    this.#child = this.#writeInner(this.#transition!);
    this.#transition = undefined;
    this.#climb();
  }

  /** After an entry of an inner node, all below it starts anew. */
  #startLeaf(): void {
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
    const leaf = this.#leaf;
    const output = this.#output;
    const keysAt = output.position - leaf.keyBytesUsed;
    output.align();
    const at = output.position;
    output.reserve(LEAF_BYTES);
    if (leaf.count < NODE_ENTRIES) output.block.fill(0, output.length, output.length + LEAF_BYTES);
    output.entries(leaf, KIND_LEAF, keysAt);
    output.word(NODE.entryCount, leaf.count);
    output.advance(LEAF_BYTES);
    leaf.clear();
    return at;
  }

  #writeInner(inner: OpenNode): number {
    assert(inner.count === NODE_ENTRIES, 'an inner node is written full');
    const output = this.#output;
    const keysAt = output.position;
    output.write(inner.keyBytes, 0, inner.keyBytesUsed);
    output.align();
    const at = output.position;
    output.reserve(INNER_BYTES);
    output.entries(inner, KIND_INNER, keysAt);
    for (let slot = 0; slot <= NODE_ENTRIES; slot++) {
      const child = slot < NODE_ENTRIES ? inner.children[slot]! : this.#child;
      output.pointer(NODE.children + slot * POINTER_BYTES, child);
    }
    output.advance(INNER_BYTES);
    inner.clear();
    return at;
  }
}

/** The key that was added last: in the output's block, or in a copy. */
class LastKey {
  bytes: Uint8Array = new Uint8Array(64);
  at = 0;
  length = 0;
  #kept = this.bytes;

  /** Shows a key where it lies. */
  show(bytes: Uint8Array, at: number, length: number): void {
    this.bytes = bytes;
    this.at = at;
    this.length = length;
  }

  /** Copies a key to where it stays. */
  keepCopy(bytes: Uint8Array, at: number, length: number): void {
    if (length > this.#kept.length) this.#kept = new Uint8Array(length * 2);
    copyBytes(bytes, at, length, this.#kept, 0);
    this.show(this.#kept, 0, length);
  }

  /** Copies the key from where it lies, which is about to be used again. */
  keep(): void {
    if (this.bytes !== this.#kept) this.keepCopy(this.bytes, this.at, this.length);
  }
}

function checkU32(value: number, name: string): void {
  if (value >>> 0 !== value) throw new RangeError(`the ${name} ${value} is not a u32`);
}
