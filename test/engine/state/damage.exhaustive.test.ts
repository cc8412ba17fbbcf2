import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { toHex } from '../../../src/engine/bytes/text/text.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { fixturePath } from '../../support/fixtures.js';

const PATH = '/state.db';
const INDEX_PATH = '/state.idx';
/** What damage may be called; nothing else may be thrown. */
const DAMAGE_CODES = ['DAMAGED', 'UNKNOWN_FORMAT', 'UNSUPPORTED_VERSION', 'NOT_FOUND'] as const;

interface Pair {
  readonly db: Uint8Array;
  readonly idx: Uint8Array;
}

function fileSystemOf({ db, idx }: Pair): SimulatedFileSystem {
  const disk = new SimulatedDisk();
  disk.plantFile(PATH, db);
  disk.plantFile(INDEX_PATH, idx);
  return new SimulatedFileSystem({ disk });
}

/** A pair that we wrote, with holes, an empty key, an empty value and an unsaved one. */
function ourPair(values: number, valueBytes: number): { readonly pair: Pair; readonly lines: string } {
  const fileSystem = new SimulatedFileSystem();
  const store = MmapStateStore.persistent(PATH, 0, { fileSystem });
  for (let key = 0; key < values; key += 1) {
    const value = Uint8Array.from({ length: valueBytes + key }, (_, at) => at * 7 + key);
    store.put(Buffer.from(key === 0 ? '' : `key ${key}`), value);
  }
  store.put(Buffer.from('key 1'), new Uint8Array(0));
  store.flush();
  const lines = linesOf(store);
  store.put(Buffer.from('unsaved'), Buffer.from('value'));
  store.close();
  const { disk } = fileSystem;
  return { pair: { db: disk.fileBytes(PATH), idx: disk.fileBytes(INDEX_PATH) }, lines };
}

function linesOf(store: MmapStateStore): string {
  return [...store.scan()].map(({ key, value }) => `${toHex(key)} ${toHex(value)}`).join('\n');
}

/** Reads everything in every way; undefined where that was refused as damage. */
function readAll(pair: Pair, open: (fileSystem: SimulatedFileSystem) => MmapStateStore): string | undefined {
  const fileSystem = fileSystemOf(pair);
  try {
    const store = open(fileSystem);
    const lines = linesOf(store);
    store.close();
    return lines;
  } catch (error) {
    if (DAMAGE_CODES.some((code) => isStatelogError(error, code))) return undefined;
    throw error;
  }
}

function openReadOnly(fileSystem: SimulatedFileSystem): MmapStateStore {
  return MmapStateStore.openReadOnly(PATH, { fileSystem });
}

function openPersistent(fileSystem: SimulatedFileSystem): MmapStateStore {
  return MmapStateStore.persistent(PATH, 0, { fileSystem });
}

/** Damages the pair in one way after the other: each is either noticed, or changes no answer. */
function everyDamageIsNoticed(
  t: ExecutionContext,
  lines: string,
  damages: Iterable<readonly [string, Pair]>,
): void {
  const counts = { noticed: 0, harmless: 0 };
  for (const [what, pair] of damages) {
    for (const open of [openReadOnly, openPersistent]) {
      const read = readAll(pair, open);
      if (read !== undefined && read !== lines)
        throw new Error(`${what}: wrong values were returned as good`);
      counts[read === undefined ? 'noticed' : 'harmless'] += 1;
    }
  }
  t.log(counts);
  t.true(counts.noticed > counts.harmless / 100);
}

function* flippedBits(pair: Pair): Generator<readonly [string, Pair]> {
  for (const name of ['db', 'idx'] as const) {
    for (let bit = 0; bit < 8 * pair[name].length; bit += 1) {
      const bytes = pair[name].slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      yield [`${name}, bit ${bit}`, { ...pair, [name]: bytes }];
    }
  }
}

function* cutShort(pair: Pair): Generator<readonly [string, Pair]> {
  for (const name of ['db', 'idx'] as const) {
    for (let length = 0; length < pair[name].length; length += 1) {
      yield [`${name}, ${length} bytes`, { ...pair, [name]: pair[name].slice(0, length) }];
    }
  }
}

test('every flipped bit of a pair with checksums is noticed, or changes nothing', (t) => {
  const { pair, lines } = ourPair(6, 20);
  everyDamageIsNoticed(t, lines, flippedBits(pair));
});

test('every length that a pair with checksums may be cut to is noticed, or changes nothing', (t) => {
  const { pair, lines } = ourPair(6, 20);
  everyDamageIsNoticed(t, lines, cutShort(pair));
});

test('blocks that are zeroed, doubled or swapped in a larger pair are noticed', (t) => {
  const { pair, lines } = ourPair(120, 150);
  const damages: (readonly [string, Pair])[] = [];
  for (const name of ['db', 'idx'] as const) {
    for (const size of [512, 4096]) {
      for (let at = 0; at + 2 * size <= pair[name].length; at += size) {
        const [zeroed, doubled, swapped] = [pair[name].slice(), pair[name].slice(), pair[name].slice()];
        zeroed.fill(0, at, at + size);
        doubled.copyWithin(at + size, at, at + size);
        swapped.set(pair[name].subarray(at, at + size), at + size);
        swapped.set(pair[name].subarray(at + size, at + 2 * size), at);
        for (const bytes of [zeroed, doubled, swapped]) {
          damages.push([`${name}, ${size} bytes at ${at}`, { ...pair, [name]: bytes }]);
        }
      }
    }
  }
  everyDamageIsNoticed(t, lines, damages);
});

test('an index of another store, or of an earlier generation, is told from the right one', (t) => {
  const { pair } = ourPair(3, 10);
  const other = ourPair(4, 10).pair;
  const fileSystem = fileSystemOf(pair);
  const store = openPersistent(fileSystem);
  store.compact();
  store.close();
  const compacted = fileSystem.disk.fileBytes(PATH);
  t.throws(() => openReadOnly(fileSystemOf({ db: compacted, idx: pair.idx })), {
    code: 'DAMAGED',
    message: /another state file/,
  });
  t.is(readAll({ db: pair.db, idx: other.idx }, openReadOnly), undefined);
});

test('damage in one value leaves the others readable, and says where it is', (t) => {
  const { pair } = ourPair(120, 150);
  const db = pair.db.slice();
  db[32 + 2 * 4096 + 100]! ^= 1;
  const store = openReadOnly(fileSystemOf({ ...pair, db }));
  let [good, bad] = [0, 0];
  for (let key = 2; key < 120; key += 1) {
    try {
      t.is(store.get(Buffer.from(`key ${key}`))?.length, 150 + key);
      good += 1;
    } catch (error) {
      if (!isStatelogError(error, 'DAMAGED')) throw error;
      t.is(error.details.class, 'value-mismatch');
      t.is(error.details.offset, 32 + 2 * 4096);
      t.is(error.details.path, PATH);
      bad += 1;
    }
  }
  t.true(bad >= 15 && bad <= 30 && good > 80, `${bad} bad, ${good} good`);
});

test('a store goes on beside a damaged value, refuses to compact it away, and keeps it noticed', (t) => {
  const { pair } = ourPair(120, 150);
  const db = pair.db.slice();
  db[32 + 2 * 4096 + 100]! ^= 1;
  const fileSystem = fileSystemOf({ ...pair, db });
  let store = openPersistent(fileSystem);
  t.throws(() => store.compact(), { code: 'DAMAGED' });
  t.deepEqual(fileSystem.readDirectory('/'), ['state.db', 'state.idx']);
  for (let round = 0; round < 6; round += 1) {
    for (let key = 60; key < 119; key += 1)
      store.put(Buffer.from(`key ${key}`), new Uint8Array(400).fill(round));
  }
  t.true(store.fragmentation > 0.5);
  store.flush();
  store.close();
  store = openPersistent(fileSystem);
  t.is(store.get(Buffer.from('key 60'))?.[0], 5);
  t.throws(() => [...store.scan()], { code: 'DAMAGED' });
  store.close();
});

test('no bytes in the place of an index or a state file do more than fail', (t) => {
  const { pair } = ourPair(40, 60);
  const fixtures = ['state-small', 'state-medium'].map((name) => ({
    db: new Uint8Array(readFileSync(fixturePath(`${name}.db`))),
    idx: new Uint8Array(readFileSync(fixturePath(`${name}.idx`))),
  }));
  const edit = fc.record({
    at: fc.nat(),
    value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff),
    length: fc.integer({ min: 1, max: 8 }),
  });
  const property = fc.property(
    fc.constantFrom(pair, ...fixtures),
    fc.constantFrom('db' as const, 'idx' as const),
    fc.array(edit, { minLength: 1, maxLength: 4 }),
    fc.nat(),
    (original, name, edits, cut) => {
      const bytes = original[name].slice(0, cut % 4 === 0 ? cut % original[name].length : undefined);
      for (const { at, value, length } of edits) {
        const start = at % Math.max(bytes.length, 1);
        bytes.fill(value, start, start + length);
      }
      for (const open of [openReadOnly, openPersistent]) readAll({ ...original, [name]: bytes }, open);
    },
  );
  t.notThrows(() => fc.assert(property, { numRuns: 3000 }));
});
