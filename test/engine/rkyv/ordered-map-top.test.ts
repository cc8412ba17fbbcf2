import test from 'ava';
import { MemorySource } from '../../../src/engine/bytes/byte-source.js';
import { OrderedMapReader } from '../../../src/engine/rkyv/ordered-map/ordered-map-reader.js';
import { OrderedMapWriter } from '../../../src/engine/rkyv/ordered-map/ordered-map-writer.js';
import { MovingSource } from './moving-source.js';

/** More than five full levels hold. */
const COUNT = 9000;
/** Beside one key of so many, absent ones are looked for. */
const NEAR_EACH = 5;

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

function mapOf(keys: readonly string[]): Uint8Array {
  const blocks: Uint8Array[] = [];
  const writer = new OrderedMapWriter(keys.length, (block) => blocks.push(block.slice()));
  for (const [index, key] of keys.entries()) writer.add(bytes(key), index, 2 * index);
  writer.finish();
  return new Uint8Array(Buffer.concat(blocks));
}

function readerOf(map: Uint8Array): { source: MovingSource; reader: OrderedMapReader } {
  const source = new MovingSource(map);
  return { source, reader: new OrderedMapReader(source, 0, map.length) };
}

const numbered = (head: string, length: number) =>
  Array.from({ length: COUNT }, (_, index) => head + String(index).padStart(length, '0'));

const sets: readonly [string, readonly string[]][] = [
  ['that differ in few bytes', numbered('user:', 9)],
  [
    'that differ only behind what is compared as a number',
    numbered('', 5).map((key) => key[0]! + 'x'.repeat(20) + key),
  ],
  [
    'that begin one another',
    Array.from({ length: COUNT }, (_, index) => '\0'.repeat(index % 90) + String(index)),
  ],
  ['of one byte repeated', Array.from({ length: COUNT }, (_, length) => '\0'.repeat(length))],
  [
    'without a common beginning',
    Array.from({ length: COUNT }, (_, index) => {
      const number = Math.imul(index, 0x9e37_79b1) >>> 0;
      return String.fromCharCode(number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255);
    }),
  ],
];

for (const [title, unsorted] of sets) {
  test(`with the top in memory, keys ${title} are found as without`, (t) => {
    const keys = [...unsorted].sort((a, b) => (a < b ? -1 : 1));
    const map = mapOf(keys);
    const reader = new OrderedMapReader(new MemorySource(map), 0, map.length);
    const plain = new OrderedMapReader(new MemorySource(map), 0, map.length);
    reader.keepTop();
    for (const [index, key] of keys.entries()) {
      const buffer = bytes(`-${key}-`);
      if (!reader.findAt(buffer, 1, key.length)) return t.fail(`${index} is not found`);
      if (reader.offset !== index || reader.length !== 2 * index) return t.fail(`${index} is another`);
      if (index % NEAR_EACH !== 0) continue;
      for (const near of [`${key}\0`, key.slice(0, -1), `${key.slice(0, -1)}\xff\xff`]) {
        if (reader.find(bytes(near)) !== plain.find(bytes(near))) return t.fail(`${index}: ${near}`);
      }
    }
    for (const absent of ['', '\0\0\0\x01', '\xff\xff\xff\xff\xff']) {
      t.is(reader.find(bytes(absent)), plain.find(bytes(absent)));
    }
  });
}

test('a lookup then touches only what lies below the top', (t) => {
  const keys = numbered('user:', 9);
  const { reader, source } = readerOf(mapOf(keys));
  const windowsFor = (key: string): number => {
    const before = source.windows;
    reader.find(bytes(key));
    return source.windows - before;
  };
  const first = windowsFor(keys[0]!);
  reader.keepTop();
  t.true(first >= 12);
  t.true(windowsFor(keys[0]!) <= 2);
  t.is(windowsFor('a'), windowsFor(keys[0]!));
  t.is(windowsFor(keys[COUNT >> 1]!), 0);
});

test('a map that is no higher than the top is read as before', (t) => {
  const { reader, source } = readerOf(mapOf(numbered('k', 5).slice(0, 7775)));
  const before = source.windows;
  reader.keepTop();
  t.is(source.windows, before);
  t.true(reader.find(bytes('k07774')));
});

test('damage in the top is told to whoever comes to it, and to no one else', (t) => {
  const keys = numbered('user:', 9);
  const good = mapOf(keys);
  let gaveUp = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const map = good.slice();
    // Byte by byte from the end: the upper nodes lie all over the map, the root at its end.
    const at = seed <= 20 ? map.length - 8 - 6 * seed : (seed * 7919 * 31) % (map.length - 8);
    map[at] = map[at]! ^ (1 << (seed % 8));
    const outcome = (reader: OrderedMapReader, key: string): string => {
      try {
        return reader.find(bytes(key)) ? `${reader.offset} ${reader.length}` : 'absent';
      } catch (error) {
        return String(error);
      }
    };
    const plain = readerOf(map).reader;
    const { reader } = readerOf(map);
    reader.keepTop();
    for (let index = 0; index < COUNT; index += 37) {
      const expected = outcome(plain, keys[index]!);
      const found = outcome(reader, keys[index]!);
      if (expected.includes('damaged')) gaveUp++;
      else if (expected === `${index} ${2 * index}`) t.is(found, expected, `seed ${seed}, key ${index}`);
    }
  }
  t.true(gaveUp > 0);
});
