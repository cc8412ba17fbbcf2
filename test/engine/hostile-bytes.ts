import { writeU32 } from '../../src/engine/bytes/halves.js';
import { toUtf8 } from '../../src/engine/bytes/text/text.js';
import { SeededRandom } from '../simulated-disk/seeded-random.js';

const SEED = 11;
const HUGE = 2 ** 31;
const LINE = toUtf8(
  '2026-01-01T00:00:00Z a line of text, as programs write them to their logs: nothing of ours\n',
);

/** Bytes of no format at all, so many, by what is in them: for readers of any. */
export const HOSTILE_BYTES: Readonly<Record<string, (size: number) => Uint8Array>> = {
  'random bytes': randomBytes,
  'all zeros': (size) => new Uint8Array(size),
  'all ff': (size) => new Uint8Array(size).fill(0xff),
  'lengths of 2^31': (size) => {
    const bytes = new Uint8Array(size & ~3);
    for (let at = 0; at < bytes.length; at += 4) writeU32(bytes, at, HUGE);
    return bytes;
  },
  'lines of text': (size) => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += LINE.length) bytes.set(LINE.subarray(0, size - at), at);
    return bytes;
  },
  'one byte that all lengths and tags may be': (size) => new Uint8Array(size).fill(1),
};

/** A megabyte of them, as often as it goes: to make more takes longer than to read them. */
function randomBytes(size: number): Uint8Array {
  const piece = new SeededRandom(SEED).fill(new Uint8Array(Math.min(size, 2 ** 20 + 1)));
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += piece.length) bytes.set(piece.subarray(0, size - at), at);
  return bytes;
}
