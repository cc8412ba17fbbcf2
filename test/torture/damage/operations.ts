import type { SeededRandom } from '../../simulated-disk/seeded-random.js';

/** The six operations of damage that stand for rot. */
export const DAMAGE_OPERATIONS = [
  'bit flip',
  'burst',
  'cut',
  'zeroed block',
  'doubled block',
  'wrong length',
] as const;

export type DamageOperation = (typeof DAMAGE_OPERATIONS)[number];

/** A part of a file that is good or bad as a whole, with where its length stands. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
  /** Where its u32 length is, if it has one. */
  readonly lengthAt?: number | undefined;
}

/** A file after one operation. */
export interface Damaged {
  readonly bytes: Uint8Array;
  /** In words, to see it again. */
  readonly what: string;
  /** By how much what lies behind `insertedAt` has moved; 0 where nothing was inserted. */
  readonly shift: number;
  readonly insertedAt: number;
  /** True where bytes of the file stand in it twice. */
  readonly isCopy: boolean;
}

const BLOCK_SIZES = [512, 4096];
const BURST_BYTES_MAX = 8;

/** A copy of a file with one operation done at a place that `random` chooses. */
export function damage(
  bytes: Uint8Array,
  pieces: readonly Piece[],
  operation: DamageOperation,
  random: SeededRandom,
): Damaged {
  switch (operation) {
    case 'bit flip':
      return flipBit(bytes, random);
    case 'burst':
      return burst(bytes, random);
    case 'cut': {
      const length = random.below(bytes.length);
      return inPlace(bytes.slice(0, length), `cut at ${length}`);
    }
    case 'zeroed block':
      return zeroBlock(bytes, random);
    case 'doubled block':
      return doubleBlock(bytes, random);
    case 'wrong length':
      return setLength(bytes, pieces, random);
  }
}

function flipBit(bytes: Uint8Array, random: SeededRandom): Damaged {
  const changed = bytes.slice();
  const at = random.below(bytes.length);
  const bit = random.below(8);
  changed[at]! ^= 1 << bit;
  return inPlace(changed, `bit ${bit} of byte ${at} flipped`);
}

function burst(bytes: Uint8Array, random: SeededRandom): Damaged {
  const changed = bytes.slice();
  const length = 2 + random.below(BURST_BYTES_MAX - 1);
  const at = random.below(bytes.length);
  for (let index = at; index < Math.min(at + length, bytes.length); index++)
    changed[index] = random.below(256);
  return inPlace(changed, `${length} bytes at ${at} overwritten`);
}

function zeroBlock(bytes: Uint8Array, random: SeededRandom): Damaged {
  const changed = bytes.slice();
  const size = BLOCK_SIZES[random.below(2)]!;
  const at = random.below(Math.ceil(bytes.length / size)) * size;
  changed.fill(0, at, at + size);
  return inPlace(changed, `${size} bytes at ${at} zeroed`);
}

/** Over the block behind it, or put in before it. */
function doubleBlock(bytes: Uint8Array, random: SeededRandom): Damaged {
  const size = BLOCK_SIZES[random.below(2)]!;
  const at = random.below(Math.ceil(bytes.length / size)) * size;
  const block = bytes.subarray(at, at + size);
  const end = at + block.length;
  if (random.below(2) === 0) {
    const changed = bytes.slice();
    changed.set(block.subarray(0, Math.min(size, Math.max(0, bytes.length - end))), end);
    return { ...inPlace(changed, `${size} bytes at ${at} written over those behind them`), isCopy: true };
  }
  const parts = [bytes.subarray(0, end), block, bytes.subarray(end)];
  const changed = new Uint8Array(Buffer.concat(parts));
  const what = `${size} bytes at ${at} doubled`;
  return { bytes: changed, what, shift: block.length, insertedAt: end, isCopy: true };
}

function setLength(bytes: Uint8Array, pieces: readonly Piece[], random: SeededRandom): Damaged {
  const changed = bytes.slice();
  const withLength = pieces.filter(({ lengthAt }) => lengthAt !== undefined);
  const piece = withLength[random.below(withLength.length)]!;
  const lengthAt = piece.lengthAt!;
  const wrong = [0, 1, bytes.length - piece.offset + 1, 0x7fff_ffff, 0xffff_ffff][random.below(5)]!;
  new DataView(changed.buffer).setUint32(lengthAt, wrong, true);
  return inPlace(changed, `length ${wrong} at ${lengthAt}`);
}

function inPlace(bytes: Uint8Array, what: string): Damaged {
  return { bytes, what, shift: 0, insertedAt: bytes.length, isCopy: false };
}

/** Where a piece's bytes are after the damage; -1 where they are not. */
export function whereNow(original: Uint8Array, piece: Piece, { bytes, shift, insertedAt }: Damaged): number {
  const part = original.subarray(piece.offset, piece.offset + piece.length);
  const isAt = (offset: number): boolean =>
    Buffer.compare(bytes.subarray(offset, offset + piece.length), part) === 0;
  if (isAt(piece.offset)) return piece.offset;
  const isMoved = piece.offset + piece.length > insertedAt && isAt(piece.offset + shift);
  return isMoved ? piece.offset + shift : -1;
}
