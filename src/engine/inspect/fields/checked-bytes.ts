import type { FileBytes } from './file-bytes.js';
import { findTurnedBit } from './turned-bit.js';

/** What a checksum is computed over at a time. */
const PIECE_BYTES = 1024 * 1024;
/** In more than this no turned bit is looked for: eight steps a byte. */
const MENDED_BYTES_MAX = 4 * 1024 * 1024;

type Checksum = (bytes: Uint8Array, start: number, end: number, seed: number) => number;

/** The checksum of bytes of a file, read piece by piece. */
export function checksumOf(checksum: Checksum, bytes: FileBytes, from: number, length: number): number {
  let sum = 0;
  for (let at = 0; at < length; at += PIECE_BYTES) {
    const piece = bytes.read(from + at, Math.min(PIECE_BYTES, length - at));
    sum = checksum(piece, 0, piece.length, sum);
  }
  return sum;
}

/** Bytes of which one bit is not as it was, and how they were. */
export interface Mending {
  /** The wrong byte's offset in the file; undefined where it is one of the checksum. */
  readonly at: number | undefined;
  /** Which bit, in words. */
  readonly text: string;
  /** The bytes of the file as they were. */
  readonly read: (offset: number, length: number) => Uint8Array;
}

/**
 * How checked bytes were before one bit of them, or of their checksum, turned; undefined where more is wrong.
 * @param difference the stored checksum, exclusive-or the computed one
 */
export function mended(
  polynomial: number,
  bytes: FileBytes,
  checked: { readonly from: number; readonly length: number },
  difference: number,
): Mending | undefined {
  if (checked.length > MENDED_BYTES_MAX) return undefined;
  const turned = findTurnedBit(polynomial, checked.length, difference);
  if (turned === undefined) return undefined;
  const { index, bit } = turned;
  if (index === undefined) {
    const read = bytes.read.bind(bytes);
    return { at: undefined, text: `bit ${bit} of it is turned`, read };
  }
  const at = checked.from + index;
  const read = (offset: number, length: number): Uint8Array => {
    const copy = bytes.read(offset, length).slice();
    if (at >= offset && at < offset + copy.length) copy[at - offset]! ^= 1 << bit;
    return copy;
  };
  return { at, text: `bit ${bit} of byte ${at} is turned`, read };
}
