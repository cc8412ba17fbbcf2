import {
  CAPACITY,
  FEW,
  FIRST_CHILD,
  FULL,
  FULL_COUNT,
  LINE,
  MAP_BEFORE,
  MAP_BITS,
  MAP_LARGE,
  MAP_SMALL,
  PAIR,
  SPAN,
  SPAN_BASE,
  SPAN_CAPACITY,
} from './node-layout.js';

const EACH_LOW_BIT = 0x01010101;
const EACH_HIGH_BIT = 0x80808080 | 0;

/** How many bits of a word are set. */
export function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, EACH_LOW_BIT) >>> 24;
}

/** The number of the first byte in a word of which `zeroBytes` has set the high bit. */
function firstByte(zeroBytes: number): number {
  return (31 - Math.clz32(zeroBytes & -zeroBytes)) >>> 3;
}

/**
 * The high bit of each byte that is 0 in `word`, and perhaps of some above the first such byte.
 * Source: "Bit Twiddling Hacks", S. E. Anderson.
 */
function zeroBytes(word: number): number {
  return (word - EACH_LOW_BIT) & ~word & EACH_HIGH_BIT;
}

/** How many children of a map stand before the one for `byte`. */
export function mapRank(words: Int32Array, at: number, byte: number): number {
  const group = byte >>> 5;
  const before = (words[at + MAP_BEFORE + (group >>> 2)]! >>> ((group & 3) << 3)) & 0xff;
  return before + bitCount(words[at + MAP_BITS + group]! & ~(-1 << (byte & 31)));
}

/**
 * The word that holds the reference to the child for `byte`, in a node at word `at` that is no
 * end; 0 if there is none. The reference found there may be 0, too.
 */
export function childPlace(words: Int32Array, at: number, kind: number, byte: number): number {
  if (kind === SPAN) {
    const index = byte - words[at + SPAN_BASE]!;
    return index >>> 0 < SPAN_CAPACITY ? at + 2 + index : 0;
  }
  if (kind === FULL) return at + 4 + byte;
  if (kind === PAIR) {
    const pair = words[at + 1]!;
    if ((pair & 0xff) === byte) return at + 2;
    return pair >>> 8 === byte ? at + 3 : 0;
  }
  if (kind === FEW) {
    const zeros = zeroBytes(words[at + 1]! ^ Math.imul(byte, EACH_LOW_BIT));
    if (zeros !== 0) return at + 3 + firstByte(zeros);
    return words[at + 2] === byte ? at + 7 : 0;
  }
  if (kind === LINE) {
    const pattern = Math.imul(byte, EACH_LOW_BIT);
    let zeros = zeroBytes(words[at + 1]! ^ pattern);
    if (zeros !== 0) return at + 4 + firstByte(zeros);
    zeros = zeroBytes(words[at + 2]! ^ pattern);
    if (zeros !== 0) return at + 8 + firstByte(zeros);
    zeros = zeroBytes(words[at + 3]! ^ pattern);
    return zeros === 0 ? 0 : at + 12 + firstByte(zeros);
  }
  const bits = words[at + MAP_BITS + (byte >>> 5)]!;
  return ((bits >>> (byte & 31)) & 1) === 0 ? 0 : at + 11 + mapRank(words, at, byte);
}

/** How many children a node has. */
export function childCount(words: Int32Array, at: number, kind: number): number {
  if (kind === FULL) return words[at + FULL_COUNT]!;
  if (kind === MAP_SMALL || kind === MAP_LARGE) {
    return mapRank(words, at, 0xff) + (words[at + MAP_BITS + 7]! >>> 31);
  }
  const first = at + FIRST_CHILD[kind]!;
  const end = first + CAPACITY[kind]!;
  let count = 0;
  for (let place = first; place < end; place++) if (words[place] !== 0) count += 1;
  return count;
}

/** The byte of child number `index` of a pair, few or line. */
export function smallByte(words: Int32Array, at: number, index: number): number {
  return (words[at + 1 + (index >>> 2)]! >>> ((index & 3) << 3)) & 0xff;
}

/**
 * How many places for children of a node (no end) are for bytes below `byte`, which has no child;
 * those of a span or a full node may be empty.
 */
export function placesBelow(words: Int32Array, at: number, kind: number, byte: number): number {
  if (kind === FULL) return byte;
  if (kind === SPAN) {
    const below = byte - words[at + SPAN_BASE]!;
    return below < 0 ? 0 : below < SPAN_CAPACITY ? below : SPAN_CAPACITY;
  }
  if (kind > LINE) return mapRank(words, at, byte);
  const first = at + FIRST_CHILD[kind]!;
  const capacity = CAPACITY[kind]!;
  let index = 0;
  while (index < capacity && words[first + index] !== 0 && smallByte(words, at, index) < byte) index += 1;
  return index;
}
