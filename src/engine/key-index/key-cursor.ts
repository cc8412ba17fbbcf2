import { checkRange } from './key-range.js';
import type { KeyTree } from './key-tree.js';
import { NOWHERE, TreeWalk } from './tree-walk.js';

/** The part of an index that a cursor over it needs. */
export interface CursorIndex {
  /** Another one after each change. */
  readonly version: number;
  /** The slot of a key; -1 where it is not there. */
  find(key: Uint8Array): number;
  keyOf(slot: number): Uint8Array;
  /** Negative where the slot's key lies before the one that stands in `bytes`, 0 where it is that one. */
  compareKey(slot: number, bytes: Uint8Array, start: number, length: number): number;
  /** All keys are in the tree from now on, until the index changes. */
  settle(): void;
  /** The cursor wants to be told of removals. */
  follow(cursor: KeyCursor): void;
}

/**
 * Walks an index in key order, both ways. Each move answers the slot that it came to, or -1 when
 * there is none; the cursor is then nowhere, until it seeks.
 *
 * The index may change between two moves: the cursor goes on from the key that it stood on, even
 * if that one was removed meanwhile. The first move after a change looks its way up anew, which
 * costs a lookup.
 *
 * Invariants: `walk` is good while `version` is the index's. While `held` is there, it is the key
 * that the cursor stands on, which may have another slot by now or none; otherwise the key is that
 * of `walk.slot`, and the index tells of its removal.
 */
export class KeyCursor {
  private readonly index: CursorIndex;
  private readonly walk: TreeWalk;
  private version = -1;
  private isFollowed = false;
  private held: Uint8Array | undefined;

  /** Use `OrderedKeyIndex.cursor`. */
  constructor(index: CursorIndex, tree: KeyTree) {
    this.index = index;
    this.walk = new TreeWalk(tree);
  }

  /** The slot of the key that the cursor is on; -1 if it is on none, or that one is not there any more. */
  get slot(): number {
    return this.held === undefined ? this.walk.slot : this.index.find(this.held);
  }

  /** To the first key. */
  first(): number {
    this.begin();
    return this.walk.toEnd(true);
  }

  /** To the last key. */
  last(): number {
    this.begin();
    return this.walk.toEnd(false);
  }

  /** To the first key that is not before `key`. */
  seekFirst(key: Uint8Array): number {
    return this.seekFirstAt(key, 0, key.length);
  }

  /**
   * Moves as `seekFirst` does, to the key that stands in `bytes` at `start`. RangeError if it does not lie
   * within them.
   */
  seekFirstAt(bytes: Uint8Array, start: number, length: number): number {
    checkRange(bytes, start, length);
    this.begin();
    return this.walk.seek(bytes, start, length, true);
  }

  /** To the last key that is before `key`. */
  seekLast(key: Uint8Array): number {
    return this.seekLastAt(key, 0, key.length);
  }

  /**
   * Moves as `seekLast` does, to the key that stands in `bytes` at `start`. RangeError if it does not lie
   * within them.
   */
  seekLastAt(bytes: Uint8Array, start: number, length: number): number {
    checkRange(bytes, start, length);
    this.begin();
    return this.walk.seek(bytes, start, length, false);
  }

  /** To the next key; from nowhere, nowhere. */
  next(): number {
    return this.held === undefined && this.version === this.index.version
      ? this.walk.step(true)
      : this.goOn(true);
  }

  /** To the key before; from nowhere, nowhere. */
  previous(): number {
    return this.held === undefined && this.version === this.index.version
      ? this.walk.step(false)
      : this.goOn(false);
  }

  /** For the index, just before it removes the key of `slot`. */
  beforeRemoval(slot: number): void {
    if (this.walk.slot === slot) this.hold();
  }

  /** For the index, just before it removes every key. */
  beforeClear(): void {
    this.hold();
  }

  /** For the index: from now on it tells the cursor nothing. */
  letGo(): void {
    this.hold();
    this.isFollowed = false;
  }

  /** Keeps the key itself. */
  private hold(): void {
    if (this.held !== undefined || this.walk.slot === NOWHERE) return;
    this.held = this.index.keyOf(this.walk.slot);
  }

  /** Before a move that does not depend on where the cursor is. */
  private begin(): void {
    this.index.settle();
    if (!this.isFollowed) this.index.follow(this);
    this.isFollowed = true;
    this.held = undefined;
    this.version = this.index.version;
  }

  /** A step after the index has changed, or let the cursor go. */
  private goOn(forward: boolean): number {
    const { walk, index, version } = this;
    if (this.held === undefined && walk.slot === NOWHERE) return NOWHERE;
    const key = this.held ?? index.keyOf(walk.slot);
    this.begin();
    if (version === this.version) return walk.step(forward);
    const slot = walk.seek(key, 0, key.length, forward);
    const isOnKey = forward && slot !== NOWHERE && index.compareKey(slot, key, 0, key.length) === 0;
    return isOnKey ? walk.step(true) : slot;
  }
}
