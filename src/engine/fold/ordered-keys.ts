import { compareRanges } from '../bytes/compare.js';

/**
 * What a fold asks of an ordered map from byte keys to slots with two u32 words each: the part of
 * `OrderedKeyIndex` (src/engine/state/key-index.ts) that it uses, under the same names.
 */
export interface OrderedKeys {
  /** How many keys there are. */
  readonly count: number;
  /** Whether the last `insertAt` added a key, rather than found it. */
  readonly inserted: boolean;
  /** One past the highest slot that was handed out. */
  readonly slotLimit: number;
  /** The slot of the key that stands in `bytes` at `start`, or -1. */
  findAt(bytes: Uint8Array, start: number, length: number): number;
  insertAt(bytes: Uint8Array, start: number, length: number): number;
  removeAt(bytes: Uint8Array, start: number, length: number): number;
  firstWord(slot: number): number;
  secondWord(slot: number): number;
  setWords(slot: number, first: number, second: number): void;
  keyOf(slot: number): Uint8Array;
  cursor(): OrderedKeysCursor;
}

/** A position in the keys; each move answers a slot, or -1. */
export interface OrderedKeysCursor {
  first(): number;
  last(): number;
  /** To the first key that is not before `key`. */
  seekFirst(key: Uint8Array): number;
  /** To the last key that is before `key`. */
  seekLast(key: Uint8Array): number;
  next(): number;
  previous(): number;
}

const BUCKET_KEYS_MAX = 512;

/** Sorted buckets of at most 512 keys: found by halving, so O(log n), with short moves on insertion. */
export class SortedKeys implements OrderedKeys {
  inserted = false;
  count = 0;
  #buckets: number[][] = [[]];
  readonly #keys: Uint8Array[] = [];
  readonly #words: number[] = [];
  readonly #freeSlots: number[] = [];

  get slotLimit(): number {
    return this.#keys.length;
  }

  findAt(bytes: Uint8Array, start: number, length: number): number {
    const place = this.placeOf(bytes, start, length);
    return this.#isAt(place, bytes, start, length) ? this.slotAt(place) : -1;
  }

  insertAt(bytes: Uint8Array, start: number, length: number): number {
    const place = this.placeOf(bytes, start, length);
    this.inserted = !this.#isAt(place, bytes, start, length);
    if (!this.inserted) return this.slotAt(place);
    const slot = this.#freeSlots.pop() ?? this.#keys.length;
    // Not `slice`, which on a Buffer makes no copy.
    this.#keys[slot] = Uint8Array.from(bytes.subarray(start, start + length));
    this.setWords(slot, 0, 0);
    this.#buckets[place.bucket]!.splice(place.at, 0, slot);
    this.#splitIfFull(place.bucket);
    this.count += 1;
    return slot;
  }

  removeAt(bytes: Uint8Array, start: number, length: number): number {
    const place = this.placeOf(bytes, start, length);
    if (!this.#isAt(place, bytes, start, length)) return -1;
    const slot = this.slotAt(place);
    const bucket = this.#buckets[place.bucket]!;
    bucket.splice(place.at, 1);
    if (bucket.length === 0 && this.#buckets.length > 1) this.#buckets.splice(place.bucket, 1);
    this.#freeSlots.push(slot);
    this.count -= 1;
    return slot;
  }

  firstWord(slot: number): number {
    return this.#words[2 * slot]!;
  }

  secondWord(slot: number): number {
    return this.#words[2 * slot + 1]!;
  }

  setWords(slot: number, first: number, second: number): void {
    this.#words[2 * slot] = first;
    this.#words[2 * slot + 1] = second;
  }

  keyOf(slot: number): Uint8Array {
    return this.#keys[slot]!.slice();
  }

  cursor(): OrderedKeysCursor {
    return new SortedKeysCursor(this);
  }

  /** Where the first key stands that is not before the given one. */
  placeOf(bytes: Uint8Array, start: number, length: number): Place {
    const buckets = this.#buckets;
    const before = (slot: number): boolean => {
      const key = this.#keys[slot]!;
      return compareRanges(key, 0, key.length, bytes, start, length) < 0;
    };
    const bucket = halve(buckets.length - 1, (index) => before(buckets[index]!.at(-1)!));
    const slots = buckets[bucket]!;
    return { bucket, at: halve(slots.length, (index) => before(slots[index]!)) };
  }

  slotAt({ bucket, at }: Place): number {
    return this.#buckets[bucket]?.[at] ?? -1;
  }

  /** The place `step` (1 or -1) further on; one past either end where there is none. */
  neighbour({ bucket, at }: Place, step: number): Place {
    const next = { bucket, at: at + step };
    if (this.slotAt(next) >= 0) return next;
    const neighbours = this.#buckets[bucket + step];
    return { bucket: bucket + step, at: step > 0 ? 0 : (neighbours?.length ?? 0) - 1 };
  }

  lastPlace(): Place {
    const bucket = this.#buckets.length - 1;
    return { bucket, at: this.#buckets[bucket]!.length - 1 };
  }

  #isAt(place: Place, bytes: Uint8Array, start: number, length: number): boolean {
    const key = this.#keys[this.slotAt(place)];
    return key !== undefined && compareRanges(key, 0, key.length, bytes, start, length) === 0;
  }

  #splitIfFull(index: number): void {
    const bucket = this.#buckets[index]!;
    if (bucket.length <= BUCKET_KEYS_MAX) return;
    // Keys that come in order fill their buckets to the end.
    const keep = index === this.#buckets.length - 1 ? BUCKET_KEYS_MAX : BUCKET_KEYS_MAX >>> 1;
    this.#buckets.splice(index + 1, 0, bucket.splice(keep));
  }
}

interface Place {
  readonly bucket: number;
  readonly at: number;
}

/** The first index below `count` for which `before` is false; `count` if there is none. */
function halve(count: number, before: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Keeps the key that it stands on, so that it goes on from there whatever is inserted or removed. */
class SortedKeysCursor implements OrderedKeysCursor {
  readonly #keys: SortedKeys;
  #key: Uint8Array | undefined;

  constructor(keys: SortedKeys) {
    this.#keys = keys;
  }

  first(): number {
    return this.#moveTo({ bucket: 0, at: 0 });
  }

  last(): number {
    return this.#moveTo(this.#keys.lastPlace());
  }

  seekFirst(key: Uint8Array): number {
    return this.#moveTo(this.#keys.placeOf(key, 0, key.length));
  }

  seekLast(key: Uint8Array): number {
    return this.#moveTo(this.#keys.neighbour(this.#keys.placeOf(key, 0, key.length), -1));
  }

  next(): number {
    if (this.#key === undefined) return -1;
    const place = this.#keys.placeOf(this.#key, 0, this.#key.length);
    const removed = this.#keys.findAt(this.#key, 0, this.#key.length) < 0;
    return this.#moveTo(removed ? place : this.#keys.neighbour(place, 1));
  }

  previous(): number {
    return this.#key === undefined ? -1 : this.seekLast(this.#key);
  }

  #moveTo(place: Place): number {
    const slot = this.#keys.slotAt(place);
    this.#key = slot < 0 ? undefined : this.#keys.keyOf(slot);
    return slot;
  }
}
