/**
 * How the nodes of the tree lie in memory.
 *
 * The tree is an adaptive radix tree (Leis, Kemper, Neumann: "The Adaptive Radix Tree", 2013)
 * with the skipping of a PATRICIA tree: a node holds the position of the byte that it branches
 * on, and no prefix. A lookup reads only those bytes on its way down, and compares the whole key
 * once, at the leaf.
 *
 * A reference is an int32: 0 is none; below 0 it is a leaf, `~slot`; above 0 it is a node,
 * `unit << 3 | kind`, where a unit is 4 words, counted over all segments. An address counts words
 * over all segments. Word 0 of every segment is 0, so that "no such child" can be an ordinary
 * place to read a reference from.
 *
 * ```
 * every node  position                            of the byte in the key
 * end         ends goesOn                         ends: the key of just `position` bytes
 * pair        bytes:2 zero:2   children:2         bytes ascending, as are those below
 * few         bytes:5 zero:3   children:5         children not in use are 0, their bytes too
 * line        bytes:12         children:12
 * map         bits:8 words     before:8 bytes     children: 21 or 53
 * span        base             children:14        by byte from base on, 0 where there is none
 * full        count zero:2     children:256       by byte, 0 where there is none
 * ```
 *
 * In a map, bit b is set if there is a child for byte b; the children stand in the order of
 * their bytes, and `before[i]` counts the bits of the words before word i. A span is for bytes
 * that lie close together, such as digits: it is the fastest to search, and of a line's size.
 */

/** The kinds of node, as the low three bits of a reference. */
export const END = 0;
export const PAIR = 1;
export const FEW = 2;
export const LINE = 3;
export const MAP_SMALL = 4;
export const MAP_LARGE = 5;
export const SPAN = 6;
export const FULL = 7;

export const KIND_BITS = 3;
export const KIND_MASK = (1 << KIND_BITS) - 1;

export const UNIT_WORDS = 4;
const UNIT_BITS = 2;

export const SEGMENT_BITS = 20;
const SEGMENT_WORD_BITS = SEGMENT_BITS - 2;
export const SEGMENT_WORDS = 1 << SEGMENT_WORD_BITS;
export const SEGMENTS_MAX = 2 ** (31 - KIND_BITS - (SEGMENT_WORD_BITS - UNIT_BITS));

/** `reference >>> NODE_SEGMENT_SHIFT` is the segment, `(reference >>> NODE_WORD_SHIFT) & NODE_WORD_MASK` the word in it. */
export const NODE_SEGMENT_SHIFT = KIND_BITS + SEGMENT_WORD_BITS - UNIT_BITS;
export const NODE_WORD_SHIFT = KIND_BITS - UNIT_BITS;
export const NODE_WORD_MASK = SEGMENT_WORDS - UNIT_WORDS;

/** `address >>> ADDRESS_SHIFT` is the segment, `address & ADDRESS_MASK` the word in it. */
export const ADDRESS_SHIFT = SEGMENT_WORD_BITS;
export const ADDRESS_MASK = SEGMENT_WORDS - 1;

/**
 * Words that every segment leaves free at its start. Large buffers begin 16 bytes after a page
 * does (the C library's header), and so nodes of 64 bytes fill exactly one cache line.
 */
export const SEGMENT_HEAD_WORDS = 12;

/** The address of the reference to the whole tree, in the head of the first segment. */
export const ROOT_ADDRESS = 4;

/** How many children a node of each kind has room for. */
export const CAPACITY: readonly number[] = [2, 2, 5, 12, 21, 53, 14, 256];
export const SPAN_CAPACITY = 14;

/** The word of a node at which its children begin. */
export const FIRST_CHILD: readonly number[] = [1, 2, 3, 4, 11, 11, 2, 4];

/** Words of a node. */
export const NODE_WORDS: readonly number[] = [4, 4, 8, 16, 32, 64, 16, 260];

/** No node takes more words for each child that it is made with: a full one is made for 54 or more. */
export const WORDS_PER_CHILD_MAX = 5;

/** The kind under which free nodes of a kind are kept, the first of the same size. */
export const SIZE_KIND: readonly number[] = [PAIR, PAIR, FEW, LINE, MAP_SMALL, MAP_LARGE, LINE, FULL];

/**
 * The number of children at which a node is made smaller: some fewer than the smaller one has room
 * for, so that adding and removing one key over and over does not rebuild it each time.
 */
export const SHRINK_COUNT: readonly number[] = [1, 1, 2, 4, 10, 18, 4, 44];

export const MAP_BITS = 1;
export const MAP_BEFORE = 9;
export const SPAN_BASE = 1;
export const FULL_COUNT = 1;

/** The smallest kind with room for `count` children (2 to 256) for bytes from `lowest` to `highest`. */
export function kindFor(count: number, lowest: number, highest: number): number {
  if (count <= CAPACITY[FEW]!) return count === 2 ? PAIR : FEW;
  if (highest - lowest < SPAN_CAPACITY) return SPAN;
  if (count <= CAPACITY[LINE]!) return LINE;
  if (count <= CAPACITY[MAP_SMALL]!) return MAP_SMALL;
  return count <= CAPACITY[MAP_LARGE]! ? MAP_LARGE : FULL;
}

/**
 * The base of a span over those bytes: a multiple of 16 if that takes them in, so that all digits
 * fit whichever come first.
 */
export function spanBase(lowest: number, highest: number): number {
  const rounded = lowest & 0xf0;
  return highest - rounded < SPAN_CAPACITY ? rounded : lowest;
}
