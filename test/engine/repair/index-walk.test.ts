import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { MemorySource, viewOf, type ByteSource } from '../../../src/engine/bytes/byte-source.js';
import { StatelogError } from '../../../src/engine/errors.js';
import { IndexWalk } from '../../../src/engine/repair/state/index-walk.js';
import { OrderedMapReader } from '../../../src/engine/rkyv/ordered-map/ordered-map-reader.js';
import { fixturePath } from '../../support/fixtures.js';

const HEADER_BYTES = 32;
const PAGE_BYTES = 4096;

function mapOf(fixture: string): Uint8Array {
  return new Uint8Array(readFileSync(fixturePath(fixture)).subarray(HEADER_BYTES));
}

function named(walk: IndexWalk): string[] {
  return [...walk.entries()].map(
    ({ key, offset, length, isUnplaced }) =>
      `${Buffer.from(key).toString('hex')} ${isUnplaced === true ? 'somewhere' : `${offset}+${length}`}`,
  );
}

function expected(map: Uint8Array): string[] {
  const cursor = new OrderedMapReader(new MemorySource(map), 0, map.length).cursor();
  const entries: string[] = [];
  for (let isOn = cursor.first(); isOn; isOn = cursor.next()) {
    entries.push(`${Buffer.from(cursor.key).toString('hex')} ${cursor.offset}+${cursor.length}`);
  }
  return entries;
}

/** Bytes of which some pages cannot be read; it counts how often it is asked. */
class SpoiltSource implements ByteSource {
  readonly length: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at = 0;
  windows = 0;
  readonly #bad: ReadonlySet<number>;

  constructor(bytes: Uint8Array, bad: Iterable<number>) {
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.length = bytes.length;
    this.#bad = new Set(bad);
  }

  window(offset: number, length: number): void {
    this.windows += 1;
    if (offset < 0 || offset + length > this.length) throw new RangeError('past the end');
    const last = Math.max(offset, offset + length - 1);
    for (let page = Math.floor(offset / PAGE_BYTES); page * PAGE_BYTES <= last; page++) {
      if (this.#bad.has(page)) throw new StatelogError('DAMAGED', 'a page', { class: 'index-mismatch' });
    }
    this.at = offset;
  }
}

test('a whole map is walked like any other', (t) => {
  for (const size of ['empty', 'one', 'small', 'medium', 'large']) {
    const map = mapOf(`state-${size}.idx`);
    const walk = new IndexWalk(new MemorySource(map), map.length);
    t.deepEqual(named(walk), expected(map), size);
    t.is(walk.count, expected(map).length);
    t.is(walk.holes, 0);
  }
});

test('whichever pages are gone, what lies wholly in the others is named, in order, and nothing else is', (t) => {
  const map = mapOf('state-large.idx');
  const all = expected(map);
  const placeOf = new Map(
    all.flatMap((one, place) => [one, one.split(' ')[0]!].map((name) => [name, place])),
  );
  const pages = Math.ceil(map.length / PAGE_BYTES);
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: pages - 1 }), { maxLength: 6 }), (bad) => {
      const source = new SpoiltSource(map, bad);
      const found = named(new IndexWalk(source, map.length));
      const places = found.map((one) => placeOf.get(one.replace(' somewhere', '')) ?? -1);
      if (places.some((place, index) => place < 0 || place <= (places[index - 1] ?? -1))) return false;
      // A page holds some thirty-five nodes of at most five entries, and others may lie across its ends.
      return found.length >= all.length - bad.length * 200;
    }),
    { numRuns: 60 },
  );
  t.pass();
});

/** The bytes that name each entry: its node's kind and pointers to keys, and the keys up to the node. */
function namingBytes(
  map: Uint8Array,
): { readonly name: string; readonly from: number; readonly to: number }[] {
  const view = viewOf(map);
  const i32 = (at: number): number => at + view.getInt32(at, true);
  const u32 = (at: number): number => view.getUint32(at, true);
  const entriesOf = (at: number): { readonly name: string; readonly from: number; readonly to: number }[] => {
    const isInner = map[at] === 1;
    const slots = Array.from({ length: isInner ? 5 : u32(at + 84) }, (_, slot) => slot);
    const own = slots.map((slot) => {
      const keyAt = i32(at + 4 + slot * 8);
      const name = Buffer.from(map.subarray(keyAt, keyAt + u32(at + 8 + slot * 8))).toString('hex');
      return { name, from: i32(at + 4), to: at + 44 };
    });
    const child = (slot: number): ReturnType<typeof entriesOf> => {
      const field = at + 84 + slot * 4;
      return isInner && u32(field) !== 1 ? entriesOf(i32(field)) : [];
    };
    return [...slots.flatMap((slot) => [...child(slot), own[slot]!]), ...child(5)];
  };
  return entriesOf(i32(map.length - 8));
}

test('wherever a foreign sector lies in an index, each entry whose key and whose node is told by what is left is named', (t) => {
  const map = mapOf('state-large.idx');
  const entries = namingBytes(map);
  t.is(entries.length, expected(map).length);
  const foreign = readFileSync(fixturePath('state-large.db')).subarray(4096, 4096 + 512);
  for (let sector = 480; sector + 512 < map.length - 200; sector += 3 * 512 + 4) {
    const bytes = map.slice();
    bytes.set(foreign, sector);
    const names = new Set(
      named(new IndexWalk(new MemorySource(bytes), bytes.length)).map((one) => one.split(' ')[0]),
    );
    const missed = entries.filter(
      ({ name, from, to }) => (to <= sector || from >= sector + 512) && !names.has(name),
    );
    t.deepEqual(missed, [], `sector at ${sector}`);
  }
});

test('bytes made to mislead are neither followed for ever nor into an error', (t) => {
  const map = mapOf('state-medium.idx');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(map.length - 1), fc.nat(255)), { minLength: 1, maxLength: 40 }),
      (changes) => {
        const bytes = map.slice();
        for (const [at, value] of changes) bytes[at] = value;
        const source = new SpoiltSource(bytes, []);
        named(new IndexWalk(source, bytes.length));
        return source.windows <= 200_000 + 8 * bytes.length;
      },
    ),
    { numRuns: 300 },
  );
  t.pass();
});
