import { nextMapByte, setMapBit, setSmallByte } from './node-bytes.js';
import {
  CAPACITY,
  FIRST_CHILD,
  FULL,
  FULL_COUNT,
  LINE,
  SPAN,
  SPAN_BASE,
  kindFor,
  spanBase,
} from './node-layout.js';
import { wordOf, type NodePool } from './node-pool.js';
import { childPlace, smallByte } from './node-search.js';

/** A node's children on their way into another node, ascending by byte. */
const movedBytes = new Uint8Array(256);
const movedChildren = new Int32Array(256);

/**
 * Writes a node's bytes and children where `replaceNode` takes them from, but for child number
 * `without` (-1 for none); their number.
 */
export function moveOut(words: Int32Array, at: number, kind: number, without: number): number {
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
    if (i === without) continue;
    movedBytes[count] = byte;
    movedChildren[count] = child;
    count += 1;
  }
  return count;
}

/** Adds a byte and its child to the `count` that were moved out. */
export function moveIn(count: number, byte: number, child: number): void {
  let index = count;
  for (; index > 0 && movedBytes[index - 1]! > byte; index--) {
    movedBytes[index] = movedBytes[index - 1]!;
    movedChildren[index] = movedChildren[index - 1]!;
  }
  movedBytes[index] = byte;
  movedChildren[index] = child;
}

/** Puts the moved children into a node of the kind that fits, in the place of the one at `address`. */
export function replaceNode(pool: NodePool, address: number, count: number): void {
  const old = pool.read(address);
  const position = pool.segmentOf(old)[wordOf(old)]!;
  pool.write(address, makeNode(pool, position, movedBytes, movedChildren, 0, count));
  pool.free(old);
}

/**
 * A node of the kind that fits over `count` children (2 to 256), which stand in `children` from
 * `start` on, with their bytes of number `position`, ascending, in `bytes`.
 */
export function makeNode(
  pool: NodePool,
  position: number,
  bytes: Uint8Array,
  children: Int32Array,
  start: number,
  count: number,
): number {
  const lowest = bytes[start]!;
  const highest = bytes[start + count - 1]!;
  const kind = kindFor(count, lowest, highest);
  const node = pool.allocate(kind);
  const words = pool.segmentOf(node);
  const at = wordOf(node);
  const first = at + FIRST_CHILD[kind]!;
  for (let place = at, end = first + CAPACITY[kind]!; place < end; place++) words[place] = 0;
  words[at] = position;
  if (kind === FULL) words[at + FULL_COUNT] = count;
  if (kind === SPAN) words[at + SPAN_BASE] = spanBase(lowest, highest);
  for (let i = 0; i < count; i++) {
    const byte = bytes[start + i]!;
    if (kind >= SPAN) {
      words[childPlace(words, at, kind, byte)] = children[start + i]!;
    } else {
      if (kind > LINE) setMapBit(words, at, byte, 1);
      else setSmallByte(words, at, i, byte);
      words[first + i] = children[start + i]!;
    }
  }
  return node;
}
