const HIGH_BIT = 0x8000_0000;
/** x^8 in a reflected CRC: what one more byte multiplies by. */
const ONE_BYTE = 0x0080_0000;
const BYTE_VALUES = 256;
const LENGTH_BYTES = 4;

const made = new Map<number, CrcCombiner>();

/**
 * Takes the checksum of a range out of those of two prefixes, in time that does not grow with the range: from powers
 * of x modulo a CRC's polynomial, by the bytes of the exponent. Made when first needed, once for each polynomial.
 * Source of the idea: `crc32_combine` in zlib (Mark Adler).
 */
export class CrcCombiner {
  readonly #polynomial: number;
  /** `[k * 256 + b]` is x to the power of 8 * b * 256^k. */
  readonly #byByte = new Int32Array(LENGTH_BYTES * BYTE_VALUES);

  private constructor(polynomial: number) {
    this.#polynomial = polynomial;
    let step = ONE_BYTE;
    for (let table = 0; table < LENGTH_BYTES; table++) {
      let power = HIGH_BIT | 0;
      for (let value = 0; value < BYTE_VALUES; value++) {
        this.#byByte[table * BYTE_VALUES + value] = power;
        power = this.#multiply(power, step);
      }
      step = power;
    }
  }

  static of(polynomial: number): CrcCombiner {
    let combiner = made.get(polynomial);
    if (combiner === undefined) made.set(polynomial, (combiner = new CrcCombiner(polynomial)));
    return combiner;
  }

  /**
   * The checksum of the last `length` bytes of a sequence, from that of all of it and of what comes before them.
   * @param length below 2^32
   */
  ofSuffix(whole: number, prefix: number, length: number): number {
    return (whole ^ this.#moveOn(prefix, length)) >>> 0;
  }

  /** The checksum after `length` more zero bytes. */
  #moveOn(sum: number, length: number): number {
    let moved = sum | 0;
    let rest = length;
    for (let table = 0; rest !== 0; table += BYTE_VALUES) {
      const byte = rest & 0xff;
      if (byte !== 0) moved = this.#multiply(moved, this.#byByte[table + byte]!);
      rest >>>= 8;
    }
    return moved;
  }

  /** The product of two polynomials with reflected bits, modulo the CRC's. */
  #multiply(a: number, b: number): number {
    let product = 0;
    let factor = b;
    for (let left = a; left !== 0; left <<= 1) {
      if (left < 0) product ^= factor;
      factor = (factor & 1) === 0 ? factor >>> 1 : (factor >>> 1) ^ this.#polynomial;
    }
    return product;
  }
}
