import { writeU32 } from '../halves.js';
import { type Blake3, createBlake3 } from './blake3.js';

const HEADER_BYTES = 8;
/** Entries up to this are put together, so that native code is called once for each. */
const BLOCK_BYTES = 4 * 1024;
const MASK = (1n << 256n) - 1n;
const HEX_DIGITS = 64;
const NO_BYTES = new Uint8Array(0);

/**
 * A sum of entries that can be brought up to date, whatever their order: the BLAKE3 of each entry (key length u32,
 * version length u32, little-endian, key, version, value) as a number of 256 bits, added modulo 2^256, after AdHash of Bellare and Micciancio
 * (1997). It tells faults and mix-ups; against one who makes up entries to fit a sum, there is `ContentDigest`.
 */
export class EntrySum {
  readonly #hash: Blake3 = createBlake3();
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #sum: bigint;
  #keys: number;

  /** @param start the sum and the number of the entries that are there already; default: none */
  constructor(start: { readonly sum: string; readonly keys: number } = { sum: '0', keys: 0 }) {
    this.#sum = BigInt(`0x${start.sum}`);
    this.#keys = start.keys;
  }

  /** How many entries there are. */
  get keys(): number {
    return this.#keys;
  }

  add(key: Uint8Array, value: Uint8Array, version: Uint8Array | undefined): void {
    this.#sum += this.#numberOf(key, value, version ?? NO_BYTES);
    this.#keys += 1;
  }

  /** Takes away an entry that is there. */
  remove(key: Uint8Array, value: Uint8Array, version: Uint8Array | undefined): void {
    this.#sum -= this.#numberOf(key, value, version ?? NO_BYTES);
    this.#keys -= 1;
  }

  /** Adds what another sum adds, and takes away what it takes away. */
  addAll(other: EntrySum): void {
    this.#sum += other.#sum;
    this.#keys += other.#keys;
  }

  /** Returns the sum as 64 hex digits. */
  hex(): string {
    this.#sum &= MASK;
    return this.#sum.toString(16).padStart(HEX_DIGITS, '0');
  }

  #numberOf(key: Uint8Array, value: Uint8Array, version: Uint8Array): bigint {
    const block = this.#block;
    const hash = this.#hash;
    writeU32(block, 0, key.length);
    writeU32(block, 4, version.length);
    hash.reset();
    const length = HEADER_BYTES + key.length + version.length + value.length;
    if (length <= BLOCK_BYTES) {
      block.set(key, HEADER_BYTES);
      block.set(version, HEADER_BYTES + key.length);
      block.set(value, HEADER_BYTES + key.length + version.length);
      hash.update(block.subarray(0, length));
    } else {
      for (const bytes of [block.subarray(0, HEADER_BYTES), key, version, value]) hash.update(bytes);
    }
    return BigInt(`0x${hash.digestHex()}`);
  }
}
