import test from 'ava';
import { blake3Hex, createBlake3 } from '../../../src/engine/bytes/hash/blake3.js';
import { toHex } from '../../../src/engine/bytes/text/text.js';

// From the official test vectors: the input is 0, 1, 2 … 250, 0, 1 …
const VECTORS: readonly (readonly [number, string])[] = [
  [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
  [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
  [1024, '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7'],
];

const inputOf = (length: number) => Uint8Array.from({ length }, (_, index) => index % 251);

for (const [length, digest] of VECTORS) {
  test(`the digest of ${length} bytes is that of the official vector`, (t) => {
    t.is(blake3Hex(inputOf(length)), digest);
  });
}

test('a hash under way may be asked for its digest at any time, and goes on', (t) => {
  const hash = createBlake3();
  const input = inputOf(1024);
  hash.update(input.subarray(0, 1));
  t.is(hash.digestHex(), VECTORS[1]![1]);
  hash.update(input.subarray(1));
  t.is(hash.digestHex(), VECTORS[2]![1]);
  t.is(toHex(hash.digest()), VECTORS[2]![1]);
});

test('bytes may be reused once update has returned', (t) => {
  const hash = createBlake3();
  const block = inputOf(1024).slice();
  hash.update(block);
  block.fill(0);
  t.is(hash.digestHex(), VECTORS[2]![1]);
});
