import test from 'ava';
import fc from 'fast-check';
import { MemorySource } from '../../../src/engine/bytes/byte-source.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { layoutLeft } from '../../../src/engine/repair/state/index-layout.js';
import { IndexWalk } from '../../../src/engine/repair/state/index-walk.js';
import { MAP_LAYOUT, VERSIONED_MAP_LAYOUT } from '../../../src/engine/rkyv/ordered-map/ordered-map-format.js';
import { layoutOfMap } from '../../../src/engine/rkyv/ordered-map/ordered-map-layout.js';
import { OrderedMapReader } from '../../../src/engine/rkyv/ordered-map/ordered-map-reader.js';
import { archive, type MapEntry } from '../rkyv/reference-content.js';
import {
  archiveVersioned,
  entriesPut,
  nodesOf,
  slotsOf,
  type VersionedEntry,
} from '../rkyv/versioned-map.js';

/* An index of LaminarDB 0.1 to 0.16 of which bytes were changed or cut: what is read of it, and what is salvaged. */

function text({ key, offset, length }: MapEntry): string {
  return `${Buffer.from(key).toString('hex')} ${offset}+${length}`;
}

/** What a reader shows of it, up to the first damage. */
function read(map: Uint8Array): string[] {
  const entries: string[] = [];
  try {
    const source = new MemorySource(map);
    const layout = layoutOfMap(source, 0, map.length);
    const cursor = new OrderedMapReader(source, 0, map.length, layout).cursor();
    for (let isOn = cursor.first(); isOn; isOn = cursor.next()) entries.push(text(cursor));
  } catch (error) {
    if (!isStatelogError(error, 'DAMAGED')) throw error;
  }
  return entries;
}

function salvaged(map: Uint8Array): string[] {
  const source = new MemorySource(map);
  const layout = layoutLeft(source);
  return layout === undefined ? [] : [...new IndexWalk(source, map.length, layout).entries()].map(text);
}

/** What may be said of a changed map: the entries that were written, and what the changed nodes say themselves. */
function allowed(entries: readonly MapEntry[], good: Uint8Array, changed: Uint8Array): Set<string> {
  const isTouched = (from: number, to: number): boolean =>
    Buffer.compare(good.subarray(from, to), changed.subarray(from, to)) !== 0;
  const touched = nodesOf(good).filter(({ keysAt, end }) => isTouched(keysAt, end));
  return new Set([...entries, ...touched.flatMap((node) => slotsOf(changed, node))].map(text));
}

/** Values of no more bytes than a node has entries, and keys that a few bytes of padding can pass for. */
const arbitraryEntries = fc
  .uniqueArray(fc.tuple(fc.uint8Array({ maxLength: 12 }), fc.nat(6)), {
    minLength: 1,
    maxLength: 60,
    selector: ([key]) => Buffer.from(key).toString('hex'),
  })
  .map((pairs) => entriesPut(pairs.sort(([one], [other]) => Buffer.compare(one, other))));

/** Positions count from the end, where the root is, or from the start. */
const arbitraryChanges = fc.array(
  fc.record({
    at: fc.oneof(fc.integer({ min: -170, max: -1 }), fc.nat(10_000)),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 1 }),
      fc.constantFrom(0, 1, 3, 5, 0x68, 0x78, 0x94, 0xa8, 0xff).map((byte) => Uint8Array.of(byte)),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 200 }).map((length) => new Uint8Array(length)),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

function change(
  map: Uint8Array,
  changes: readonly { readonly at: number; readonly bytes: Uint8Array }[],
): Uint8Array {
  const changed = map.slice();
  for (const { at, bytes } of changes) {
    const from = at < 0 ? Math.max(0, map.length + at) : at % map.length;
    changed.set(bytes.subarray(0, map.length - from), from);
  }
  return changed;
}

function numbered(count: number, length = 3): VersionedEntry[] {
  return entriesPut(
    Array.from({ length: count }, (_, index) => [
      Buffer.from(`key:${String(index).padStart(6, '0')}`),
      length,
    ]),
  );
}

for (const [what, look] of [
  ['read', read],
  ['salvaged', salvaged],
] as const) {
  test(`whatever bytes are changed, nothing is ${what} that was not written, but what the changed nodes say`, (t) => {
    const property = fc.property(arbitraryEntries, arbitraryChanges, (entries, changes) => {
      const good = archiveVersioned(entries);
      const changed = change(good, changes);
      const known = allowed(entries, good, changed);
      const invented = look(changed).filter((one) => !known.has(one));
      if (invented.length > 0) throw new Error(`invented: ${invented.join(', ')}`);
    });
    t.notThrows(() => fc.assert(property, { numRuns: 4000 }));
  });

  test(`wherever it is cut, nothing is ${what} that was not written`, (t) => {
    // Values of as many bytes as a leaf has entries most of all: there a node of the other layout has its count.
    for (const valueBytes of [0, 1, 2, 3, 4, 5, 6]) {
      for (const count of [1, 2, 3, 4, 5, 6, 7, 13, 40]) {
        const entries = numbered(count, valueBytes);
        const known = new Set(entries.map(text));
        for (const map of [archiveVersioned(entries), archive(entries)]) {
          for (let length = 0; length < map.length; length++) {
            const invented = look(map.slice(0, length)).filter((one) => !known.has(one));
            if (invented.length > 0)
              t.fail(`${count} keys, ${length} of ${map.length} bytes: ${invented.join(', ')}`);
          }
        }
      }
    }
    t.pass();
  });
}

test('where the end is cut off, all nodes that are left are found again, if there are two to tell the layout by', (t) => {
  const entries = numbered(200);
  const map = archiveVersioned(entries);
  const nodes = nodesOf(map);
  for (let length = 0; length < map.length; length += 1) {
    const whole = nodes.filter(({ end }) => end <= length);
    if (whole.length < 2) continue;
    const leaves = whole.flatMap((node) => slotsOf(map, node)).filter(({ key }) => key.length === 10);
    const found = new Set(salvaged(map.slice(0, length)));
    for (const one of leaves.map(text)) if (!found.has(one)) t.fail(`${one} of ${length} bytes is not found`);
  }
  t.pass();
});

test('a reference that was damaged costs nothing', (t) => {
  for (const count of [1, 2, 3, 5, 6, 7, 80]) {
    const entries = numbered(count, 7);
    for (const map of [archiveVersioned(entries), archive(entries)]) {
      for (const pointer of [-88, -108, -136, -152, 0, 1, -400, 0x7fff_ffff]) {
        const changed = map.slice();
        new DataView(changed.buffer).setInt32(map.length - 8, pointer, true);
        t.deepEqual(salvaged(changed), entries.map(text), `${count} keys, pointer ${pointer}`);
      }
      for (const claimed of [0, 3, 4, 100, 0xffff_ffff]) {
        const changed = map.slice();
        new DataView(changed.buffer).setUint32(map.length - 4, claimed, true);
        t.deepEqual(salvaged(changed), entries.map(text), `${count} keys, ${claimed} claimed`);
      }
    }
  }
});

test('where the root is gone with the reference, the nodes that are left tell the layout', (t) => {
  for (const [archived, layout] of [
    [archiveVersioned(numbered(80)), VERSIONED_MAP_LAYOUT],
    [archive(numbered(80)), MAP_LAYOUT],
  ] as const) {
    const map = archived.slice().fill(0xa5, archived.length - 300);
    t.is(layoutLeft(new MemorySource(map)), layout);
    t.true(salvaged(map).length >= 60);
  }
});
