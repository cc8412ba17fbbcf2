import type { LocatedKey } from '../bytes/located-key.js';
import { KeyCursor } from './key-cursor.js';
import { KeyLoader } from './key-loader.js';
import { checkRange } from './key-range.js';
import { KeyTree } from './key-tree.js';

export type { KeyCursor } from './key-cursor.js';

const CURSORS_FOLLOWED_MAX = 8;

/**
 * An ordered map from byte keys to dense slot numbers, compared as unsigned bytes, a shorter key
 * before a longer one that it begins. A slot stays the same for as long as its key is there, and
 * is used again after the key is removed. Each slot also carries two u32 words for its owner (such
 * as a value's offset and length), 0 and 0 at first: they share the key's cache line, so that
 * reading them after a `find` costs next to nothing.
 *
 * It is an adaptive radix tree over typed arrays: see `node-layout.ts` for the nodes and
 * `key-slots.ts` for the keys. Any bytes may be a key, of any length from 0 up. Nothing is
 * allocated but segments of memory, and those are never copied when more are needed, so that no
 * insert stalls.
 *
 * A call that runs out of memory (RangeError) or of room to address (`LIMIT_EXCEEDED`) leaves the
 * index as it was.
 */
export class OrderedKeyIndex {
  /** Whether the last `insert` added a key, rather than found it. */
  inserted = false;
  /** Raised by each insert of a new key, each removal and each clear. */
  version = 0;
  private keyCount = 0;
  private readonly tree = new KeyTree();
  /** Takes the keys until one comes that is not above the last, or one is asked for. */
  private loader: KeyLoader | undefined;
  /** The cursors that are told before a key is removed; at most a few (see `follow`). */
  private readonly followed: KeyCursor[] = [];
  private followedNext = 0;

  /** How many keys there are. */
  get count(): number {
    return this.keyCount;
  }

  /** One past the highest slot that was handed out: the size of an array indexed by slot. */
  get slotLimit(): number {
    return this.tree.slots.limit;
  }

  /** True while all keys came in ascending order, and none was looked for: the next one is added in a fraction of the time. */
  get isLoading(): boolean {
    return this.loader !== undefined;
  }

  /** Bytes of memory in use by keys, slots and nodes, with what was freed and is kept for later ones. */
  get bytesUsed(): number {
    this.settle();
    return this.tree.nodes.bytesUsed + this.tree.slots.bytesUsed;
  }

  /** The slot of `key`, or -1. */
  find(key: Uint8Array): number {
    this.settle();
    return this.tree.find(key, 0, key.length);
  }

  /**
   * Finds, as `find` does, the key that stands in `bytes` at `start`. RangeError if it does not lie within
   * them.
   */
  findAt(bytes: Uint8Array, start: number, length: number): number {
    checkRange(bytes, start, length);
    this.settle();
    return this.tree.find(bytes, start, length);
  }

  /** The slot of `key`, which is added if it is not there. The bytes are copied. */
  insert(key: Uint8Array): number {
    return this.insertAt(key, 0, key.length);
  }

  /**
   * Inserts, as `insert` does, the key that stands in `bytes` at `start`. RangeError if it does not lie
   * within them.
   */
  insertAt(bytes: Uint8Array, start: number, length: number): number {
    checkRange(bytes, start, length);
    const slot = this.load(bytes, start, length);
    return slot >= 0 ? this.added(slot) : this.insertInTree(bytes, start, length);
  }

  /** The slot of a key that is above all before it, while keys ascend; -1 otherwise: from then on they are in the tree. */
  private load(bytes: Uint8Array, start: number, length: number): number {
    if (this.keyCount === 0) this.loader ??= new KeyLoader(this.tree);
    if (this.loader === undefined) return -1;
    const slot = this.loader.add(bytes, start, length);
    if (slot < 0) this.settle();
    return slot;
  }

  private insertInTree(bytes: Uint8Array, start: number, length: number): number {
    const { tree } = this;
    const found = tree.descend(bytes, start, length);
    const differs = found < 0 ? 0 : tree.slots.mismatch(found, bytes, start, length);
    this.inserted = differs >= 0;
    if (differs < 0) return found;
    const slot = tree.slots.allocate(bytes, start, length);
    try {
      tree.attach(slot, found, differs);
    } catch (error) {
      tree.slots.free(slot);
      throw error;
    }
    return this.added(slot);
  }

  private added(slot: number): number {
    this.inserted = true;
    this.keyCount += 1;
    this.version += 1;
    return slot;
  }

  /** Removes `key`; the slot that it had, or -1 if it was not there. */
  remove(key: Uint8Array): number {
    return this.removeAt(key, 0, key.length);
  }

  /**
   * Removes, as `remove` does, the key that stands in `bytes` at `start`. RangeError if it does not lie
   * within them.
   */
  removeAt(bytes: Uint8Array, start: number, length: number): number {
    checkRange(bytes, start, length);
    this.settle();
    const { tree } = this;
    const slot = tree.descend(bytes, start, length);
    if (slot < 0 || !tree.slots.equals(slot, bytes, start, length)) return -1;
    if (this.keyCount === 1) {
      this.clear();
      return slot;
    }
    for (const cursor of this.followed) cursor.beforeRemoval(slot);
    tree.detach();
    tree.slots.free(slot);
    this.keyCount -= 1;
    this.version += 1;
    return slot;
  }

  /** For a cursor: from now on all keys are in the tree. It needs no memory. */
  settle(): void {
    const { loader } = this;
    if (loader === undefined) return;
    this.loader = undefined;
    loader.finish();
  }

  /** Removes every key, and lets go of nearly all memory. */
  clear(): void {
    for (const cursor of this.followed) cursor.beforeClear();
    this.loader = undefined;
    this.tree.reset();
    this.keyCount = 0;
    this.version += 1;
  }

  /** The first of the slot's two words (u32). The slot is not checked. */
  firstWord(slot: number): number {
    return this.tree.slots.firstWord(slot);
  }

  /** The second of the slot's two words (u32). The slot is not checked. */
  secondWord(slot: number): number {
    return this.tree.slots.secondWord(slot);
  }

  /** Sets the slot's two words (u32). The slot is not checked. */
  setWords(slot: number, first: number, second: number): void {
    this.tree.slots.setOwnerWords(slot, first, second);
  }

  /** Length of the slot's key in bytes. RangeError if no key has the slot. */
  keyLengthOf(slot: number): number {
    return this.tree.slots.lengthOf(this.known(slot));
  }

  /** A copy of the slot's key. RangeError if no key has the slot. */
  keyOf(slot: number): Uint8Array {
    const key = new Uint8Array(this.keyLengthOf(slot));
    this.tree.slots.copy(slot, key, 0);
    return key;
  }

  /**
   * The slot's key without a view of its own: good until the index changes, or another key is located.
   * RangeError if no key has the slot.
   */
  locateKey(slot: number): LocatedKey {
    this.tree.slots.locate(this.known(slot));
    return this.tree.slots;
  }

  /** Copies the slot's key into `into` at `at`; its length. RangeError if no key has the slot, or it does not fit. */
  copyKey(slot: number, into: Uint8Array, at: number): number {
    return this.tree.slots.copy(this.known(slot), into, at);
  }

  /**
   * Below 0 if the slot's key comes before the one that stands in `bytes` at `start`, above 0 if
   * after, 0 if they are equal. RangeError if no key has the slot, or the key does not lie within `bytes`.
   */
  compareKey(slot: number, bytes: Uint8Array, start: number, length: number): number {
    checkRange(bytes, start, length);
    const { slots } = this.tree;
    const differs = slots.mismatch(this.known(slot), bytes, start, length);
    if (differs < 0) return 0;
    if (differs === length) return 1;
    if (differs === slots.lengthOf(slot)) return -1;
    return slots.byteOf(slot, differs) - bytes[start + differs]!;
  }

  /** Whether the slot's key begins with `prefix`. RangeError if no key has the slot. */
  keyStartsWith(slot: number, prefix: Uint8Array): boolean {
    const differs = this.tree.slots.mismatch(this.known(slot), prefix, 0, prefix.length);
    return differs < 0 || differs === prefix.length;
  }

  /** A cursor, not yet on any key. */
  cursor(): KeyCursor {
    return new KeyCursor(this, this.tree);
  }

  /**
   * For a cursor: tells it from now on before the key that it stands on is removed. Only a few
   * cursors are told, so that one which nobody uses any more costs nothing: another one is let go
   * for it, which then keeps its key itself.
   */
  follow(cursor: KeyCursor): void {
    this.followed[this.followedNext]?.letGo();
    this.followed[this.followedNext] = cursor;
    this.followedNext = (this.followedNext + 1) % CURSORS_FOLLOWED_MAX;
  }

  private known(slot: number): number {
    if (!this.tree.slots.has(slot)) throw new RangeError(`no key has slot ${String(slot)}`);
    return slot;
  }
}
