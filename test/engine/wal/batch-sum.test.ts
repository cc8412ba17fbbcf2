import test from 'ava';
import fc from 'fast-check';
import { crc32c } from '../../../src/engine/bytes/crc/checksum.js';
import { readU32, writeU32 } from '../../../src/engine/bytes/halves.js';
import { checksumRecords, SumsAhead } from '../../../src/engine/wal/sums/batch-sum.js';
import { BATCH_SUM_CODE } from '../../../src/engine/wal/sums/batch-sum-code.js';
import { batchSumCode } from '../../../scripts/batch-sum/instructions.mjs';

/** Lengths that a batch takes together, those it leaves to native code, and all of them many times over. */
const lengths = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 8, max: 60 }).map((words) => words * 8) },
    { weight: 1, arbitrary: fc.constantFrom(1016, 1024, 1032, 5000, 70_000) },
  ),
  { maxLength: 400 },
);

function recordsOf(sizes: readonly number[], seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + 8 + size, 0));
  let random = seed;
  for (let at = 0; at < bytes.length; at++) {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = random >>> 16;
  }
  let at = 0;
  for (const size of sizes) {
    writeU32(bytes, at, size);
    at += 8 + size;
  }
  return bytes;
}

test('all records of a batch get the crc32c of their data', (t) => {
  fc.assert(
    fc.property(lengths, fc.nat(), (sizes, seed) => {
      const bytes = recordsOf(sizes, seed);
      checksumRecords({ bytes, words: new Int32Array(bytes.buffer) }, 0, bytes.length);
      let at = 0;
      for (const size of sizes) {
        if (readU32(bytes, at + 4) !== crc32c(bytes, at + 8, at + 8 + size)) return false;
        at += 8 + size;
      }
      return true;
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('sums computed ahead are those of the records in turn, and of no others', (t) => {
  const sizes = Array.from({ length: 300 }, (_, index) => 64 + 8 * (index % 9));
  const bytes = recordsOf(sizes, 7);
  const ahead = new SumsAhead();
  let at = 0;
  let computedAhead = 0;
  for (const size of sizes) {
    const isThere = ahead.has(at, 1) || ahead.fill(bytes, at, bytes.length, at, 1);
    if (isThere) {
      computedAhead += 1;
      t.is(ahead.take(8 + size), crc32c(bytes, at + 8, at + 8 + size));
    }
    at += 8 + size;
  }
  t.true(computedAhead > 280);
  t.true(ahead.fill(bytes, 0, bytes.length, 0, 1));
  t.false(ahead.has(0, 2), 'the window moved');
  t.false(ahead.fill(bytes, 0, bytes.length, 0, 1), 'what lies behind damage is summed one by one at first');
  const other = new SumsAhead();
  t.true(other.fill(bytes, 0, bytes.length, 0, 1));
  t.false(other.has(8, 1), 'another position');
});

test('a length that no record has ends a batch', (t) => {
  const bytes = recordsOf([64, 64, 64, 600, 64], 3);
  const bad = 2 * 72;
  for (const length of [0, 56, 65, 2000, 2 ** 31, 2 ** 32 - 1]) {
    writeU32(bytes, bad, length);
    const ahead = new SumsAhead();
    t.true(ahead.fill(bytes, 0, bytes.length, 0, 1));
    t.is(ahead.take(72), crc32c(bytes, 8, 72));
    t.is(ahead.take(72), crc32c(bytes, 80, 144));
    t.false(ahead.has(bad, 1));
  }
});

test('the WebAssembly that is checked in is the one that its instructions make', (t) => {
  t.is(BATCH_SUM_CODE, Buffer.from(batchSumCode()).toString('base64'));
});
