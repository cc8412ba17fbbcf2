import test from 'ava';
import fc from 'fast-check';
import { MemorySource } from '../../../src/engine/bytes/byte-source.js';
import { readI32, writeU32 } from '../../../src/engine/bytes/halves.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { checkOrderedMap } from '../../../src/engine/rkyv/ordered-map/ordered-map-check.js';
import {
  INNER_BYTES,
  LEAF_BYTES,
  MAP_LAYOUT,
  NODE,
  VERSIONED_MAP_LAYOUT,
} from '../../../src/engine/rkyv/ordered-map/ordered-map-format.js';
import { OrderedMapReader } from '../../../src/engine/rkyv/ordered-map/ordered-map-reader.js';
import { arbitraryChanges, mutate } from './arbitrary-entries.js';
import { fixtureBytes } from './fixture-records.js';
import { MovingSource } from './moving-source.js';
import { archive, referenceEntries } from './reference-content.js';
import { archiveVersioned } from './versioned-map.js';

const PROBES = [new Uint8Array(), Uint8Array.of(0), Uint8Array.of(0, 0, 0x3d, 0xde), Uint8Array.of(0xff)];

/** Does all that a reader can do; fails on anything but damage, and on work out of proportion to the bytes. */
function exercise(map: Uint8Array, layout = MAP_LAYOUT): string | undefined {
  const source = new MovingSource(map);
  let reason: string | undefined;
  const attempt = (work: (reader: OrderedMapReader) => void) => {
    try {
      work(new OrderedMapReader(source, 0, map.length, layout));
    } catch (error) {
      if (!isStatelogError(error, 'DAMAGED')) throw error;
      reason ??= error.message;
    }
  };
  attempt((reader) => {
    if (reader.count * 16 > map.length) throw new Error('more entries than bytes');
  });
  attempt((reader) => checkOrderedMap(reader));
  attempt((reader) => {
    const cursor = reader.cursor();
    for (let isOn = cursor.last(); isOn; isOn = cursor.previous());
  });
  for (const probe of PROBES) {
    attempt((reader) => reader.find(probe));
    attempt((reader) => reader.cursor().seek(probe));
    attempt((reader) => reader.cursor().seekBefore(probe));
  }
  if (source.windows > 200 + map.length) throw new Error(`${source.windows} windows of ${map.length} bytes`);
  if (source.bytesShown > 10_000 + 40 * map.length) throw new Error(`${source.bytesShown} bytes shown`);
  return reason;
}

const SIZES = [0, 1, 2, 5, 6, 7, 20, 35, 36, 60, 220];
const maps = SIZES.map((count) => archive(referenceEntries(count)));
const versionedMaps = SIZES.map((count) =>
  archiveVersioned(referenceEntries(count).map((entry) => ({ ...entry, version: BigInt(entry.offset) }))),
);

test('whatever is done to a map, reading it ends, and throws nothing but damage', (t) => {
  const property = fc.property(fc.constantFrom(...maps), arbitraryChanges, (map, changes) => {
    exercise(mutate(map, changes));
  });
  t.notThrows(() => fc.assert(property, { numRuns: 10_000 }));
});

test('whatever is done to a map whose values have versions, reading it ends, in either layout', (t) => {
  const property = fc.property(fc.constantFrom(...versionedMaps), arbitraryChanges, (map, changes) => {
    const changed = mutate(map, changes);
    exercise(changed, VERSIONED_MAP_LAYOUT);
    exercise(changed, MAP_LAYOUT);
  });
  t.notThrows(() => fc.assert(property, { numRuns: 5000 }));
});

test('random bytes are no map, or one that ends', (t) => {
  const property = fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
    exercise(bytes);
    exercise(bytes.subarray(0, bytes.length & ~3));
  });
  t.notThrows(() => fc.assert(property, { numRuns: 3000 }));
});

test('every truncation of a fixture is damaged, or an end of the tree that ends', (t) => {
  const map = fixtureBytes('state-medium.idx').subarray(32);
  let damaged = 0;
  for (let length = 0; length < map.length; length++) {
    if (exercise(map.subarray(0, length)) !== undefined) damaged++;
  }
  t.true(damaged > map.length * 0.9, `${damaged} of ${map.length}`);
});

test('no flipped bit of a fixture throws anything but damage', (t) => {
  const map = fixtureBytes('state-medium.idx').subarray(32);
  let damaged = 0;
  for (let bit = 0; bit < map.length * 8; bit++) {
    const flipped = map.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    if (exercise(flipped) !== undefined) damaged++;
  }
  t.true(damaged > 5000, `${damaged}`);
});

/** A leaf of one empty key, then inner nodes all of whose children are the node before: 6^levels paths. */
function tower(levels: number, count: number): Uint8Array {
  const map = new Uint8Array(LEAF_BYTES + levels * INNER_BYTES + 8);
  const writePointers = (at: number, low: number) => {
    for (let slot = 0; slot < 5; slot++)
      writeU32(map, at + NODE.keys + slot * 8, low - (at + NODE.keys + slot * 8));
  };
  writePointers(0, 0);
  writeU32(map, NODE.entryCount, 1);
  let below = 0;
  let at = LEAF_BYTES;
  for (let level = 0; level < levels; level++, below = at, at += INNER_BYTES) {
    map[at] = 1;
    writePointers(at, at);
    for (let slot = 0; slot <= 5; slot++) {
      const field = at + NODE.children + slot * 4;
      writeU32(map, field, below - field);
    }
  }
  writeU32(map, at, below - at);
  writeU32(map, at + 4, count);
  return map;
}

test('a tree whose children are all one node is found out before its paths are counted', (t) => {
  for (const levels of [1, 5, 12]) {
    const map = tower(levels, Math.floor((LEAF_BYTES + levels * INNER_BYTES) / 16));
    exercise(map);
    const cursor = new OrderedMapReader(new MemorySource(map), 0, map.length).cursor();
    const walk = () => {
      for (let isOn = cursor.first(); isOn; isOn = cursor.next());
    };
    t.throws(walk, { code: 'DAMAGED', message: /out of bounds|deeper than/ });
  }
});

test('a count that the bytes cannot hold is refused before anything is read', (t) => {
  const map = archive(referenceEntries(100));
  for (const count of [0xffff_ffff, 0x7fff_ffff, Math.floor(map.length / 16) + 1]) {
    writeU32(map, map.length - 4, count);
    const error = t.throws(() => new OrderedMapReader(new MemorySource(map), 0, map.length));
    t.true(isStatelogError(error, 'DAMAGED'));
  }
});

test('a count that is not that of the entries is found by a walk over all, from either end', (t) => {
  for (const count of [99, 101]) {
    const map = archive(referenceEntries(100));
    writeU32(map, map.length - 4, count);
    for (const [start, step] of [
      ['first', 'next'],
      ['last', 'previous'],
    ] as const) {
      const cursor = new OrderedMapReader(new MemorySource(map), 0, map.length).cursor();
      const walk = () => {
        for (let isOn = cursor[start](); isOn; isOn = cursor[step]());
      };
      t.throws(walk, { code: 'DAMAGED', message: /claims/ });
      t.false(cursor.valid);
    }
  }
});

test('a walk that was turned round is not counted', (t) => {
  const cursor = new OrderedMapReader(new MemorySource(maps[6]!), 0, maps[6]!.length).cursor();
  t.true(cursor.first() && cursor.next() && cursor.previous() && !cursor.previous());
});

test('keys out of order are found by the check, where they are', (t) => {
  const map = archive(referenceEntries(3));
  const leafAt = map.length - 8 - LEAF_BYTES;
  const firstKeyAt = leafAt + NODE.keys + readI32(map, leafAt + NODE.keys);
  map[firstKeyAt] = 0xff;
  const error = t.throws(() => checkOrderedMap(new OrderedMapReader(new MemorySource(map), 0, map.length)));
  t.true(isStatelogError(error, 'DAMAGED'));
  t.like(error, { details: { class: 'index-mismatch', offset: leafAt } });
});

/** A map of five keys of which the first two bytes are 7; they lie at the start, 3 bytes each. */
function fiveKeys(): Uint8Array {
  return archive(
    [10, 20, 30, 40, 50].map((byte, index) => ({ key: Uint8Array.of(7, 7, byte), offset: index, length: 0 })),
  );
}

test('a key that a lookup only seems to find, since keys are out of order, is not returned', (t) => {
  const map = fiveKeys();
  // The third and the fifth key say that all between them begin with 7, 7; the fourth no longer does.
  map[9] = 9;
  const reader = new OrderedMapReader(new MemorySource(map), 0, map.length);
  t.throws(() => reader.find(Uint8Array.of(7, 7, 40)), { code: 'DAMAGED', message: /ascending/ });
});

test('a key that is there twice is found by the check', (t) => {
  const map = fiveKeys();
  map[5] = 10;
  const reader = new OrderedMapReader(new MemorySource(map), 0, map.length);
  t.throws(() => checkOrderedMap(reader), { code: 'DAMAGED', message: /ascending/ });
});

test('a walk refuses a node whose keys share bytes', (t) => {
  const map = fiveKeys();
  writeU32(map, map.length - 8 - LEAF_BYTES + NODE.keys + 4, 4);
  const cursor = new OrderedMapReader(new MemorySource(map), 0, map.length).cursor();
  t.throws(() => cursor.first(), { code: 'DAMAGED', message: /a key lies out of bounds/ });
});

test('a tree that is deeper than its entries need is refused on the way down', (t) => {
  const map = tower(12, 70);
  const reader = new OrderedMapReader(new MemorySource(map), 0, map.length);
  t.throws(() => reader.cursor().first(), { code: 'DAMAGED', message: /deeper/ });
  t.throws(() => reader.find(Uint8Array.of(1)), { code: 'DAMAGED', message: /deeper/ });
});

interface NodeDamage {
  readonly what: string;
  readonly field: number;
  readonly value: number;
  readonly reason: RegExp;
}

const LEAF_DAMAGES: readonly NodeDamage[] = [
  { what: 'of an unknown kind', field: NODE.kind, value: 2, reason: /unknown kind/ },
  { what: 'without entries', field: NODE.entryCount, value: 0, reason: /wrong number of entries/ },
  { what: 'with 6 entries', field: NODE.entryCount, value: 6, reason: /wrong number of entries/ },
  {
    what: 'whose key starts before the map',
    field: NODE.keys,
    value: -10_000,
    reason: /key lies out of bounds/,
  },
  { what: 'whose key reaches into it', field: NODE.keys + 4, value: 100, reason: /key lies out of bounds/ },
  {
    what: 'whose key is 4 GiB long',
    field: NODE.keys + 4,
    value: 0xffff_ffff,
    reason: /key lies out of bounds/,
  },
];

for (const { what, field, value, reason } of LEAF_DAMAGES) {
  test(`a leaf ${what} is damage`, (t) => {
    const map = archive(referenceEntries(3));
    writeU32(map, map.length - 8 - LEAF_BYTES + field, value);
    t.regex(exercise(map)!, reason);
  });
}

for (const { what, pointer } of [
  { what: 'itself', pointer: -NODE.children },
  { what: 'what lies behind it', pointer: 24 },
  { what: 'before the map', pointer: -100_000 },
  { what: 'a position that is not aligned', pointer: -INNER_BYTES - LEAF_BYTES - 1 },
]) {
  test(`an inner node whose first child is ${what} is damage`, (t) => {
    const map = archive(referenceEntries(35));
    writeU32(map, map.length - 8 - INNER_BYTES + NODE.children, pointer);
    t.regex(exercise(map)!, /out of bounds|not aligned/);
    const reader = new OrderedMapReader(new MemorySource(map), 0, map.length);
    t.throws(() => reader.find(new Uint8Array()), { code: 'DAMAGED' });
  });
}

test('a lookup does not follow a child that lies behind its parent', (t) => {
  const map = archive(referenceEntries(6 ** 3 - 1));
  const childOf = (at: number, slot: number) => {
    const field = at + NODE.children + slot * 4;
    return field + readI32(map, field);
  };
  const root = map.length - 8 - INNER_BYTES;
  const firstInner = childOf(root, 0);
  const laterLeaf = childOf(childOf(root, 1), 0);
  const field = firstInner + NODE.children;
  writeU32(map, field, laterLeaf - field);
  const reader = new OrderedMapReader(new MemorySource(map), 0, map.length);
  t.throws(() => reader.find(new Uint8Array()), { code: 'DAMAGED', message: /a node lies out of bounds/ });
});

test('the error says where the damage is in the source', (t) => {
  const map = archive(referenceEntries(3));
  const file = new Uint8Array(100 + map.length);
  file.set(map, 100);
  const leafAt = file.length - 8 - LEAF_BYTES;
  file[leafAt] = 9;
  const reader = new OrderedMapReader(new MemorySource(file), 100, map.length);
  const error = t.throws(() => reader.find(Uint8Array.of(1)));
  t.like(error, { code: 'DAMAGED', details: { class: 'index-mismatch', offset: leafAt } });
});
