import test from 'ava';
import fc from 'fast-check';
import { MemorySource } from '../../../src/engine/bytes/byte-source.js';
import { checkOrderedMap } from '../../../src/engine/rkyv/ordered-map/ordered-map-check.js';
import {
  MAP_LAYOUT,
  type MapLayout,
  VERSIONED_MAP_LAYOUT,
} from '../../../src/engine/rkyv/ordered-map/ordered-map-format.js';
import { layoutOfMap, readMapEnd } from '../../../src/engine/rkyv/ordered-map/ordered-map-layout.js';
import { OrderedMapReader } from '../../../src/engine/rkyv/ordered-map/ordered-map-reader.js';
import { fixtureBytes } from './fixture-records.js';
import { MovingSource } from './moving-source.js';
import { archive, type MapEntry } from './reference-content.js';
import { archiveVersioned, entriesPut, type VersionedEntry } from './versioned-map.js';

const HEADER_BYTES = 32;
const FIXTURE_COUNTS = [0, 1, 2, 5, 6, 7, 80, 2000];

function oldMap(count: number): Uint8Array {
  return fixtureBytes(`laminar-0.16/old-${count}.idx`).slice(HEADER_BYTES);
}

/** What `old-N` of the fixtures holds. */
function oldEntries(count: number): VersionedEntry[] {
  return entriesPut(
    Array.from({ length: count }, (_, index) => [
      Buffer.from(`key:${String(index).padStart(6, '0')}`),
      `value-${index}`.length,
    ]),
  );
}

function layoutOf(map: Uint8Array): MapLayout {
  return layoutOfMap(new MovingSource(map), 0, map.length);
}

function entriesOf(map: Uint8Array, layout = layoutOf(map)): MapEntry[] {
  const entries: MapEntry[] = [];
  checkOrderedMap(new OrderedMapReader(new MovingSource(map), 0, map.length, layout), (cursor) => {
    entries.push({ key: cursor.key, offset: cursor.offset, length: cursor.length });
  });
  return entries;
}

function plain(entries: readonly MapEntry[]): string[] {
  return entries.map(({ key, offset, length }) => `${Buffer.from(key).toString('hex')} ${offset}+${length}`);
}

/** Short keys and values most of all: whose lengths look like counts of entries, and pad to the same places. */
const arbitraryEntries = fc
  .uniqueArray(fc.tuple(fc.uint8Array({ maxLength: 9 }), fc.nat(6)), {
    maxLength: 50,
    selector: ([key]) => Buffer.from(key).toString('hex'),
  })
  .map((pairs) => entriesPut(pairs.sort(([one], [other]) => Buffer.compare(one, other))));

for (const count of FIXTURE_COUNTS) {
  test(`the index of LaminarDB 0.16 with ${count} keys is read, and written by the tests, as it is`, (t) => {
    const map = oldMap(count);
    t.is(layoutOf(map), count === 0 ? MAP_LAYOUT : VERSIONED_MAP_LAYOUT);
    t.deepEqual(plain(entriesOf(map)), plain(oldEntries(count)));
    t.deepEqual(archiveVersioned(oldEntries(count)), map);
    const reader = new OrderedMapReader(new MemorySource(map), 0, map.length, layoutOf(map));
    for (const { key, offset, length } of oldEntries(count)) {
      t.true(reader.find(key));
      t.deepEqual([reader.offset, reader.length], [offset, length]);
    }
    t.false(reader.find(Buffer.from('key:x')));
  });
}

for (const name of ['one', 'small', 'medium', 'large']) {
  test(`the ${name} index of LaminarDB 0.18 has today's layout`, (t) => {
    t.is(layoutOf(fixtureBytes(`state-${name}.idx`).slice(HEADER_BYTES)), MAP_LAYOUT);
  });
}

test('whatever the keys and values are, a whole map is taken for what it is, and read so', (t) => {
  const property = fc.property(arbitraryEntries, (entries) => {
    const [today, versioned] = [archive(entries), archiveVersioned(entries)];
    t.is(layoutOf(today), MAP_LAYOUT);
    t.is(layoutOf(versioned), entries.length === 0 ? MAP_LAYOUT : VERSIONED_MAP_LAYOUT);
    t.deepEqual(plain(entriesOf(versioned)), plain(entries));
    t.deepEqual(plain(entriesOf(today)), plain(entries));
  });
  t.notThrows(() => fc.assert(property, { numRuns: 500 }));
});

test('a tree that is whole in both layouts, with other values, is of the one that its root ends as', (t) => {
  // The third value's length lies where a leaf of today has its number of entries.
  const entries = entriesPut(['a', 'b', 'c'].map((key) => [Buffer.from(key), 3]));
  const map = archiveVersioned(entries);
  const mistaken = entriesOf(map, MAP_LAYOUT);
  t.is(mistaken.length, 3);
  t.notDeepEqual(plain(mistaken), plain(entries));
  t.is(layoutOf(map), VERSIONED_MAP_LAYOUT);
});

test('a key made to look like a root of the other layout does not change what an index of today is', (t) => {
  const decoy = Buffer.alloc(48);
  decoy.writeInt32LE(-5, 4);
  decoy.writeUInt32LE(1, 8);
  const keys = ['a', 'b', 'c', 'd'].map((key) => Buffer.from(key));
  const map = archive(
    entriesPut([...keys, Buffer.concat([Buffer.from('zzzz'), decoy])].map((key) => [key, 1])),
  );
  t.is(layoutOf(map), MAP_LAYOUT);
  map.fill(0xaa, map.length - 8);
  t.is(readMapEnd(new MemorySource(map), 0, map.length).layout, MAP_LAYOUT);
});

test('whichever byte of either is changed, a map is never taken for one of the other layout', (t) => {
  for (const count of [1, 2, 3, 5, 6, 7, 40]) {
    const entries = entriesPut(oldEntries(count).map(({ key }, index) => [key, index % 6]));
    for (const [map, layout] of [
      [archive(entries), MAP_LAYOUT],
      [archiveVersioned(entries), VERSIONED_MAP_LAYOUT],
    ] as const) {
      for (let at = Math.max(0, map.length - 300); at < map.length; at++) {
        for (const change of [1, 2, 4, 8, 16, 32, 64, 128, 0xff, 0x68 ^ 0x94, 0xa8 ^ 0x78]) {
          const changed = map.slice();
          changed[at]! ^= change;
          t.is(
            readMapEnd(new MemorySource(changed), 0, map.length).layout,
            layout,
            `${count} keys, byte ${at}`,
          );
        }
      }
    }
  }
});

test('what was cut off is damage, and no empty map', (t) => {
  for (const count of [1, 2, 3, 5, 6, 7, 80]) {
    for (const map of [
      oldMap(count === 3 ? 2 : count),
      archiveVersioned(oldEntries(count)),
      archive(oldEntries(count)),
    ]) {
      for (let length = 8; length < map.length; length++) {
        const cut = map.subarray(0, length);
        t.throws(() => entriesOf(cut), { code: 'DAMAGED' }, `${length} of ${map.length} bytes`);
      }
    }
  }
});

test('an end that is of no layout is damage at the end', (t) => {
  const map = archiveVersioned(oldEntries(7));
  const broken = map.slice().fill(0xaa, map.length - 160);
  const error = t.throws(() => layoutOf(broken));
  t.like(error, { code: 'DAMAGED', details: { class: 'index-mismatch', offset: map.length - 8 } });
  t.regex(error.message, /neither as one of LaminarDB 0.1 to 0.16 does nor as a later/);
});
