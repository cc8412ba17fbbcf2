const BYTE_VALUES = 256;
const BITS_A_BYTE = 8;
const TOP_BYTE_SHIFT = 24;

/** A byte that is not as it was when a checksum was made. */
export interface WrongByte {
  /** Which of the checked bytes. */
  readonly index: number;
  /** The bits of it that are turned. */
  readonly turned: number;
}

/**
 * Which single byte makes two checksums differ, if it is one. The effect that a byte has on a CRC is moved on by
 * every byte behind it; moved back, it is one of 255. That a wrong answer comes of other damage is as likely as one in
 * 2^24 for each byte that is checked: ask it of short ranges.
 * @param polynomial reflected
 * @param length of the checked bytes; time is linear in it
 * @param difference the stored checksum, exclusive-or the computed one
 */
export function findWrongByte(polynomial: number, length: number, difference: number): WrongByte | undefined {
  const { effects, byTop } = tablesOf(polynomial);
  let effect = difference | 0;
  for (let index = length - 1; index >= 0; index--) {
    const turned = byTop[effect >>> TOP_BYTE_SHIFT]!;
    const rest = effect ^ effects[turned]!;
    if (rest === 0 && turned !== 0) return { index, turned };
    effect = (rest << BITS_A_BYTE) | turned;
  }
  return undefined;
}

/** The effect of each byte, and the byte by the top byte of its effect: no two have the same. */
function tablesOf(polynomial: number): { readonly effects: Int32Array; readonly byTop: Uint8Array } {
  const effects = new Int32Array(BYTE_VALUES);
  const byTop = new Uint8Array(BYTE_VALUES);
  for (let byte = 0; byte < BYTE_VALUES; byte++) {
    let effect = byte;
    for (let bit = 0; bit < BITS_A_BYTE; bit++) effect = (effect >>> 1) ^ (-(effect & 1) & polynomial);
    effects[byte] = effect;
    byTop[effect >>> TOP_BYTE_SHIFT] = byte;
  }
  return { effects, byTop };
}
