import test from 'ava';
import fc from 'fast-check';
import {
  compareBytes,
  compareRanges,
  equalBytes,
  prefixSuccessor,
  startsWithBytes,
} from '../../../src/engine/bytes/compare.js';

/** Few different bytes, so that shared prefixes are common. */
const key = fc
  .uint8Array({ maxLength: 11 })
  .map((bytes) => bytes.map((byte) => [0, 1, 0xfe, 0xff][byte & 3]!));

test('keys compare as Buffer.compare has it', (t) => {
  const property = fc.property(key, key, (a, b) => Math.sign(compareBytes(a, b)) === Buffer.compare(a, b));
  t.notThrows(() => fc.assert(property, { numRuns: 1000 }));
});

test('ranges compare like copies of them', (t) => {
  const property = fc.property(key, key, fc.nat(8), fc.nat(8), (a, b, skipA, skipB) => {
    const startA = Math.min(skipA, a.length);
    const startB = Math.min(skipB, b.length);
    const order = compareRanges(a, startA, a.length - startA, b, startB, b.length - startB);
    return Math.sign(order) === Buffer.compare(a.subarray(startA), b.subarray(startB));
  });
  t.notThrows(() => fc.assert(property));
});

test('equal bytes are equal, and one changed byte at any place tells', (t) => {
  for (const length of [0, 1, 127, 128, 129, 1000]) {
    const a = new Uint8Array(length).fill(7);
    t.true(equalBytes(a, a.slice()));
    t.false(equalBytes(a, new Uint8Array(length + 1).fill(7)));
    for (let at = 0; at < length; at += 37) {
      const b = a.slice();
      b[at] = 8;
      t.false(equalBytes(a, b), `length ${length}, byte ${at}`);
    }
  }
});

test('a key starts with its prefixes and with nothing else', (t) => {
  const property = fc.property(key, key, (bytes, prefix) => {
    const expected = Buffer.compare(bytes.subarray(0, prefix.length), prefix) === 0;
    return startsWithBytes(bytes, prefix) === expected;
  });
  t.notThrows(() => fc.assert(property, { numRuns: 1000 }));
});

test('a key is in the range from a prefix to its successor exactly if it starts with the prefix', (t) => {
  const property = fc.property(key, key, (prefix, candidate) => {
    const successor = prefixSuccessor(prefix);
    const isInRange =
      compareBytes(candidate, prefix) >= 0 &&
      (successor === undefined || compareBytes(candidate, successor) < 0);
    return isInRange === startsWithBytes(candidate, prefix);
  });
  t.notThrows(() => fc.assert(property, { numRuns: 2000 }));
});

test('only the empty prefix and those of 0xFF alone have no successor', (t) => {
  t.is(prefixSuccessor(new Uint8Array()), undefined);
  t.is(prefixSuccessor(Uint8Array.of(0xff, 0xff)), undefined);
  t.deepEqual(prefixSuccessor(Uint8Array.of(1, 0xff)), Uint8Array.of(2));
});

test('the successor of a Buffer leaves the Buffer as it is', (t) => {
  const prefix = Buffer.from([1, 2]);
  t.deepEqual([...prefixSuccessor(prefix)!], [1, 3]);
  t.deepEqual([...prefix], [1, 2]);
});
