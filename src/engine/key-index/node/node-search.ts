import {
  CAPACITY,
  FIRST_CHILD,
  FULL,
  FULL_COUNT,
  LINE,
  MAP_BITS,
  MAP_LARGE,
  MAP_SMALL,
  SPAN,
  SPAN_BASE,
  SPAN_CAPACITY,
} from './node-layout.js';

/*
 * What every lookup runs through has the numbers of node-layout.ts as they are. V8 does not fold an
 * imported constant, nor the variables that a bundler makes of constants: each would be a load and
 * a check, which cost a third of a lookup.
 */

/** How many bits of a word are set. */
export function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** How many children of a map stand before the one for `byte`. */
export function mapRank(words: Int32Array, at: number, byte: number): number {
  const group = byte >>> 5;
  const before = (words[at + 9 + (group >>> 2)]! >>> ((group & 3) << 3)) & 0xff;
  return before + bitCount(words[at + 1 + group]! & ~(-1 << (byte & 31)));
}

/**
 * The word that holds the reference to the child for `byte`, in a node at word `at` that is no
 * end; 0 if there is none. The reference found there may be 0, too.
 *
 * A few compares four bytes at once: `(x - 0x01010101) & ~x & 0x80808080` has the high bit
 * of the first byte of x that is 0, and perhaps of some above it (S. E. Anderson, "Bit Twiddling
 * Hacks").
 */
export function childPlace(words: Int32Array, at: number, kind: number, byte: number): number {
  if (kind === 6) {
    // a span
    const index = byte - words[at + 1]!;
    return index >>> 0 < 14 ? at + 2 + index : 0;
  }
  // a full node
  if (kind === 7) return at + 4 + byte;
  if (kind === 1) {
    // a pair
    const pair = words[at + 1]!;
    if ((pair & 0xff) === byte) return at + 2;
    return pair >>> 8 === byte ? at + 3 : 0;
  }
  if (kind === 2) {
    // a few
    const differences = words[at + 1]! ^ Math.imul(byte, 0x01010101);
    const zeros = (differences - 0x01010101) & ~differences & 0x80808080;
    if (zeros !== 0) return at + 3 + ((31 - Math.clz32(zeros & -zeros)) >>> 3);
    return words[at + 2] === byte ? at + 7 : 0;
  }
  if (kind === 3) return linePlace(words, at, byte);
  // a map
  if (((words[at + 1 + (byte >>> 5)]! >>> (byte & 31)) & 1) === 0) return 0;
  return at + 11 + mapRank(words, at, byte);
}

/**
 * `childPlace` for a line. It marks exactly the bytes that are equal, those of all three words in
 * one word, so that there is no branch to guess wrong.
 */
function linePlace(words: Int32Array, at: number, byte: number): number {
  const pattern = Math.imul(byte, 0x01010101);
  const first = words[at + 1]! ^ pattern;
  const second = words[at + 2]! ^ pattern;
  const third = words[at + 3]! ^ pattern;
  const marks =
    (~(((first & 0x7f7f7f7f) + 0x7f7f7f7f) | first | 0x7f7f7f7f) >>> 7) |
    (~(((second & 0x7f7f7f7f) + 0x7f7f7f7f) | second | 0x7f7f7f7f) >>> 6) |
    (~(((third & 0x7f7f7f7f) + 0x7f7f7f7f) | third | 0x7f7f7f7f) >>> 5);
  if (marks === 0) return 0;
  const mark = 31 - Math.clz32(marks & -marks);
  return at + 4 + ((mark & 7) << 2) + (mark >>> 3);
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

/** The word that holds the reference to a node's first child. */
export function firstPlace(words: Int32Array, at: number, kind: number): number {
  let place = at + FIRST_CHILD[kind]!;
  while (words[place] === 0) place += 1;
  return place;
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
