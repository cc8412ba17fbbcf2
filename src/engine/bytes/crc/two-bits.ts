import { crcTable } from './crc-slices.js';

const BITS_A_BYTE = 8;
const SUM_BITS = 32;
/** A slot for four bits of what is looked through, at the least. */
const SLOTS_A_BYTE = 32;
const HASH_FACTOR = 0x9e37_79b1;

/**
 * Whether two wrong bits in different bytes explain a wrong CRC: they may lie in the data or in the sum that stands beside it. In time
 * linear in the data: what a bit does to the sum is known for each, and its partner is looked up.
 */
export class TwoBitsCheck {
  readonly #table: Int32Array;

  /** @param polynomial reflected */
  constructor(polynomial: number) {
    this.#table = crcTable(polynomial);
  }

  /**
   * @param syndrome the CRC that the data has, XOR the one that it should have
   * @param dataBytes how long the data is
   */
  explains(syndrome: number, dataBytes: number): boolean {
    const seen = new SumSet((dataBytes + SUM_BITS / BITS_A_BYTE) * SLOTS_A_BYTE);
    const wanted = syndrome | 0;
    const bits = new Int32Array(BITS_A_BYTE);
    for (let byte = 0; byte < SUM_BITS / BITS_A_BYTE; byte++) {
      for (let bit = 0; bit < BITS_A_BYTE; bit++) bits[bit] = 1 << (byte * BITS_A_BYTE + bit);
      if (takeByte(seen, bits, wanted)) return true;
    }
    for (let bit = 0; bit < BITS_A_BYTE; bit++) bits[bit] = this.#table[1 << bit]!;
    for (let byte = 0; byte < dataBytes; byte++) {
      if (takeByte(seen, bits, wanted)) return true;
      // One byte farther from the end.
      for (let bit = 0; bit < BITS_A_BYTE; bit++) {
        bits[bit] = (bits[bit]! >>> 8) ^ this.#table[bits[bit]! & 0xff]!;
      }
    }
    return false;
  }
}

/** @returns true where one of a byte's bits has its partner among those seen */
function takeByte(seen: SumSet, bits: Int32Array, wanted: number): boolean {
  for (const bit of bits) if (seen.has(bit ^ wanted)) return true;
  for (const bit of bits) seen.add(bit);
  return false;
}

/** A set of 32-bit numbers other than 0, for a number of them that is known beforehand. */
class SumSet {
  readonly #slots: Int32Array;
  readonly #shift: number;

  constructor(slotsMin: number) {
    const bits = Math.ceil(Math.log2(slotsMin));
    this.#slots = new Int32Array(2 ** bits);
    this.#shift = SUM_BITS - bits;
  }

  has(sum: number): boolean {
    return sum !== 0 && this.#slots[this.#slotOf(sum)] === sum;
  }

  add(sum: number): void {
    this.#slots[this.#slotOf(sum)] = sum;
  }

  /** The slot of a number, or the free one where it belongs. */
  #slotOf(sum: number): number {
    let slot = Math.imul(sum, HASH_FACTOR) >>> this.#shift;
    while (this.#slots[slot] !== 0 && this.#slots[slot] !== sum) slot = (slot + 1) % this.#slots.length;
    return slot;
  }
}
