import test from 'ava';
import fc from 'fast-check';
import { freeCopy } from '../../../src/engine/bytes/free-copy.js';

test('a copy holds the same bytes, and stays as it is whatever is copied afterwards', (t) => {
  const inputs = fc.array(fc.uint8Array({ maxLength: 3000, size: 'max' }), { maxLength: 40 });
  const property = fc.property(inputs, (arrays) => {
    const copies = arrays.map((bytes) => freeCopy(bytes));
    return arrays.every((bytes, at) => Buffer.compare(bytes, copies[at]!) === 0);
  });
  t.notThrows(() => fc.assert(property, { numRuns: 200 }));
});

test('a copy of a Buffer is none of its memory', (t) => {
  for (const length of [1, 64, 65, 1000, 5000]) {
    const original = Buffer.alloc(length, 1);
    const copy = freeCopy(original);
    copy.fill(2);
    t.true(original.every((byte) => byte === 1));
    t.is(Object.getPrototypeOf(copy), Uint8Array.prototype);
  }
});
