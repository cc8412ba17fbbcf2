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
  kindFor,
} from './node-layout.js';
import { wordOf, type NodePool } from './node-pool.js';
import { childCount, indexAbove, mapRank, smallByte } from './node-search.js';

const GROUPS = 8;

/** A node's children on their way into another node, ascending by byte. */
const movedBytes = new Uint8Array(256);
const movedChildren = new Int32Array(256);

/** A node over two children whose keys differ in byte `position`; the lower byte first. */
export function makePair(
  pool: NodePool,
  position: number,
  bytes: number,
  lower: number,
  higher: number,
): number {
  const node = pool.allocate(PAIR);
  const words = segmentOf(pool, node);
  const at = wordOf(node);
  words[at] = position;
  words[at + 1] = bytes;
  words[at + 2] = lower;
  words[at + 3] = higher;
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
  if (kind === FULL) {
    words[at + (FIRST_CHILD[FULL] as number) + byte] = child;
    words[at + FULL_COUNT] = (words[at + FULL_COUNT] as number) + 1;
    return;
  }
  const count = childCount(words, at, kind);
  const index = indexAbove(words, at, kind, byte);
  if (count < (CAPACITY[kind] as number)) {
    const first = at + (FIRST_CHILD[kind] as number);
    for (let i = first + count; i > first + index; i--) words[i] = words[i - 1] as number;
    words[first + index] = child;
    if (kind > LINE) setMapBit(words, at, byte, 1);
    else insertSmallByte(words, at, index, count, byte);
    return;
  }
  moveOut(words, at, kind, count);
  for (let i = count; i > index; i--) {
    movedBytes[i] = movedBytes[i - 1] as number;
    movedChildren[i] = movedChildren[i - 1] as number;
  }
  movedBytes[index] = byte;
  movedChildren[index] = child;
  replaceNode(pool, address, count + 1);
}

/**
 * Removes child number `index` from the node that is kept at `address`; for a full node the
 * index is the byte. A node that is left with one child gives way to it.
 */
export function removeChild(pool: NodePool, address: number, index: number): void {
  const node = pool.read(address);
  const kind = node & KIND_MASK;
  const words = segmentOf(pool, node);
  const at = wordOf(node);
  const first = at + (FIRST_CHILD[kind] as number);
  if (kind <= PAIR) {
    pool.write(address, words[first + 1 - index] as number);
    pool.free(node);
    return;
  }
  const count = childCount(words, at, kind) - 1;
  if (kind === FULL) {
    words[first + index] = 0;
    words[at + FULL_COUNT] = count;
  } else {
    if (kind > LINE) setMapBit(words, at, mapByte(words, at, index), 0);
    else removeSmallByte(words, at, index, count);
    for (let i = first + index; i < first + count; i++) words[i] = words[i + 1] as number;
    words[first + count] = 0;
  }
  if (count <= (SHRINK_COUNT[kind] as number)) {
    moveOut(words, at, kind, count);
    replaceNode(pool, address, count);
  }
}

/** Puts the moved children into a node of the kind that fits, in the place of the one at `address`. */
function replaceNode(pool: NodePool, address: number, count: number): void {
  const old = pool.read(address);
  const position = segmentOf(pool, old)[wordOf(old)] as number;
  const kind = kindFor(count);
  const node = pool.allocate(kind);
  const words = segmentOf(pool, node);
  const at = wordOf(node);
  const first = at + (FIRST_CHILD[kind] as number);
  for (let i = at, end = first + (CAPACITY[kind] as number); i < end; i++) words[i] = 0;
  words[at] = position;
  for (let i = 0; i < count; i++) {
    const byte = movedBytes[i] as number;
    const child = movedChildren[i] as number;
    if (kind === FULL) {
      words[first + byte] = child;
    } else {
      words[first + i] = child;
      if (kind > LINE) setMapBit(words, at, byte, 1);
      else setSmallByte(words, at, i, byte);
    }
  }
  if (kind === FULL) words[at + FULL_COUNT] = count;
  pool.write(address, node);
  pool.free(old);
}

/** Writes a node's `count` bytes and children where `replaceNode` takes them from. */
function moveOut(words: Int32Array, at: number, kind: number, count: number): void {
  const first = at + (FIRST_CHILD[kind] as number);
  if (kind === FULL) {
    for (let byte = 0, i = 0; i < count; byte++) {
      if (words[first + byte] === 0) continue;
      movedBytes[i] = byte;
      movedChildren[i] = words[first + byte] as number;
      i += 1;
    }
    return;
  }
  let byte = -1;
  for (let i = 0; i < count; i++) {
    byte = kind > LINE ? nextMapByte(words, at, byte + 1) : smallByte(words, at, i);
    movedBytes[i] = byte;
    movedChildren[i] = words[first + i] as number;
  }
}

/** Sets or clears a map's bit, and counts it in all groups after its own. */
function setMapBit(words: Int32Array, at: number, byte: number, bit: 0 | 1): void {
  const group = byte >>> 5;
  const place = at + MAP_BITS + group;
  const mask = 1 << (byte & 31);
  words[place] = bit === 1 ? (words[place] as number) | mask : (words[place] as number) & ~mask;
  const step = bit === 1 ? 1 : -1;
  for (let after = group + 1; after < GROUPS; after++) {
    const counter = at + MAP_BEFORE + (after >>> 2);
    words[counter] = (words[counter] as number) + (step << ((after & 3) << 3));
  }
}

/** The first byte from `from` on that has a bit in a map; there must be one. */
function nextMapByte(words: Int32Array, at: number, from: number): number {
  let group = from >>> 5;
  let bits = (words[at + MAP_BITS + group] as number) & (-1 << (from & 31));
  while (bits === 0) {
    group += 1;
    bits = words[at + MAP_BITS + group] as number;
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
  words[place] = ((words[place] as number) & ~(0xff << shift)) | (byte << shift);
}

function insertSmallByte(words: Int32Array, at: number, index: number, count: number, byte: number): void {
  for (let i = count; i > index; i--) setSmallByte(words, at, i, smallByte(words, at, i - 1));
  setSmallByte(words, at, index, byte);
}

function removeSmallByte(words: Int32Array, at: number, index: number, count: number): void {
  for (let i = index; i < count; i++) setSmallByte(words, at, i, smallByte(words, at, i + 1));
  setSmallByte(words, at, count, 0);
}

/** The segment that a node lies in, as words. Fetch it after the last `allocate`. */
function segmentOf(pool: NodePool, node: number): Int32Array {
  return pool.words[node >>> NODE_SEGMENT_SHIFT] as Int32Array;
}
