import { insertSmallByte, mapByte, removeSmallByte, setMapBit } from './node-bytes.js';
import {
  CAPACITY,
  END,
  FIRST_CHILD,
  FULL,
  FULL_COUNT,
  KIND_MASK,
  LINE,
  PAIR,
  SHRINK_COUNT,
  SPAN,
} from './node-layout.js';
import { wordOf, type NodePool } from './node-pool.js';
import { moveIn, moveOut, replaceNode } from './node-rebuild.js';
import { childCount, childPlace, placesBelow } from './node-search.js';

/** A node over two children, for a byte each of number `position`. */
export function makePair(
  pool: NodePool,
  position: number,
  byte: number,
  child: number,
  otherByte: number,
  otherChild: number,
): number {
  const node = pool.allocate(PAIR);
  const words = pool.segmentOf(node);
  const at = wordOf(node);
  const isFirst = byte < otherByte;
  words[at] = position;
  words[at + 1] = isFirst ? byte | (otherByte << 8) : otherByte | (byte << 8);
  words[at + 2] = isFirst ? child : otherChild;
  words[at + 3] = isFirst ? otherChild : child;
  return node;
}

/** A node over the key that has just `position` bytes, and those that go on. */
export function makeEnd(pool: NodePool, position: number, ends: number, goesOn: number): number {
  const node = pool.allocate(END);
  const words = pool.segmentOf(node);
  const at = wordOf(node);
  words[at] = position;
  words[at + 1] = ends;
  words[at + 2] = goesOn;
  words[at + 3] = 0;
  return node;
}

/** Adds a child for `byte`, which has none yet, to the node (no end) that is kept at `address`. */
export function addChild(pool: NodePool, address: number, byte: number, child: number): void {
  const node = pool.read(address);
  const kind = node & KIND_MASK;
  const words = pool.segmentOf(node);
  const at = wordOf(node);
  if (kind >= SPAN) {
    const place = childPlace(words, at, kind, byte);
    if (place !== 0) {
      words[place] = child;
      if (kind === FULL) words[at + FULL_COUNT] = words[at + FULL_COUNT]! + 1;
      return;
    }
  } else {
    const first = at + FIRST_CHILD[kind]!;
    const last = first + CAPACITY[kind]! - 1;
    if (words[last] === 0) {
      const index = placesBelow(words, at, kind, byte);
      const moved = insertWord(words, first + index, child);
      if (kind > LINE) setMapBit(words, at, byte, 1);
      else insertSmallByte(words, at, index, index + moved - 1, byte);
      return;
    }
  }
  const count = moveOut(words, at, kind, -1);
  moveIn(count, byte, child);
  replaceNode(pool, address, count + 1);
}

/**
 * Removes child number `index` from the node that is kept at `address`. A node that is left with
 * one child gives way to it.
 */
export function removeChild(pool: NodePool, address: number, index: number): void {
  const node = pool.read(address);
  const kind = node & KIND_MASK;
  const words = pool.segmentOf(node);
  const at = wordOf(node);
  const first = at + FIRST_CHILD[kind]!;
  if (kind <= PAIR) {
    pool.write(address, words[first + 1 - index]!);
    pool.free(node);
  } else if (childCount(words, at, kind) - 1 <= SHRINK_COUNT[kind]!) {
    replaceNode(pool, address, moveOut(words, at, kind, index));
  } else if (kind >= SPAN) {
    words[first + index] = 0;
    if (kind === FULL) words[at + FULL_COUNT] = words[at + FULL_COUNT]! - 1;
  } else {
    const last = CAPACITY[kind]! - 1;
    if (kind > LINE) setMapBit(words, at, mapByte(words, at, index), 0);
    else removeSmallByte(words, at, index, last);
    for (let place = first + index; place < first + last; place++) words[place] = words[place + 1]!;
    words[first + last] = 0;
  }
}

/** Puts `child` into a word, and what was there into the next, up to the first that was 0; the number of words. */
function insertWord(words: Int32Array, place: number, child: number): number {
  let moving = child;
  let length = 0;
  for (; moving !== 0; length++) {
    const next = words[place + length]!;
    words[place + length] = moving;
    moving = next;
  }
  return length;
}
