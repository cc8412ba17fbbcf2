/**
 * A count of 64 bits in shared memory, written by one thread and read by any, without
 * bigint and without a lock.
 *
 * It takes three 32-bit words: the low half, and the high half twice. The writer stores one
 * high half before the low half and the other after it; a reader loads them in the opposite
 * order. Where both high halves agree, the low half that was read between them belongs to
 * them. Both high halves change once in 2^32, so a step costs one atomic store.
 */

const LOW = 0;
const HIGH_BEFORE = 1;
const HIGH_AFTER = 2;

/** How many 32-bit words a position takes. */
export const POSITION_WORDS = HIGH_AFTER + 1;

const LOW_RANGE = 2 ** 32;

/**
 * Moves the position at word `at` on from `previousLow` to `low` (both its low halves, as
 * signed 32-bit numbers). It may move by less than 2^32. Only for the position's one writer.
 */
export function storePosition(words: Int32Array, at: number, previousLow: number, low: number): void {
  if (low >>> 0 >= previousLow >>> 0) Atomics.store(words, at + LOW, low);
  else storeAcrossWrap(words, at, low);
}

function storeAcrossWrap(words: Int32Array, at: number, low: number): void {
  const high = (Atomics.load(words, at + HIGH_BEFORE) + 1) | 0;
  Atomics.store(words, at + HIGH_BEFORE, high);
  Atomics.store(words, at + LOW, low);
  Atomics.store(words, at + HIGH_AFTER, high);
}

/** The low half of the position at word `at`, as a signed 32-bit number. */
export function loadPositionLow(words: Int32Array, at: number): number {
  return Atomics.load(words, at + LOW);
}

/** The whole position at word `at`. Exact up to 2^53. */
export function loadPosition(words: Int32Array, at: number): number {
  // A worker is only ever terminated at a call or a loop, never between the writer's three
  // stores, so that this ends.
  for (;;) {
    const high = Atomics.load(words, at + HIGH_AFTER);
    const low = Atomics.load(words, at + LOW);
    if (Atomics.load(words, at + HIGH_BEFORE) === high) return (high >>> 0) * LOW_RANGE + (low >>> 0);
  }
}

/** Sets a position outright, to an integer up to 2^53. Only while no other thread uses it. */
export function resetPosition(words: Int32Array, at: number, position: number): void {
  const high = Math.floor(position / LOW_RANGE) | 0;
  Atomics.store(words, at + HIGH_BEFORE, high);
  Atomics.store(words, at + LOW, position | 0);
  Atomics.store(words, at + HIGH_AFTER, high);
}
