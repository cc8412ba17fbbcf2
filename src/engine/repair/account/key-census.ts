import { KeyHash } from '../../changelog/key-hash.js';

const SLOTS_MIN = 1024;
/** Above this many slots, half of the keys are left out of the sample: 18 MiB hold it. */
const SLOTS_MAX = 2 ** 21;
const FILL_MAX = 0.5;

/**
 * Counts live keys in bounded memory: exactly up to a million of them, and beyond that from a sample of
 * their hashes that is halved whenever it grows too large (Wegman's adaptive sampling, as Flajolet
 * describes it). A hash of 64 bits stands for a key.
 *
 * Invariants:
 * - a slot whose both halves are 0 is free (a hash of 0 is stored as 1);
 * - all hashes here have zeros in the lowest `#depth` bits of their high half, and every key with
 *   such a hash that was seen is here.
 */
export class KeyCensus {
  readonly #hash = new KeyHash();
  #low = new Int32Array(SLOTS_MIN);
  #high = new Int32Array(SLOTS_MIN);
  #isLive = new Uint8Array(SLOTS_MIN);
  #filled = 0;
  #live = 0;
  #depth = 0;
  readonly #slotsMax: number;

  /** @param slotsMax a power of two */
  constructor(slotsMax = SLOTS_MAX) {
    this.#slotsMax = slotsMax;
  }

  /** Live keys. */
  get count(): number {
    return this.#live * 2 ** this.#depth;
  }

  /** True once the count is an estimate. */
  get isEstimate(): boolean {
    return this.#depth > 0;
  }

  /** Takes note that the key at `bytes[start, end)` was put, or deleted. */
  see(bytes: Uint8Array, start: number, end: number, isLive: boolean): void {
    this.#hash.hash(bytes, start, end);
    const { low, high } = this.#hash;
    if (this.#filled >= this.#low.length * FILL_MAX) this.#makeRoom();
    if ((high & (2 ** this.#depth - 1)) !== 0) return;
    const slot = this.#slotOf(low, high);
    this.#live += Number(isLive) - this.#isLive[slot]!;
    this.#isLive[slot] = Number(isLive);
  }

  #slotOf(hashLow: number, high: number): number {
    const low = (hashLow | high) === 0 ? 1 : hashLow;
    const mask = this.#low.length - 1;
    let slot = low & mask;
    while ((this.#low[slot]! | this.#high[slot]!) !== 0) {
      if (this.#low[slot] === low && this.#high[slot] === high) return slot;
      slot = (slot + 1) & mask;
    }
    this.#low[slot] = low;
    this.#high[slot] = high;
    this.#filled += 1;
    return slot;
  }

  #makeRoom(): void {
    const { length } = this.#low;
    if (length >= this.#slotsMax) this.#depth += 1;
    this.#rebuild(Math.min(length * 2, this.#slotsMax));
  }

  #rebuild(slots: number): void {
    const [low, high, isLive] = [this.#low, this.#high, this.#isLive];
    this.#low = new Int32Array(slots);
    this.#high = new Int32Array(slots);
    this.#isLive = new Uint8Array(slots);
    this.#filled = 0;
    this.#live = 0;
    const leftOut = 2 ** this.#depth - 1;
    for (let old = 0; old < low.length; old++) {
      if ((low[old]! | high[old]!) === 0 || (high[old]! & leftOut) !== 0) continue;
      const slot = this.#slotOf(low[old]!, high[old]!);
      this.#isLive[slot] = isLive[old]!;
      this.#live += isLive[old]!;
    }
  }
}
