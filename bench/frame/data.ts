import { SeededRandom } from '../../test/simulated-disk/seeded-random.js';

/** Bytes of the values that the originals' bench stores. */
export const VALUE_BYTES = 100;
/** That value. */
export const VALUE = new Uint8Array(VALUE_BYTES).fill(0x42);
const SEED = 7;

/** `user:000000000`, `user:000000001`, …: the keys of the originals' bench, 14 bytes each, in order. */
export function sequentialKeys(count: number): Uint8Array[] {
  return keysOf(count, 14, (index) => Buffer.from(`user:${String(index).padStart(9, '0')}`));
}

/**
 * Keys of one length side by side in one buffer, as who looks up many of them has them: reading a key that is
 * an object of its own, and in no cache, costs more than looking it up.
 */
export class KeyRow {
  readonly bytes: Uint8Array;
  readonly keyLength: number;
  readonly #key: Uint8Array;

  constructor(keys: readonly Uint8Array[]) {
    this.keyLength = keys[0]?.length ?? 0;
    this.bytes = new Uint8Array(Buffer.concat(keys));
    this.#key = new Uint8Array(this.keyLength);
  }

  startOf(index: number): number {
    return index * this.keyLength;
  }

  /** A key as a view, the same one each time. */
  take(index: number): Uint8Array {
    const start = this.startOf(index);
    for (let at = 0; at < this.keyLength; at++) this.#key[at] = this.bytes[start + at]!;
    return this.#key;
  }
}

/** Prefixes of `sequentialKeys` that ten keys share, spread over all of them. */
export function prefixesOfTen(count: number, keyCount: number): Uint8Array[] {
  const tens = Math.max(1, Math.floor(keyCount / 10));
  return keysOf(count, 13, (index) => Buffer.from(`user:${String((index * 37) % tens).padStart(8, '0')}`));
}

/** `count` random numbers below `limit`, the same each time. */
export function randomOrder(count: number, limit: number): Uint32Array {
  const random = new SeededRandom(SEED);
  return Uint32Array.from({ length: count }, () => random.below(limit));
}

/** In what order keys come. `adversarial`: long equal beginnings, from both ends by turns. */
export const KEY_ORDERS = ['ascending', 'random', 'adversarial'] as const;
export type KeyOrder = (typeof KEY_ORDERS)[number];

/** Distinct keys of a length from 8 bytes on, in an order. */
export function keysInOrder(order: KeyOrder, count: number, length: number): Uint8Array[] {
  if (order === 'random') return shuffled(randomKeys(count, length));
  const numberAt = order === 'ascending' ? (index: number) => index : zigzag(count);
  const head = new Uint8Array(length).fill(0x61);
  return keysOf(count, length, (index) => {
    const key = Buffer.from(head);
    // The ascending ones differ early, the adversarial ones only at their end.
    key.writeUInt32BE(numberAt(index), order === 'ascending' ? 0 : length - 4);
    return key;
  });
}

/** 0, count - 1, 1, count - 2, …: no place in order is ever near the one before. */
function zigzag(count: number): (index: number) => number {
  return (index) => (index % 2 === 0 ? index / 2 : count - 1 - (index - 1) / 2);
}

function randomKeys(count: number, length: number): Uint8Array[] {
  const random = new SeededRandom(SEED);
  return keysOf(count, length, (index) => {
    const key = Buffer.alloc(length);
    for (let at = 4; at < length; at++) key[at] = random.below(256);
    // Distinct by a number of their own, mixed so that it says nothing of the order.
    key.writeUInt32BE(Math.imul(index, 0x9e37_79b1) >>> 0, 0);
    return key;
  });
}

function shuffled<T>(items: T[]): T[] {
  const random = new SeededRandom(SEED + 1);
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
  return items;
}

/** Views into one buffer, so that a million keys are a million small objects and no more. */
function keysOf(count: number, length: number, keyAt: (index: number) => Uint8Array): Uint8Array[] {
  const all = new Uint8Array(count * length);
  return Array.from({ length: count }, (_, index) => {
    const view = all.subarray(index * length, (index + 1) * length);
    view.set(keyAt(index));
    return view;
  });
}
