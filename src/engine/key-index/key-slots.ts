import { StatelogError } from '../errors.js';
import { firstDifference } from './key-bytes.js';
import { KeyTails } from './tails/key-tails.js';
import { Segments } from './tails/segments.js';

/*
 * A slot is 32 bytes, so that a lookup that came to it reads one cache line:
 *
 *   short key   length:u8 key:23 bytes, zero or anything after it          first:u32 second:u32
 *   long key    LONG:u8 -:3 length:u32 tail:u32 the key's first 12 bytes   first:u32 second:u32
 *   free        FREE:u8 -:3 next free slot + 1:u32 -:16                    -:8
 *
 * `first` and `second` are the owner's words.
 */
const SLOT_BITS = 5;
const SLOT_BYTES = 1 << SLOT_BITS;
const SLOT_WORD_BITS = SLOT_BITS - 2;
const LENGTH_BYTES = 1;
const OWNER_BYTES = 8;
const SHORT_LENGTH_MAX = SLOT_BYTES - LENGTH_BYTES - OWNER_BYTES;
const LONG = 0xff;
const FREE = 0xfe;
const LENGTH_WORD = 1;
const NEXT_FREE_WORD = 1;
const TAIL_WORD = 2;
const HEAD_AT = 12;
const HEAD_LENGTH = 12;
const FIRST_WORD = 6;
const SECOND_WORD = 7;

const SEGMENT_BITS = 20;
const SEGMENT_SHIFT = SEGMENT_BITS - SLOT_BITS;
const SEGMENT_MASK = 2 ** SEGMENT_SHIFT - 1;
/** Leaves of the tree are 31 bits. */
const SEGMENTS_MAX = 2 ** (31 - SEGMENT_SHIFT);

/** Positions in a key are kept doubled, in 31 bits. */
const KEY_LENGTH_MAX = 2 ** 30 - 1;

/** The keys and their owner's words by slot. Slots are dense; a freed one is handed out next. */
export class KeySlots {
  private readonly segments = new Segments(SEGMENT_BITS, SEGMENTS_MAX);
  private readonly bytes: Uint8Array[];
  private readonly words: Int32Array[];
  private readonly tails: KeyTails;
  /** One past the highest slot that was handed out. */
  limit = 0;
  /** The bytes that `locate` found the key in. */
  keyBytes: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyLength = 0;
  private located: Uint8Array = this.keyBytes;
  private freeSlot = -1;

  constructor() {
    this.bytes = this.segments.bytes;
    this.words = this.segments.words;
    this.tails = new KeyTails((slot, tail) => {
      this.setWord(slot, TAIL_WORD, tail);
    });
  }

  /** Bytes of all slots, free ones included, and of the memory that long keys take. */
  get bytesUsed(): number {
    return this.limit * SLOT_BYTES + this.tails.bytesUsed;
  }

  /** Whether a key has this slot. */
  has(slot: number): boolean {
    if (!(slot >= 0 && slot < this.limit)) return false;
    return this.bytes[slot >>> SEGMENT_SHIFT]![(slot & SEGMENT_MASK) << SLOT_BITS] !== FREE;
  }

  /** A slot for a copy of the key that stands in `bytes` at `start`; its owner's words are 0. */
  allocate(bytes: Uint8Array, start: number, length: number): number {
    if (length > KEY_LENGTH_MAX) throw tooLong(length);
    const reused = this.freeSlot;
    const slot = reused < 0 ? this.limit : reused;
    if (reused < 0 && (slot + 1) * SLOT_BYTES > this.segments.capacity) this.segments.grow();
    const short = length <= SHORT_LENGTH_MAX;
    const tail = short ? 0 : this.tails.allocate(slot, bytes, start + HEAD_LENGTH, length - HEAD_LENGTH);
    if (reused < 0) this.limit = slot + 1;
    else this.freeSlot = this.word(slot, NEXT_FREE_WORD) - 1;

    const slots = this.bytes[slot >>> SEGMENT_SHIFT]!;
    const at = (slot & SEGMENT_MASK) << SLOT_BITS;
    if (short) {
      slots[at] = length;
      for (let i = 0; i < length; i++) slots[at + LENGTH_BYTES + i] = bytes[start + i]!;
    } else {
      slots[at] = LONG;
      for (let i = 0; i < HEAD_LENGTH; i++) slots[at + HEAD_AT + i] = bytes[start + i]!;
      this.setWord(slot, LENGTH_WORD, length);
      this.setWord(slot, TAIL_WORD, tail);
    }
    this.setOwnerWords(slot, 0, 0);
    return slot;
  }

  /** Takes a slot back. */
  free(slot: number): void {
    const slots = this.bytes[slot >>> SEGMENT_SHIFT]!;
    const at = (slot & SEGMENT_MASK) << SLOT_BITS;
    if (slots[at] === LONG) this.tails.free(this.word(slot, TAIL_WORD));
    slots[at] = FREE;
    this.setWord(slot, NEXT_FREE_WORD, this.freeSlot + 1);
    this.freeSlot = slot;
  }

  /** Frees everything. */
  reset(): void {
    this.segments.reset(1);
    this.tails.reset();
    this.limit = 0;
    this.freeSlot = -1;
  }

  lengthOf(slot: number): number {
    const length = this.bytes[slot >>> SEGMENT_SHIFT]![(slot & SEGMENT_MASK) << SLOT_BITS]!;
    return length === LONG ? this.word(slot, LENGTH_WORD) : length;
  }

  /** Byte number `position` of the slot's key; there must be one. */
  byteOf(slot: number, position: number): number {
    const slots = this.bytes[slot >>> SEGMENT_SHIFT]!;
    const at = (slot & SEGMENT_MASK) << SLOT_BITS;
    if (slots[at] !== LONG) return slots[at + LENGTH_BYTES + position]!;
    if (position < HEAD_LENGTH) return slots[at + HEAD_AT + position]!;
    return this.tails.byteOf(this.word(slot, TAIL_WORD), position - HEAD_LENGTH);
  }

  // The numbers above stand as they are in these four: see node-search.ts for why.

  /** Whether the slot's key is the one that stands in `bytes` at `start`. */
  equals(slot: number, bytes: Uint8Array, start: number, length: number): boolean {
    const slots = this.bytes[slot >>> 15]!;
    const at = (slot & 0x7fff) << 5;
    const short = slots[at]!;
    if (short !== 0xff) return short === length && firstDifference(slots, at + 1, bytes, start, length) < 0;
    return this.lengthOf(slot) === length && this.mismatch(slot, bytes, start, length) < 0;
  }

  /**
   * The first position at which the slot's key and the given one differ, which is the shorter
   * one's length if it begins the other; -1 if they are equal.
   */
  mismatch(slot: number, bytes: Uint8Array, start: number, length: number): number {
    const slots = this.bytes[slot >>> 15]!;
    const at = (slot & 0x7fff) << 5;
    const short = slots[at]!;
    const keyLength = short === 0xff ? this.lengthOf(slot) : short;
    const common = length < keyLength ? length : keyLength;
    const own = short === 0xff ? at + 12 : at + 1;
    const here = short === 0xff && common > 12 ? 12 : common;
    const differs = firstDifference(slots, own, bytes, start, here);
    if (differs >= 0) return differs;
    if (here < common) {
      const differsAfter = this.tails.mismatch(
        this.word(slot, TAIL_WORD),
        bytes,
        start + here,
        common - here,
      );
      if (differsAfter >= 0) return here + differsAfter;
    }
    return keyLength === length ? -1 : common;
  }

  /**
   * Finds a slot's key: `keyBytes`, `keyStart`, `keyLength` are valid until the slots change or another key
   * is located. Short keys stay where they are, long ones are copied.
   */
  locate(slot: number): void {
    const slots = this.bytes[slot >>> 15]!;
    const at = (slot & 0x7fff) << 5;
    const short = slots[at]!;
    if (short !== 0xff) {
      this.keyBytes = slots;
      this.keyStart = at + 1;
      this.keyLength = short;
      return;
    }
    const length = this.lengthOf(slot);
    if (length > this.located.length) this.located = new Uint8Array(2 * length);
    this.keyBytes = this.located;
    this.keyStart = 0;
    this.keyLength = this.copy(slot, this.located, 0);
  }

  /** Copies the slot's key into `into` at `to`; its length. */
  copy(slot: number, into: Uint8Array, to: number): number {
    const slots = this.bytes[slot >>> 15]!;
    const at = (slot & 0x7fff) << 5;
    const short = slots[at]!;
    const length = short === 0xff ? this.lengthOf(slot) : short;
    if (to + length > into.length)
      throw new RangeError(`a key of ${String(length)} bytes does not fit there`);
    const own = short === 0xff ? at + 12 : at + 1;
    const here = short === 0xff ? 12 : short;
    for (let i = 0; i < here; i++) into[to + i] = slots[own + i]!;
    if (here < length) this.tails.copy(this.word(slot, TAIL_WORD), length - here, into, to + here);
    return length;
  }

  firstWord(slot: number): number {
    return this.word(slot, FIRST_WORD) >>> 0;
  }

  secondWord(slot: number): number {
    return this.word(slot, SECOND_WORD) >>> 0;
  }

  setOwnerWords(slot: number, first: number, second: number): void {
    const words = this.words[slot >>> SEGMENT_SHIFT]!;
    const at = (slot & SEGMENT_MASK) << SLOT_WORD_BITS;
    words[at + FIRST_WORD] = first;
    words[at + SECOND_WORD] = second;
  }

  private word(slot: number, number: number): number {
    const words = this.words[slot >>> SEGMENT_SHIFT]!;
    return words[((slot & SEGMENT_MASK) << SLOT_WORD_BITS) + number]!;
  }

  private setWord(slot: number, number: number, value: number): void {
    const words = this.words[slot >>> SEGMENT_SHIFT]!;
    words[((slot & SEGMENT_MASK) << SLOT_WORD_BITS) + number] = value;
  }
}

function tooLong(length: number): StatelogError {
  return new StatelogError('LIMIT_EXCEEDED', `a key of ${String(length)} bytes is too long`, {
    expected: `at most ${String(KEY_LENGTH_MAX)} bytes`,
  });
}
