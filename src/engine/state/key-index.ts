import { KeyCursor } from './key-index/key-cursor.js';
import { KeySlots } from './key-index/key-slots.js';
import { addChild, makeEnd, makePair, removeChild } from './key-index/node-edit.js';
import {
  END,
  FIRST_CHILD,
  KIND_MASK,
  NODE_SEGMENT_SHIFT,
  NODE_WORD_MASK,
  NODE_WORD_SHIFT,
  ROOT_ADDRESS,
  SEGMENT_WORDS,
  SPAN,
} from './key-index/node-layout.js';
import { NodePool, addressOf } from './key-index/node-pool.js';
import { childPlace } from './key-index/node-search.js';

export type { KeyCursor } from './key-index/key-cursor.js';

const PATH_LENGTH_FIRST = 64;
const CURSORS_FOLLOWED_MAX = 8;

/**
 * An ordered map from byte keys to dense slot numbers, compared as unsigned bytes, a shorter key
 * before a longer one that it begins. A slot stays the same for as long as its key is there, and
 * is used again after the key is removed. Each slot also carries two u32 words for its owner (such
 * as a value's offset and length), 0 and 0 at first: they share the key's cache line, so that
 * reading them after a `find` costs next to nothing.
 *
 * An adaptive radix tree over typed arrays: see `key-index/node-layout.ts` for the nodes,
 * `key-slots.ts` for the keys. Any bytes may be a key, of any length from 0 up. Nothing is
 * allocated but segments of memory, and those are never copied when more are needed, so that no
 * insert stalls.
 *
 * A call that runs out of memory or room throws and leaves the index as it was.
 */
export class OrderedKeyIndex {
  /** Whether the last `insert` added a key, rather than found it. */
  inserted = false;
  /** Raised by each insert of a new key, each removal and each clear. */
  version = 0;
  private keyCount = 0;
  /** For reading by the cursor. */
  readonly nodes = new NodePool();
  readonly slots = new KeySlots();
  /** The addresses at which the references on the way of the last `descend` are kept. */
  private path: Int32Array = new Int32Array(PATH_LENGTH_FIRST);
  private pathLength = 0;
  /** The cursors that are told before a key or everything is removed; at most a few (see `follow`). */
  private readonly followed: KeyCursor[] = [];
  private followedNext = 0;

  /** How many keys there are. */
  get count(): number {
    return this.keyCount;
  }

  /** One past the highest slot that was handed out: the size of an array indexed by slot. */
  get slotLimit(): number {
    return this.slots.limit;
  }

  /** Bytes of memory in use by keys, slots and nodes, including what was freed and is kept for later ones. */
  get bytesUsed(): number {
    return this.nodes.bytesUsed + this.slots.bytesUsed;
  }

  /** The slot of `key`, or -1. */
  find(key: Uint8Array): number {
    return this.findAt(key, 0, key.length);
  }

  /** The slot of the key that stands in `bytes` at `start`, or -1. */
  findAt(bytes: Uint8Array, start: number, length: number): number {
    const segments = this.nodes.words;
    let reference = segments[0]![ROOT_ADDRESS]!;
    while (reference > 0) {
      const words = segments[reference >>> NODE_SEGMENT_SHIFT]!;
      const at = (reference >>> NODE_WORD_SHIFT) & NODE_WORD_MASK;
      const kind = reference & KIND_MASK;
      const position = words[at]!;
      if (kind === END) {
        reference = words[position < length ? at + 2 : at + 1]!;
      } else {
        if (position >= length) return -1;
        reference = words[childPlace(words, at, kind, bytes[start + position]!)]!;
      }
    }
    return reference < 0 && this.slots.equals(~reference, bytes, start, length) ? ~reference : -1;
  }

  /** The slot of `key`, which is added if it is not there. The bytes are copied. */
  insert(key: Uint8Array): number {
    return this.insertAt(key, 0, key.length);
  }

  /** As `insert`, for the key that stands in `bytes` at `start`. */
  insertAt(bytes: Uint8Array, start: number, length: number): number {
    const found = this.descend(bytes, start, length);
    const differs = found < 0 ? 0 : this.slots.mismatch(found, bytes, start, length);
    this.inserted = differs >= 0;
    if (differs < 0) return found;
    const slot = this.slots.allocate(bytes, start, length);
    try {
      this.attach(bytes, start, length, slot, found, differs);
    } catch (error) {
      this.slots.free(slot);
      throw error;
    }
    this.keyCount += 1;
    this.version += 1;
    return slot;
  }

  /** Removes `key`; the slot that it had, or -1 if it was not there. */
  remove(key: Uint8Array): number {
    return this.removeAt(key, 0, key.length);
  }

  /** As `remove`, for the key that stands in `bytes` at `start`. */
  removeAt(bytes: Uint8Array, start: number, length: number): number {
    const slot = this.descend(bytes, start, length);
    if (slot < 0 || !this.slots.equals(slot, bytes, start, length)) return -1;
    if (this.keyCount === 1) {
      this.clear();
      return slot;
    }
    for (const cursor of this.followed) cursor.beforeRemoval(slot);
    const leaf = this.path[this.pathLength - 1]!;
    const parent = this.path[this.pathLength - 2]!;
    const node = this.nodes.read(parent);
    removeChild(this.nodes, parent, leaf - addressOf(node) - FIRST_CHILD[node & KIND_MASK]!);
    this.slots.free(slot);
    this.keyCount -= 1;
    this.version += 1;
    return slot;
  }

  /** Removes every key, and lets go of the memory. */
  clear(): void {
    for (const cursor of this.followed) cursor.leave();
    this.nodes.reset();
    this.slots.reset();
    this.keyCount = 0;
    this.version += 1;
  }

  /** The first of the slot's two words (u32). The slot is not checked. */
  firstWord(slot: number): number {
    return this.slots.firstWord(slot);
  }

  /** The second of the slot's two words (u32). The slot is not checked. */
  secondWord(slot: number): number {
    return this.slots.secondWord(slot);
  }

  /** Sets the slot's two words (u32). The slot is not checked. */
  setWords(slot: number, first: number, second: number): void {
    this.slots.setOwnerWords(slot, first, second);
  }

  /** Length of the slot's key in bytes. RangeError if no key has the slot. */
  keyLengthOf(slot: number): number {
    this.checkSlot(slot);
    return this.slots.lengthOf(slot);
  }

  /** A copy of the slot's key. RangeError if no key has the slot. */
  keyOf(slot: number): Uint8Array {
    const key = new Uint8Array(this.keyLengthOf(slot));
    this.slots.copy(slot, key, 0);
    return key;
  }

  /** Copies the slot's key into `into` at `at`; its length. RangeError if no key has the slot, or it does not fit. */
  copyKey(slot: number, into: Uint8Array, at: number): number {
    this.checkSlot(slot);
    return this.slots.copy(slot, into, at);
  }

  /** Below 0 if the slot's key comes before the one in `bytes` at `start`, above 0 if after, 0 if equal. */
  compareKey(slot: number, bytes: Uint8Array, start: number, length: number): number {
    this.checkSlot(slot);
    const differs = this.slots.mismatch(slot, bytes, start, length);
    if (differs < 0) return 0;
    if (differs === length) return 1;
    if (differs === this.slots.lengthOf(slot)) return -1;
    return this.slots.byteOf(slot, differs) - bytes[start + differs]!;
  }

  /** Whether the slot's key begins with `prefix`. RangeError if no key has the slot. */
  keyStartsWith(slot: number, prefix: Uint8Array): boolean {
    this.checkSlot(slot);
    const differs = this.slots.mismatch(slot, prefix, 0, prefix.length);
    return differs < 0 || differs === prefix.length;
  }

  /** A cursor, not yet on any key. */
  cursor(): KeyCursor {
    return new KeyCursor(this);
  }

  /**
   * Tells `cursor` from now on before the key that it stands on is removed. Only a few cursors are
   * told, so that one which nobody uses any more costs nothing: another one is let go for it, which
   * then remembers its key itself.
   */
  follow(cursor: KeyCursor): void {
    this.followed[this.followedNext]?.letGo();
    this.followed[this.followedNext] = cursor;
    this.followedNext = (this.followedNext + 1) % CURSORS_FOLLOWED_MAX;
  }

  private checkSlot(slot: number): void {
    if (!this.slots.has(slot)) throw new RangeError(`no key has slot ${String(slot)}`);
  }

  /**
   * Goes down along the key, and where there is no child for its byte along any child, keeping the
   * path. Whatever leaf that ends at, no other shares a longer beginning with the key. Its slot, or
   * -1 if the tree is empty.
   */
  private descend(bytes: Uint8Array, start: number, length: number): number {
    const segments = this.nodes.words;
    let path = this.path;
    let depth = 1;
    path[0] = ROOT_ADDRESS;
    let reference = segments[0]![ROOT_ADDRESS]!;
    while (reference > 0) {
      const segment = reference >>> NODE_SEGMENT_SHIFT;
      const words = segments[segment]!;
      const at = (reference >>> NODE_WORD_SHIFT) & NODE_WORD_MASK;
      const kind = reference & KIND_MASK;
      const position = words[at]!;
      let place = 0;
      if (kind === END) place = position < length ? at + 2 : at + 1;
      else if (position < length) place = childPlace(words, at, kind, bytes[start + position]!);
      reference = words[place]!;
      if (reference === 0) {
        place = at + FIRST_CHILD[kind]!;
        if (kind >= SPAN) while (words[place] === 0) place += 1;
        reference = words[place]!;
      }
      if (depth === path.length) path = this.lengthenPath();
      path[depth] = segment * SEGMENT_WORDS + place;
      depth += 1;
    }
    this.pathLength = depth;
    return ~reference;
  }

  private lengthenPath(): Int32Array {
    const longer = new Int32Array(this.path.length * 2);
    longer.set(this.path);
    this.path = longer;
    return longer;
  }

  /** Puts a new key's leaf where it differs, at `differs`, from the key that `descend` found. */
  private attach(
    bytes: Uint8Array,
    start: number,
    length: number,
    slot: number,
    found: number,
    differs: number,
  ): void {
    const nodes = this.nodes;
    if (found < 0) {
      nodes.write(ROOT_ADDRESS, ~slot);
      return;
    }
    const address = this.path[this.levelAt(differs, length)]!;
    const below = nodes.read(address);
    if (differs === length) {
      nodes.write(address, makeEnd(nodes, differs, ~slot, below));
      return;
    }
    const byte = bytes[start + differs]!;
    if (below > 0 && nodes.read(addressOf(below)) === differs) {
      addChild(nodes, address, byte, ~slot);
    } else if (differs === this.slots.lengthOf(found)) {
      nodes.write(address, makeEnd(nodes, differs, below, ~slot));
    } else {
      const other = this.slots.byteOf(found, differs);
      const pair =
        byte < other
          ? makePair(nodes, differs, byte | (other << 8), ~slot, below)
          : makePair(nodes, differs, other | (byte << 8), below, ~slot);
      nodes.write(address, pair);
    }
  }

  /** The level of the path at which a key of `length` bytes that differs at `differs` leaves it. */
  private levelAt(differs: number, length: number): number {
    let level = this.pathLength - 1;
    for (; level > 0; level--) {
      const above = this.nodes.read(this.path[level - 1]!);
      const position = this.nodes.read(addressOf(above));
      if (position < differs) break;
      if (position === differs && (above & KIND_MASK) === END && length > differs) break;
    }
    return level;
  }
}
