import type { SeededRandom } from '../../simulated-disk/seeded-random.js';

/** Lengths at which decoders go wrong. */
const EDGES = [0, 1, 7, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const BLOCKS = [64, 512, 4096];
const BURST_BYTES_MAX = 8;

/**
 * A copy of `seed` with one to three faults: a flipped bit, a burst, a cut, an edge length, something spliced in or
 * appended, a block zeroed, doubled, swapped, or from another input.
 */
export function mutate(seed: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  let bytes: Uint8Array = seed.slice();
  for (let faults = 1 + random.below(3); faults > 0; faults--) bytes = mutateOnce(bytes, other, random);
  return bytes;
}

function mutateOnce(bytes: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.below(Math.max(bytes.length, 1));
  switch (random.below(10)) {
    case 0:
    case 1:
      if (bytes.length > 0) bytes[at]! ^= 1 << random.below(8);
      return bytes;
    case 2:
      writeBurst(bytes, at, random);
      return bytes;
    case 3:
      return bytes.subarray(0, at);
    case 4:
      writeEdge(bytes, at, random);
      return bytes;
    case 5:
      return joined(bytes.subarray(0, at), part(other, random), bytes.subarray(at));
    case 6:
      return joined(bytes, part(other, random));
    case 7:
      return joined(bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + random.below(64))));
    default:
      moveBlock(bytes, at, other, random);
      return bytes;
  }
}

function writeBurst(bytes: Uint8Array, at: number, random: SeededRandom): void {
  const end = at + 2 + random.below(BURST_BYTES_MAX - 1);
  for (let index = at; index < end; index++) bytes[index] = random.below(256);
}

/** A length at the edge, or just past the end of what follows. */
function writeEdge(bytes: Uint8Array, at: number, random: SeededRandom): void {
  const chosen = random.below(EDGES.length + 2);
  const value = EDGES[chosen] ?? bytes.length - at + chosen - EDGES.length;
  const size = random.below(3) === 0 ? 8 : 4;
  for (let index = 0; index < size; index++) bytes[at + index] = index < 4 ? value >>> (8 * index) : 0;
}

function moveBlock(bytes: Uint8Array, at: number, other: Uint8Array, random: SeededRandom): void {
  const size = Math.min(BLOCKS[random.below(BLOCKS.length)]!, bytes.length);
  const from = Math.min(at, bytes.length - size);
  const to = random.below(bytes.length - size + 1);
  const block = bytes.slice(from, from + size);
  switch (random.below(4)) {
    case 0:
      bytes.fill(0, from, from + size);
      return;
    case 1:
      bytes.set(block, to);
      return;
    case 2:
      bytes.copyWithin(from, to, to + size);
      bytes.set(block, to);
      return;
    default:
      bytes.set(other.subarray(0, size), from);
  }
}

function part(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const from = random.below(bytes.length + 1);
  return bytes.subarray(from, from + random.below(100));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
