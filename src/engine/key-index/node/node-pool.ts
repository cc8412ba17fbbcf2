import {
  ADDRESS_MASK,
  ADDRESS_SHIFT,
  FULL,
  KIND_BITS,
  KIND_MASK,
  MAP_LARGE,
  NODE_SEGMENT_SHIFT,
  NODE_WORDS,
  NODE_WORD_MASK,
  NODE_WORD_SHIFT,
  PAIR,
  ROOT_ADDRESS,
  SEGMENTS_MAX,
  SEGMENT_BITS,
  SEGMENT_HEAD_WORDS,
  SEGMENT_WORDS,
  SIZE_KIND,
  UNIT_WORDS,
} from './node-layout.js';
import { Segments } from '../tails/segments.js';

const WORD_BYTES = 4;
/** Words of a segment that no node may get: its head, and a rest that is too short for the next one. */
const SEGMENT_LOST_WORDS_MAX = SEGMENT_HEAD_WORDS + NODE_WORDS[FULL]!;

/**
 * The memory of the tree's nodes. Invariants: below `bump` every word belongs to a node, to a
 * free list, to the head of a segment or to its unused rest; a free node's first word is the
 * reference of the next free one of its kind, 0 at the end.
 */
export class NodePool {
  /** The segments, for reading. Fetch an element anew after `allocate`. */
  readonly words: Int32Array[];
  private readonly segments = new Segments(SEGMENT_BITS, SEGMENTS_MAX);
  /** For each kind the first free node; see `SIZE_KIND`. */
  private readonly freeNodes = new Int32Array(KIND_MASK + 1);
  /** The word, counted over all segments, from which nothing was handed out yet. */
  private bump = SEGMENT_HEAD_WORDS;

  constructor() {
    this.words = this.segments.words;
    this.segments.grow();
  }

  /** Bytes of all nodes, free ones included: what was ever touched. */
  get bytesUsed(): number {
    return this.bump * WORD_BYTES;
  }

  /** The reference that is kept at `address`. */
  read(address: number): number {
    return this.words[address >>> ADDRESS_SHIFT]![address & ADDRESS_MASK]!;
  }

  /** Keeps `reference` at `address`. */
  write(address: number, reference: number): void {
    this.words[address >>> ADDRESS_SHIFT]![address & ADDRESS_MASK] = reference;
  }

  /** The segment that a node lies in. Fetch it anew after `allocate`. */
  segmentOf(reference: number): Int32Array {
    return this.words[reference >>> NODE_SEGMENT_SHIFT]!;
  }

  /** A node of `kind`, its words anything; its reference. */
  allocate(kind: number): number {
    const size = SIZE_KIND[kind]!;
    const free = this.freeNodes[size]!;
    if (free !== 0) {
      this.freeNodes[size] = this.read(addressOf(free));
      return (free & ~KIND_MASK) | kind;
    }
    const length = NODE_WORDS[kind]!;
    if ((this.bump & ADDRESS_MASK) + length > SEGMENT_WORDS || (this.bump & ADDRESS_MASK) === 0) {
      if (this.divide(size)) return this.allocate(kind);
      this.bump = ((this.bump + SEGMENT_WORDS - 1) & ~ADDRESS_MASK) + SEGMENT_HEAD_WORDS;
    }
    while ((this.bump + length) * WORD_BYTES > this.segments.capacity) this.segments.grow();
    const reference = referenceTo(this.bump, kind);
    this.bump += length;
    return reference;
  }

  /** Makes room for nodes of so many words together: allocating them needs no memory then. */
  reserve(words: number): void {
    const segments = 1 + Math.floor(words / (SEGMENT_WORDS - SEGMENT_LOST_WORDS_MAX));
    const end = (this.bump + words + segments * SEGMENT_LOST_WORDS_MAX) * WORD_BYTES;
    while (end > this.segments.capacity) this.segments.grow();
  }

  /** Gives a node back. */
  free(reference: number): void {
    const size = SIZE_KIND[reference & KIND_MASK]!;
    this.write(addressOf(reference), this.freeNodes[size]!);
    this.freeNodes[size] = (reference & ~KIND_MASK) | size;
  }

  /** Frees everything. */
  reset(): void {
    this.segments.reset(1);
    this.freeNodes.fill(0);
    this.bump = SEGMENT_HEAD_WORDS;
    this.write(ROOT_ADDRESS, 0);
  }

  /** Makes free nodes of a larger kind into free ones of kind `size` or nearer to it; false if there is none. */
  private divide(size: number): boolean {
    let larger = size + 1;
    while (larger <= FULL && this.freeNodes[larger] === 0) larger += 1;
    if (larger > FULL) return false;
    const address = addressOf(this.freeNodes[larger]!);
    this.freeNodes[larger] = this.read(address);
    const part = larger === FULL ? MAP_LARGE : larger - 1;
    const partWords = NODE_WORDS[part]!;
    const end = address + NODE_WORDS[larger]!;
    let place = address;
    for (; place + partWords <= end; place += partWords) this.free(referenceTo(place, part));
    if (place < end) this.free(referenceTo(place, PAIR));
    return true;
  }
}

/** The address of a node's first word. */
export function addressOf(reference: number): number {
  return (reference >>> NODE_SEGMENT_SHIFT) * SEGMENT_WORDS + wordOf(reference);
}

/** The place of a node's first word in its segment. */
export function wordOf(reference: number): number {
  return (reference >>> NODE_WORD_SHIFT) & NODE_WORD_MASK;
}

function referenceTo(address: number, kind: number): number {
  return ((address / UNIT_WORDS) << KIND_BITS) | kind;
}
