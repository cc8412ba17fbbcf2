/** A bit that is not as it was when a checksum was made. */
export interface TurnedBit {
  /** Which of the checked bytes; undefined where the bit is one of the checksum itself. */
  readonly index: number | undefined;
  /** 0 is the lowest; of the checksum's 32 bits where `index` is undefined. */
  readonly bit: number;
}

/**
 * Which single bit makes two checksums differ, if it is one: a turned bit changes a CRC in a way that
 * depends on its place alone, and no two places within 256 MiB are alike. That a wrong answer comes of other damage is
 * as likely as one in 2^32 for each bit that is checked.
 * @param length of the checked bytes; time is linear in it
 * @param difference the stored checksum, exclusive-or the computed one
 */
export function findTurnedBit(polynomial: number, length: number, difference: number): TurnedBit | undefined {
  const wanted = difference | 0;
  if (wanted === 0) return undefined;
  if ((wanted & (wanted - 1)) === 0) return { index: undefined, bit: 31 - Math.clz32(wanted) };
  let effect = polynomial | 0;
  for (let index = length - 1; index >= 0; index--) {
    for (let bit = 7; bit >= 0; bit--) {
      if (effect === wanted) return { index, bit };
      effect = (effect >>> 1) ^ (-(effect & 1) & polynomial);
    }
  }
  return undefined;
}
