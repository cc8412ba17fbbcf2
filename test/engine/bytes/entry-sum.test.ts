import test from 'ava';
import fc from 'fast-check';
import { EntrySum } from '../../../src/engine/bytes/hash/entry-sum.js';

const bytes = fc.uint8Array({ maxLength: 6 });
const entry = fc.tuple(bytes, fc.oneof(bytes, fc.uint8Array({ minLength: 4090, maxLength: 4100 })), bytes);
type Entry = readonly [key: Uint8Array, value: Uint8Array, version: Uint8Array];

function sumOf(entries: readonly Entry[]): string {
  const sum = new EntrySum();
  for (const [key, value, version] of entries) sum.add(key, value, version);
  return `${sum.keys} ${sum.hex()}`;
}

test('a sum is that of what is there, however it came to be', (t) => {
  fc.assert(
    fc.property(fc.array(entry), fc.array(entry), fc.array(entry), (stay, go, come) => {
      const before = new EntrySum();
      for (const [key, value, version] of [...go, ...stay]) before.add(key, value, version);
      const sum = new EntrySum({ keys: before.keys, sum: before.hex() });
      for (const [key, value, version] of go) sum.remove(key, value, version);
      const more = new EntrySum();
      for (const [key, value, version] of [...come].reverse()) more.add(key, value, version);
      sum.addAll(more);
      t.is(`${sum.keys} ${sum.hex()}`, sumOf([...come, ...stay]));
    }),
  );
});

test('what differs by a byte, or by where one part ends, has another sum', (t) => {
  const part = (text: string): Uint8Array => Buffer.from(text);
  const sums = [
    ['ab', 'c', 'd'],
    ['a', 'bc', 'd'],
    ['ab', 'cd', ''],
    ['abc', '', 'd'],
    ['ab', 'x', 'd'],
  ].map(([key, value, version]) => sumOf([[part(key!), part(value!), part(version!)]]));
  t.is(new Set(sums).size, sums.length);
  t.is(sumOf([]), `0 ${'0'.repeat(64)}`);
});
