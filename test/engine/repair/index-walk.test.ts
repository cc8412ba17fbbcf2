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
    ({ key, offset, length }) => `${Buffer.from(key).toString('hex')} ${offset}+${length}`,
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
  const pages = Math.ceil(map.length / PAGE_BYTES);
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: pages - 1 }), { maxLength: 6 }), (bad) => {
      const source = new SpoiltSource(map, bad);
      const found = named(new IndexWalk(source, map.length));
      const places = found.map((one) => all.indexOf(one));
      if (places.some((place, index) => place < 0 || place <= (places[index - 1] ?? -1))) return false;
      // A page holds some thirty-five nodes of at most five entries, and others may lie across its ends.
      return found.length >= all.length - bad.length * 200;
    }),
    { numRuns: 60 },
  );
  t.pass();
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
