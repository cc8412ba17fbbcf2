import type { ByteImage } from '../disk/byte-image.js';
import type { WriteEffect } from '../disk/effect.js';
import { SeededRandom } from '../seeded-random.js';

/**
 * What lies where the rest of a torn write should be: the file ends there (`missing`); it has
 * its new size and zeros; garbage; what was there before, and zeros where nothing was (`old`);
 * or, since blocks are reused, the bytes that come before it in the file (`repeated`).
 */
export type TornRest = 'missing' | 'zero' | 'garbage' | 'old' | 'repeated';

/** One way in which a write can be torn: this many bytes arrived, and then the rest. */
export interface Tear {
  readonly length: number;
  readonly rest: TornRest;
}

/** At which lengths writes are torn: everywhere, where it is likely to hurt, or not at all. */
export type TearLengths = 'all' | 'edges' | 'none' | ((write: WriteEffect) => readonly number[]);

const SECTOR_BYTES = 512;
const SECTOR_EDGES_MAX = 8;
const GARBAGE_BYTES = 64 * 1024;
const garbage = new SeededRandom(0x6a5b).fill(new Uint8Array(GARBAGE_BYTES));

/** The lengths at which to tear a write; 0 is a size that grew without its data. */
export function tearLengthsOf(write: WriteEffect, lengths: TearLengths): readonly number[] {
  const bytes = write.bytes.length;
  if (lengths === 'none') return [];
  if (lengths === 'all') return Array.from({ length: bytes }, (_, length) => length);
  if (typeof lengths === 'function') return lengths(write).filter((length) => length < bytes);
  const chosen = new Set([0, 1, bytes >>> 1, bytes - 1]);
  const firstSector = SECTOR_BYTES - (write.position % SECTOR_BYTES);
  for (let at = firstSector, edges = 0; at < bytes && edges < SECTOR_EDGES_MAX; edges += 1) {
    chosen.add(at);
    at += SECTOR_BYTES;
  }
  return [...chosen].filter((length) => length < bytes).sort((left, right) => left - right);
}

/** The rests that differ for a write torn at `length`, on a file that had `sizeBefore` bytes. */
export function differingRests(
  write: WriteEffect,
  length: number,
  sizeBefore: number,
  rests: readonly TornRest[],
): TornRest[] {
  const grows = write.position + write.bytes.length > sizeBefore;
  const overwrites = write.position + length < sizeBefore;
  return rests.filter((rest) => {
    // Nothing arrived and nothing grew: that is the image without this write.
    if (rest === 'missing') return length > 0;
    // Where all of the rest is new it equals `zero`; where none is, it equals `missing`.
    if (rest === 'old') return grows && overwrites;
    return true;
  });
}

/** The file with a torn write, from the file before it. */
export function applyTorn(before: ByteImage, write: WriteEffect, tear: Tear): ByteImage {
  const start = write.position + tear.length;
  const end = write.position + write.bytes.length;
  const image = before.copy(end);
  image.write(write.position, write.bytes, 0, tear.length);
  if (tear.rest === 'missing') return image;
  const oldEnd = image.size;
  if (end > oldEnd) image.resize(end);
  if (tear.rest === 'zero') {
    image.fill(0, start, end);
  } else if (tear.rest === 'garbage') {
    for (let at = start; at < end; at += GARBAGE_BYTES) {
      image.write(at, garbage, 0, Math.min(GARBAGE_BYTES, end - at));
    }
  } else if (tear.rest === 'repeated') {
    const from = Math.max(0, start - (end - start));
    image.write(start, image.bytes.slice(from, from + Math.min(end - start, start - from)));
  }
  return image;
}
