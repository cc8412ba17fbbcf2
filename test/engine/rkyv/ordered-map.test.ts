import test from 'ava';
import fc from 'fast-check';
import { MemorySource } from '../../../src/engine/bytes/byte-source.js';
import { compareBytes } from '../../../src/engine/bytes/compare.js';
import { toHex } from '../../../src/engine/bytes/text/text.js';
import { checkOrderedMap } from '../../../src/engine/rkyv/ordered-map/ordered-map-check.js';
import {
  type OrderedMapCursor,
  OrderedMapReader,
} from '../../../src/engine/rkyv/ordered-map/ordered-map-reader.js';
import { OrderedMapWriter } from '../../../src/engine/rkyv/ordered-map/ordered-map-writer.js';
import { MovingSource } from './moving-source.js';
import { archive, type MapEntry, referenceEntries } from './reference-content.js';

function open(map: Uint8Array): OrderedMapReader {
  return new OrderedMapReader(new MemorySource(map), 0, map.length);
}

function entryAt(cursor: OrderedMapCursor): MapEntry | undefined {
  return cursor.valid ? { key: cursor.key, offset: cursor.offset, length: cursor.length } : undefined;
}

test('maps of 0 to 2,000 entries come back whole, forwards and backwards, and every key is found', (t) => {
  const all = referenceEntries(2000);
  for (let count = 0; count <= all.length; count++) {
    const reader = open(archive(all.slice(0, count)));
    const cursor = reader.cursor();
    let met = 0;
    for (let isOn = cursor.first(); isOn; isOn = cursor.next()) {
      const { key, offset, length } = all[met++]!;
      if (cursor.compareKey(key) !== 0 || cursor.offset !== offset || cursor.length !== length) t.fail();
      if (!reader.find(key) || reader.offset !== offset || reader.length !== length) t.fail();
    }
    if (met !== count || reader.count !== count) t.fail(`${met} of ${count} entries`);
    for (let isOn = cursor.last(); isOn; isOn = cursor.previous()) {
      met--;
      if (cursor.compareKey(all[met]!.key) !== 0 || cursor.offset !== all[met]!.offset) t.fail();
    }
    t.is(met, 0);
  }
});

test('a map of 100,000 entries is walked and searched', (t) => {
  const all = referenceEntries(100_000);
  const reader = open(archive(all));
  let met = 0;
  checkOrderedMap(reader, (cursor) => {
    if (cursor.offset !== all[met]!.offset) t.fail();
    met++;
  });
  t.is(met, all.length);
  for (let index = 0; index < all.length; index += 7) {
    const { key, offset } = all[index]!;
    if (!reader.find(key) || reader.offset !== offset) t.fail();
    const between = Uint8Array.of(...key, 0);
    if (reader.find(between)) t.fail();
  }
});

/** Keys with many shared prefixes; now and then one too long to be looked at with its node. */
const key = fc.oneof(
  { weight: 20, arbitrary: fc.uint8Array({ maxLength: 6, max: 2 }) },
  { weight: 5, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(3000), fc.nat(255)).map(([n, fill]) => new Uint8Array(n).fill(fill)),
  },
);

const sortedEntries = fc
  .uniqueArray(key, { maxLength: 120, selector: toHex })
  .map((keys) =>
    keys.sort(compareBytes).map((bytes, index) => ({ key: bytes, offset: index * 3, length: index })),
  );

test('seeking lands where a sorted list has it, and goes on from there in both directions', (t) => {
  const property = fc.property(
    sortedEntries,
    fc.array(key, { minLength: 1, maxLength: 10 }),
    (entries, wanted) => {
      const map = archive(entries);
      const reader = new OrderedMapReader(new MovingSource(map), 0, map.length);
      const cursor = reader.cursor();
      for (const probe of wanted) {
        const bound = entries.findIndex((entry) => compareBytes(entry.key, probe) >= 0);
        const at = bound < 0 ? entries.length : bound;
        const isThere = at < entries.length && compareBytes(entries[at]!.key, probe) === 0;
        t.is(reader.find(probe), isThere);
        if (isThere) t.deepEqual([reader.offset, reader.length], [at * 3, at]);

        t.is(cursor.seek(probe), at < entries.length);
        t.deepEqual(entryAt(cursor), entries[at]);
        if (cursor.next()) t.deepEqual(entryAt(cursor), entries[at + 1]);
        t.is(cursor.seekBefore(probe), at > 0);
        t.deepEqual(entryAt(cursor), entries[at - 1]);
        if (cursor.previous()) t.deepEqual(entryAt(cursor), entries[at - 2]);
      }
    },
  );
  fc.assert(property, { numRuns: 300 });
});

const move = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('next', 'previous') },
  { weight: 1, arbitrary: fc.constantFrom('first', 'last') },
  { weight: 1, arbitrary: key },
);

test('a cursor moves like an index into a sorted list, others at work on the same source beside it', (t) => {
  const property = fc.property(sortedEntries, fc.array(move, { maxLength: 60 }), (entries, moves) => {
    const map = archive(entries);
    const reader = new OrderedMapReader(new MovingSource(map), 0, map.length);
    const cursor = reader.cursor();
    const other = reader.cursor();
    let index = -1;
    for (const step of moves) {
      if (!other.next()) other.first();
      if (step === 'next') {
        cursor.next();
        if (index >= 0) index = index + 1 < entries.length ? index + 1 : -1;
      } else if (step === 'previous') {
        cursor.previous();
        if (index >= 0) index--;
      } else if (step === 'first' || step === 'last') {
        cursor[step]();
        index = step === 'first' ? Math.min(0, entries.length - 1) : entries.length - 1;
      } else {
        cursor.seek(step);
        index = entries.findIndex((entry) => compareBytes(entry.key, step) >= 0);
      }
      reader.find(entries[0]?.key ?? new Uint8Array());
      t.deepEqual(entryAt(cursor), entries[index]);
    }
  });
  fc.assert(property, { numRuns: 300 });
});

test('a key is copied, measured and compared where it lies', (t) => {
  const entries = referenceEntries(50);
  const cursor = open(archive(entries)).cursor();
  cursor.seek(entries[30]!.key);
  const into = new Uint8Array(30);
  t.is(cursor.copyKey(into, 3), entries[30]!.key.length);
  t.deepEqual(into.slice(3, 3 + cursor.keyLength), entries[30]!.key);
  t.true(cursor.compareKey(entries[29]!.key) > 0);
  t.true(cursor.compareKey(entries[31]!.key) < 0);
  t.is(cursor.compareKey(Uint8Array.of(9, ...entries[30]!.key, 9), 1, cursor.keyLength), 0);
});

test('a map may lie anywhere in its source', (t) => {
  const entries = referenceEntries(100);
  const map = archive(entries);
  const file = new Uint8Array(map.length + 50).fill(0xff);
  file.set(map, 33);
  const reader = new OrderedMapReader(new MemorySource(file), 33, map.length);
  for (const { key: wanted, offset } of entries) {
    t.true(reader.find(wanted));
    t.is(reader.offset, offset);
  }
  t.throws(() => new OrderedMapReader(new MemorySource(file), 60, map.length), { instanceOf: RangeError });
});

test('the writer hands on one block after the other, and keys longer than a block whole', (t) => {
  const lengths = [3, 70_000, 10, 200_000, 65_536];
  const entries = lengths.map((length, index) => ({
    key: new Uint8Array(length).fill(index),
    offset: 0xffff_ffff,
    length: 0xffff_ffff,
  }));
  const reader = open(archive(entries));
  const found: MapEntry[] = [];
  checkOrderedMap(reader, (cursor) => found.push(entryAt(cursor)!));
  t.deepEqual(found, entries);
});

test('the writer refuses keys that do not ascend, and numbers of entries that do not fit', (t) => {
  const one = Uint8Array.of(1);
  const start = (count: number) => {
    const writer = new OrderedMapWriter(count, () => undefined);
    if (count > 0) writer.add(one, 0, 0);
    return writer;
  };
  t.throws(() => start(2).add(one, 0, 0), { code: 'DAMAGED' });
  t.throws(() => start(2).add(Uint8Array.of(0, 5), 0, 0), { code: 'DAMAGED' });
  t.throws(() => start(2).add(new Uint8Array(), 0, 0), { code: 'DAMAGED' });
  t.throws(() => start(1).add(Uint8Array.of(2), 0, 0), { instanceOf: RangeError });
  t.throws(() => start(2).finish(), { instanceOf: RangeError });
  t.throws(() => start(0).add(one, 0, 0), { instanceOf: RangeError });
  t.throws(() => start(2).add(Uint8Array.of(2), -1, 0), { instanceOf: RangeError });
  t.throws(() => start(2).add(Uint8Array.of(2), 0, 2 ** 32), { instanceOf: RangeError });
  for (const count of [-1, 0.5, 2 ** 32]) {
    t.throws(() => new OrderedMapWriter(count, () => undefined), { instanceOf: RangeError });
  }
  const finished = start(1);
  finished.finish();
  t.throws(() => finished.finish(), { instanceOf: RangeError });
});

test('a cursor that was never placed is on no entry', (t) => {
  const cursor = open(archive(referenceEntries(3))).cursor();
  t.false(cursor.valid);
  t.false(cursor.next());
  t.false(cursor.previous());
});
