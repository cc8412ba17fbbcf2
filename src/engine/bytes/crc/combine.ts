import { assert } from '../../assert.js';

const HIGH_BIT = 0x8000_0000;
/** x^8 in a reflected CRC: what one more byte multiplies by. */
const ONE_BYTE = 0x0080_0000;
/** Powers are looked up by the lower and the upper half of a length. */
const LOW_BITS = 14;
const LOW_COUNT = 2 ** LOW_BITS;
/** Lengths up to 2^28, the longest record of a log. */
const HIGH_COUNT = 2 ** 14 + 1;
const LENGTH_MAX = LOW_COUNT * (HIGH_COUNT - 1);
const NIBBLE_BITS = 4;
const NIBBLES = 16;
const NIBBLE = NIBBLES - 1;

const made = new Map<number, CrcCombiner>();

/**
 * Takes the checksum of a range out of those of two prefixes, in time that does not grow with the range: from powers
 * of x modulo a CRC's polynomial. A search that tries a range at every byte of a file asks this millions of times, so the powers
 * are looked up, in 128 KiB of tables, and polynomials multiplied by four bits at a time. Made when first needed, once for each polynomial.
 * Source of the idea: `crc32_combine` in zlib (Mark Adler).
 */
export class CrcCombiner {
  readonly #polynomial: number;
  /** By the four bits that leave a product: what they come to. */
  readonly #reduced = new Int32Array(NIBBLES);
  /** The multiples of one factor by each polynomial of four bits. */
  readonly #multiples = new Int32Array(NIBBLES);
  /** `[n]` is x to the power of 8n, and of 8n * 2^14. */
  readonly #low = new Int32Array(LOW_COUNT);
  readonly #high = new Int32Array(HIGH_COUNT);
  /** The length asked for last: the same one may be claimed at every byte. */
  #lastLength = 0;
  #lastPower = HIGH_BIT | 0;

  private constructor(polynomial: number) {
    this.#polynomial = polynomial;
    for (let bits = 0; bits < NIBBLES; bits++) {
      let reduced = bits;
      for (let bit = 0; bit < NIBBLE_BITS; bit++) reduced = this.#timesX(reduced);
      this.#reduced[bits] = reduced;
    }
    const step = this.#fill(this.#low, ONE_BYTE);
    this.#fill(this.#high, step);
  }

  static of(polynomial: number): CrcCombiner {
    let combiner = made.get(polynomial);
    if (combiner === undefined) made.set(polynomial, (combiner = new CrcCombiner(polynomial)));
    return combiner;
  }

  /**
   * The checksum of the last `length` bytes of a sequence, from that of all of it and of what comes before them.
   * @param length at most 2^28
   */
  ofSuffix(whole: number, prefix: number, length: number): number {
    if (length !== this.#lastLength) {
      assert(length <= LENGTH_MAX, 'there are powers for the length');
      const low = this.#low[length & (LOW_COUNT - 1)]!;
      this.#lastPower = length < LOW_COUNT ? low : this.#multiply(low, this.#high[length >>> LOW_BITS]!);
      this.#lastLength = length;
    }
    return (whole ^ this.#multiply(prefix, this.#lastPower)) >>> 0;
  }

  /** Fills a table with the powers of `step`. @returns the next one */
  #fill(powers: Int32Array, step: number): number {
    let power = HIGH_BIT | 0;
    for (let index = 0; index < powers.length; index++) {
      powers[index] = power;
      power = this.#multiply(power, step);
    }
    return power;
  }

  #timesX(factor: number): number {
    return (factor & 1) === 0 ? factor >>> 1 : (factor >>> 1) ^ this.#polynomial;
  }

  /** The product of two polynomials with reflected bits, modulo the CRC's. */
  #multiply(a: number, b: number): number {
    const multiples = this.#multiples;
    const reduced = this.#reduced;
    let factor = b;
    // The highest of four bits is the lowest power.
    for (let bit = NIBBLES >>> 1; bit !== 0; bit >>>= 1) {
      multiples[bit] = factor;
      factor = this.#timesX(factor);
    }
    for (let bit = 2; bit < NIBBLES; bit <<= 1) {
      const multiple = multiples[bit]!;
      for (let rest = 1; rest < bit; rest++) multiples[bit + rest] = multiple ^ multiples[rest]!;
    }
    let product = 0;
    for (let left = a, nibble = 0; nibble < 8; nibble++) {
      product = (product >>> NIBBLE_BITS) ^ reduced[product & NIBBLE]! ^ multiples[left & NIBBLE]!;
      left >>>= NIBBLE_BITS;
    }
    return product;
  }
}
