import { MAP_BEFORE, MAP_BITS } from './node-layout.js';
import { mapRank, smallByte } from './node-search.js';

const MAP_GROUPS = 8;

/** Sets or clears a map's bit, and counts it in all groups after its own. */
export function setMapBit(words: Int32Array, at: number, byte: number, bit: 0 | 1): void {
  const group = byte >>> 5;
  const place = at + MAP_BITS + group;
  const mask = 1 << (byte & 31);
  words[place] = bit === 1 ? words[place]! | mask : words[place]! & ~mask;
  const step = bit === 1 ? 1 : -1;
  for (let after = group + 1; after < MAP_GROUPS; after++) {
    const counter = at + MAP_BEFORE + (after >>> 2);
    words[counter] = words[counter]! + (step << ((after & 3) << 3));
  }
}

/** The first byte from `from` on that has a bit in a map; there must be one. */
export function nextMapByte(words: Int32Array, at: number, from: number): number {
  let group = from >>> 5;
  let bits = words[at + MAP_BITS + group]! & (-1 << (from & 31));
  while (bits === 0) {
    group += 1;
    bits = words[at + MAP_BITS + group]!;
  }
  return (group << 5) + 31 - Math.clz32(bits & -bits);
}

/** The byte of a map's child number `index`. */
export function mapByte(words: Int32Array, at: number, index: number): number {
  let byte = nextMapByte(words, at, 0);
  while (mapRank(words, at, byte) < index) byte = nextMapByte(words, at, byte + 1);
  return byte;
}

/** Sets the byte of child number `index` of a pair, few or line. */
export function setSmallByte(words: Int32Array, at: number, index: number, byte: number): void {
  const place = at + 1 + (index >>> 2);
  const shift = (index & 3) << 3;
  words[place] = (words[place]! & ~(0xff << shift)) | (byte << shift);
}

/** Puts `byte` before the byte number `index`, moving those up to number `last - 1`. */
export function insertSmallByte(
  words: Int32Array,
  at: number,
  index: number,
  last: number,
  byte: number,
): void {
  for (let i = last; i > index; i--) setSmallByte(words, at, i, smallByte(words, at, i - 1));
  setSmallByte(words, at, index, byte);
}

/** Takes out byte number `index`, moving those up to number `last`. */
export function removeSmallByte(words: Int32Array, at: number, index: number, last: number): void {
  for (let i = index; i < last; i++) setSmallByte(words, at, i, smallByte(words, at, i + 1));
  setSmallByte(words, at, last, 0);
}
