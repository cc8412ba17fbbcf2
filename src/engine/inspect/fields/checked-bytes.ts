import type { FileBytes } from './file-bytes.js';
import { findTurnedBit } from './turned-bit.js';
import { findWrongByte } from './wrong-byte.js';

/** Bytes that one step of computing a checksum takes. */
const PIECE_BYTES = 1024 * 1024;
/** In more than this no turned bit is looked for: eight steps a byte. */
const TURNED_BIT_BYTES_MAX = 4 * 1024 * 1024;
/** In more than this no wrong byte is looked for: one would be found where there is none, once in a thousand times. */
const WRONG_BYTE_BYTES_MAX = 16 * 1024;

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

/** Bytes of which one is not as it was, and how they were. */
export interface Mending {
  /** The wrong byte's offset in the file; undefined where it is one of the checksum. */
  readonly at: number | undefined;
  /** The fault, in words. */
  readonly text: string;
  /** The bytes of the file as they were. */
  readonly read: (offset: number, length: number) => Uint8Array;
}

/** Which bytes a checksum is of. */
interface Checked {
  readonly from: number;
  readonly length: number;
}

/**
 * How checked bytes were before one bit of them, or of their checksum, turned, or one byte of them became another;
 * undefined where more is wrong.
 * @param difference the stored checksum, exclusive-or the computed one
 */
export function mended(
  polynomial: number,
  bytes: FileBytes,
  checked: Checked,
  difference: number,
): Mending | undefined {
  const { from, length } = checked;
  if (length > TURNED_BIT_BYTES_MAX) return undefined;
  const found = findTurnedBit(polynomial, length, difference);
  if (found !== undefined) {
    const { index, bit } = found;
    if (index !== undefined) return mendedAt(bytes, from + index, 1 << bit);
    return { at: undefined, text: `bit ${bit} of it is turned`, read: bytes.read.bind(bytes) };
  }
  if (length > WRONG_BYTE_BYTES_MAX) return undefined;
  const wrong = findWrongByte(polynomial, length, difference);
  return wrong === undefined ? undefined : mendedAt(bytes, from + wrong.index, wrong.turned);
}

/** @param turned the bits of the byte that are */
function mendedAt(bytes: FileBytes, at: number, turned: number): Mending {
  const read = (offset: number, length: number): Uint8Array => {
    const copy = bytes.read(offset, length).slice();
    if (at >= offset && at < offset + copy.length) copy[at - offset]! ^= turned;
    return copy;
  };
  const isOne = (turned & (turned - 1)) === 0;
  const was = read(at, 1)[0] ?? 0;
  const text = isOne
    ? `bit ${31 - Math.clz32(turned)} of byte ${at} is turned`
    : `byte ${at} was 0x${was.toString(16).padStart(2, '0')}`;
  return { at, text, read };
}
