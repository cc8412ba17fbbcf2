/**
 * The hash that LaminarDB's changelog gives a key: that of the Rust crate rustc-hash 2.1 for
 * one byte string on a 64-bit machine (designed by Orson Peters, after wyhash). It is fast,
 * not proof against chosen keys. All 64-bit numbers are two signed 32-bit halves here.
 *
 * The bytes are folded into 64 bits: up to 16 bytes by reading their first and last part,
 * longer ones in steps of 16 bytes with the last 16 read again at the end. Then one
 * multiplication and a rotation spread them.
 *
 * (The hash of `bytes/hash/fx-hash.ts`, which rkyv's maps use, is an older and different one.)
 */

const FIRST_SEED_LOW = 0x85a308d3 | 0;
const FIRST_SEED_HIGH = 0x243f6a88;
const SECOND_SEED_LOW = 0x03707344;
const SECOND_SEED_HIGH = 0x13198a2e;
/** Keeps a run of zero bytes from multiplying everything to zero. */
const GUARD_LOW = 0x299f31d0;
const GUARD_HIGH = 0xa4093822 | 0;
const MULTIPLIER_LOW = 0x2e62a9c5;
const MULTIPLIER_HIGH = 0xf1357aea | 0;
const ROTATION = 26;

const WORD_BYTES = 4;
const LONG_BYTES = 8;
const STEP_BYTES = 2 * LONG_BYTES;
const HALF_RANGE = 2 ** 32;

/** Hashes keys without allocating: `hash` leaves its result in `low` and `high`. */
export class KeyHash {
  /** Low half of the last hash, signed. */
  low = 0;
  /** High half of the last hash, signed. */
  high = 0;

  /** Hashes `bytes[start..end)`. */
  hash(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    const length = end - start;
    if (length > STEP_BYTES) this.#foldLong(bytes, start, end);
    else if (length >= LONG_BYTES) this.#foldPair(bytes, start, end - LONG_BYTES);
    else this.#foldShort(bytes, start, end);
    const low = this.low ^ length;
    const high = this.high;
    // the low 64 bits of the product with the multiplier, rotated
    const productLow = Math.imul(low, MULTIPLIER_LOW);
    const productHigh =
      (highOfProduct(low, MULTIPLIER_LOW) +
        Math.imul(low, MULTIPLIER_HIGH) +
        Math.imul(high, MULTIPLIER_LOW)) |
      0;
    this.low = (productLow << ROTATION) | (productHigh >>> (32 - ROTATION));
    this.high = (productHigh << ROTATION) | (productLow >>> (32 - ROTATION));
  }

  /** The last hash as one number. */
  toBigint(): bigint {
    return (BigInt(this.high >>> 0) << 32n) | BigInt(this.low >>> 0);
  }

  #foldShort(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    let first = 0;
    let second = 0;
    if (length >= WORD_BYTES) {
      first = readWord(bytes, start);
      second = readWord(bytes, end - WORD_BYTES);
    } else if (length > 0) {
      first = byteAt(bytes, start);
      second = (byteAt(bytes, end - 1) << 8) | byteAt(bytes, start + (length >>> 1));
    }
    this.#mix(FIRST_SEED_LOW ^ first, FIRST_SEED_HIGH, SECOND_SEED_LOW ^ second, SECOND_SEED_HIGH);
  }

  #foldPair(bytes: Uint8Array, first: number, second: number): void {
    this.#mix(
      FIRST_SEED_LOW ^ readWord(bytes, first),
      FIRST_SEED_HIGH ^ readWord(bytes, first + WORD_BYTES),
      SECOND_SEED_LOW ^ readWord(bytes, second),
      SECOND_SEED_HIGH ^ readWord(bytes, second + WORD_BYTES),
    );
  }

  #foldLong(bytes: Uint8Array, start: number, end: number): void {
    let firstLow = FIRST_SEED_LOW;
    let firstHigh = FIRST_SEED_HIGH;
    let secondLow = SECOND_SEED_LOW;
    let secondHigh = SECOND_SEED_HIGH;
    // strictly below the end: the last step is always the one below, from the end backwards
    for (let at = start; at + STEP_BYTES < end; at += STEP_BYTES) {
      this.#mix(
        firstLow ^ readWord(bytes, at),
        firstHigh ^ readWord(bytes, at + WORD_BYTES),
        GUARD_LOW ^ readWord(bytes, at + LONG_BYTES),
        GUARD_HIGH ^ readWord(bytes, at + LONG_BYTES + WORD_BYTES),
      );
      firstLow = secondLow;
      firstHigh = secondHigh;
      secondLow = this.low;
      secondHigh = this.high;
    }
    const last = end - STEP_BYTES;
    this.#mix(
      firstLow ^ readWord(bytes, last),
      firstHigh ^ readWord(bytes, last + WORD_BYTES),
      secondLow ^ readWord(bytes, last + LONG_BYTES),
      secondHigh ^ readWord(bytes, last + LONG_BYTES + WORD_BYTES),
    );
  }

  /** Leaves the two halves of the 128-bit product of a and b, combined by xor, in `low` and `high`. */
  #mix(aLow: number, aHigh: number, bLow: number, bHigh: number): void {
    const crossLow = Math.imul(aLow, bHigh);
    const crossHigh = Math.imul(aHigh, bLow);
    const middle = (highOfProduct(aLow, bLow) >>> 0) + (crossLow >>> 0) + (crossHigh >>> 0);
    const top =
      (Math.imul(aHigh, bHigh) >>> 0) +
      (highOfProduct(aLow, bHigh) >>> 0) +
      (highOfProduct(aHigh, bLow) >>> 0) +
      Math.floor(middle / HALF_RANGE);
    this.low = Math.imul(aLow, bLow) ^ top;
    this.high = middle ^ (highOfProduct(aHigh, bHigh) + Math.floor(top / HALF_RANGE));
  }
}

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit numbers, as a signed number. */
function highOfProduct(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const carried = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const crossed = (Math.imul(aLow, bHigh) + (carried & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (carried >>> 16) + (crossed >>> 16)) | 0;
}

function readWord(bytes: Uint8Array, at: number): number {
  return (
    byteAt(bytes, at) |
    (byteAt(bytes, at + 1) << 8) |
    (byteAt(bytes, at + 2) << 16) |
    (byteAt(bytes, at + 3) << 24)
  );
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at]!;
}
