import {
  CAPACITY,
  END,
  FIRST_CHILD,
  FULL,
  FULL_COUNT,
  KIND_MASK,
  LINE,
  MAP_BEFORE,
  MAP_BITS,
  NODE_SEGMENT_SHIFT,
  PAIR,
  SHRINK_COUNT,
  SPAN,
  SPAN_BASE,
  kindFor,
  spanBase,
} from './node-layout.js';
import { wordOf, type NodePool } from './node-pool.js';
import { childCount, childPlace, mapRank, placesBelow, smallByte } from './node-search.js';

const GROUPS = 8;

/** A node's children on their way into another node, ascending by byte. */
const movedBytes = new Uint8Array(256);
const movedChildren = new Int32Array(256);

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
  const words = segmentOf(pool, node);
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
  const words = segmentOf(pool, node);
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
  const words = segmentOf(pool, node);
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
  const count = moveOut(words, at, kind);
  let index = count;
  for (; index > 0 && movedBytes[index - 1]! > byte; index--) {
    movedBytes[index] = movedBytes[index - 1]!;
    movedChildren[index] = movedChildren[index - 1]!;
  }
  movedBytes[index] = byte;
  movedChildren[index] = child;
  replaceNode(pool, address, count + 1);
}

/**
 * Removes child number `index` from the node that is kept at `address`. A node that is left with
 * one child gives way to it.
 */
export function removeChild(pool: NodePool, address: number, index: number): void {
  const node = pool.read(address);
  const kind = node & KIND_MASK;
  const words = segmentOf(pool, node);
  const at = wordOf(node);
  const first = at + FIRST_CHILD[kind]!;
  if (kind <= PAIR) {
    pool.write(address, words[first + 1 - index]!);
    pool.free(node);
    return;
  }
  if (kind >= SPAN) {
    words[first + index] = 0;
    if (kind === FULL) words[at + FULL_COUNT] = words[at + FULL_COUNT]! - 1;
  } else {
    const last = CAPACITY[kind]! - 1;
    if (kind > LINE) setMapBit(words, at, mapByte(words, at, index), 0);
    else removeSmallByte(words, at, index, last);
    for (let place = first + index; place < first + last; place++) words[place] = words[place + 1]!;
    words[first + last] = 0;
  }
  if (childCount(words, at, kind) <= SHRINK_COUNT[kind]!) {
    replaceNode(pool, address, moveOut(words, at, kind));
  }
}

/** Puts the moved children into a node of the kind that fits, in the place of the one at `address`. */
function replaceNode(pool: NodePool, address: number, count: number): void {
  const old = pool.read(address);
  const position = segmentOf(pool, old)[wordOf(old)]!;
  const lowest = movedBytes[0]!;
  const highest = movedBytes[count - 1]!;
  const kind = kindFor(count, lowest, highest);
  const node = pool.allocate(kind);
  const words = segmentOf(pool, node);
  const at = wordOf(node);
  const first = at + FIRST_CHILD[kind]!;
  for (let place = at, end = first + CAPACITY[kind]!; place < end; place++) words[place] = 0;
  words[at] = position;
  if (kind === FULL) words[at + FULL_COUNT] = count;
  if (kind === SPAN) words[at + SPAN_BASE] = spanBase(lowest, highest);
  for (let i = 0; i < count; i++) {
    const byte = movedBytes[i]!;
    if (kind >= SPAN) {
      words[childPlace(words, at, kind, byte)] = movedChildren[i]!;
    } else {
      if (kind > LINE) setMapBit(words, at, byte, 1);
      else setSmallByte(words, at, i, byte);
      words[first + i] = movedChildren[i]!;
    }
  }
  pool.write(address, node);
  pool.free(old);
}

/** Writes a node's bytes and children where `replaceNode` takes them from; their number. */
function moveOut(words: Int32Array, at: number, kind: number): number {
  const first = at + FIRST_CHILD[kind]!;
  const base = kind === SPAN ? words[at + SPAN_BASE]! : 0;
  const capacity = CAPACITY[kind]!;
  let count = 0;
  let byte = -1;
  for (let i = 0; i < capacity; i++) {
    const child = words[first + i]!;
    if (child === 0) {
      if (kind >= SPAN) continue;
      break;
    }
    if (kind >= SPAN) byte = base + i;
    else byte = kind > LINE ? nextMapByte(words, at, byte + 1) : smallByte(words, at, i);
    movedBytes[count] = byte;
    movedChildren[count] = child;
    count += 1;
  }
  return count;
}

/** Sets or clears a map's bit, and counts it in all groups after its own. */
function setMapBit(words: Int32Array, at: number, byte: number, bit: 0 | 1): void {
  const group = byte >>> 5;
  const place = at + MAP_BITS + group;
  const mask = 1 << (byte & 31);
  words[place] = bit === 1 ? words[place]! | mask : words[place]! & ~mask;
  const step = bit === 1 ? 1 : -1;
  for (let after = group + 1; after < GROUPS; after++) {
    const counter = at + MAP_BEFORE + (after >>> 2);
    words[counter] = words[counter]! + (step << ((after & 3) << 3));
  }
}

/** The first byte from `from` on that has a bit in a map; there must be one. */
function nextMapByte(words: Int32Array, at: number, from: number): number {
  let group = from >>> 5;
  let bits = words[at + MAP_BITS + group]! & (-1 << (from & 31));
  while (bits === 0) {
    group += 1;
    bits = words[at + MAP_BITS + group]!;
  }
  return (group << 5) + 31 - Math.clz32(bits & -bits);
}

/** The byte of a map's child number `index`. */
function mapByte(words: Int32Array, at: number, index: number): number {
  let byte = nextMapByte(words, at, 0);
  while (mapRank(words, at, byte) < index) byte = nextMapByte(words, at, byte + 1);
  return byte;
}

function setSmallByte(words: Int32Array, at: number, index: number, byte: number): void {
  const place = at + 1 + (index >>> 2);
  const shift = (index & 3) << 3;
  words[place] = (words[place]! & ~(0xff << shift)) | (byte << shift);
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

/** Puts `byte` before the byte number `index`, moving those up to number `last - 1`. */
function insertSmallByte(words: Int32Array, at: number, index: number, last: number, byte: number): void {
  for (let i = last; i > index; i--) setSmallByte(words, at, i, smallByte(words, at, i - 1));
  setSmallByte(words, at, index, byte);
}

function removeSmallByte(words: Int32Array, at: number, index: number, last: number): void {
  for (let i = index; i < last; i++) setSmallByte(words, at, i, smallByte(words, at, i + 1));
  setSmallByte(words, at, last, 0);
}

/** The segment that a node lies in, as words. Fetch it after the last `allocate`. */
function segmentOf(pool: NodePool, node: number): Int32Array {
  return pool.words[node >>> NODE_SEGMENT_SHIFT]!;
}
