import test from 'ava';
import fc from 'fast-check';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { ValueArena } from '../../../src/engine/state/backends/value-arena.js';

const MIB = 1024 * 1024;

function filled(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

test('values of any length are found again at their addresses, whole', (t) => {
  const lengths = fc.array(
    fc.oneof(fc.nat(100), fc.nat(3 * MIB), fc.constantFrom(0, MIB - 1, MIB, MIB + 1)),
    {
      maxLength: 12,
    },
  );
  const property = fc.property(lengths, fc.nat(2 * MIB), (all, capacity) => {
    const arena = new ValueArena(capacity);
    const places = all.map((length, index) => ({ at: arena.append(filled(length, index + 1)), length }));
    return (
      arena.usedBytes === all.reduce((sum, length) => sum + length, 0) &&
      places.every(({ at, length }, index) => {
        const view = arena.view(at, length);
        return Buffer.compare(view, filled(length, index + 1)) === 0;
      })
    );
  });
  t.notThrows(() => fc.assert(property, { numRuns: 40 }));
});

test('a value whose room is allocated is what its caller fills in', (t) => {
  const store = MmapStateStore.inMemory(0, { autoCompact: false });
  const buffer = Buffer.from('a key in a buffer');
  const key = Buffer.from('key');
  const fill = (value: Uint8Array): number => {
    const offset = store.allocate(buffer, 2, 3, value.length);
    store.bufferAt(offset).set(value, store.startAt(offset));
    return offset;
  };
  const at = fill(filled(4, 1));
  t.is(store.replacedLength, -1);
  t.deepEqual(store.get(key), filled(4, 1));
  t.deepEqual(store.get(key), store.viewAt(at, 4));
  const second = fill(filled(2, 9));
  t.is(store.replacedLength, 4);
  t.deepEqual([...store.viewAt(second, 2)], [9, 9]);
  // The drainer still reads what was overwritten, until the store is compacted.
  t.deepEqual([...store.viewAt(at, 4)], [1, 1, 1, 1]);
  t.is(store.sizeBytes, 3 + 2);
  t.throws(() => store.viewAt(900 * MIB, 1), { instanceOf: RangeError });
});

test('a large store compacts itself in steps, between which nothing is missing', (t) => {
  const store = MmapStateStore.inMemory(0);
  const model = new Map<string, number>();
  const put = (key: number, byte: number): void => {
    store.put(Buffer.from(`key ${key}`), filled(200, byte));
    model.set(`key ${key}`, byte);
  };
  for (let key = 0; key < 5000; key += 1) put(key, key);
  let worst = 0;
  let seed = 1;
  for (let step = 0; step < 60_000; step += 1) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    const key = (seed >>> 8) % 5000;
    if (step % 7 === 3) {
      store.delete(Buffer.from(`key ${key}`));
      model.delete(`key ${key}`);
    } else {
      put(key, seed >>> 24);
      worst = Math.max(worst, store.fragmentation);
    }
    if (step % 1000 === 999) {
      for (const [name, byte] of model) {
        const value = store.getRef(Buffer.from(name));
        if (value?.length !== 200 || value[0] !== (byte & 0xff) || value[199] !== (byte & 0xff)) {
          throw new Error(`${name} is wrong after step ${step}`);
        }
      }
    }
  }
  t.is(store.length, model.size);
  t.true(worst <= 0.5, `fragmentation reached ${worst}`);
  t.true(worst > 0.3);
});

test('a small store compacts itself as soon as more than half of it is holes, from 101 keys on', (t) => {
  const store = MmapStateStore.inMemory(0);
  for (let key = 0; key < 100; key += 1) store.put(Buffer.from(`${key}`), filled(10, 1));
  for (let round = 0; round < 3; round += 1) store.put(Buffer.from('0'), filled(1000, round));
  t.true(store.fragmentation > 0.5);
  store.put(Buffer.from('100'), filled(10, 1));
  t.is(store.fragmentation, 0);
  t.is(store.get(Buffer.from('0'))?.[999], 2);
});

test('without autoCompact a store stays as it is until it is told to compact', (t) => {
  const store = MmapStateStore.inMemory(0, { autoCompact: false });
  for (let round = 0; round < 5; round += 1) {
    for (let key = 0; key < 300; key += 1) store.put(Buffer.from(`${key}`), filled(100, round));
  }
  t.true(Math.abs(store.fragmentation - 0.8) < 1e-9);
  const view = store.getRef(Buffer.from('7'))!;
  store.compact();
  t.is(store.fragmentation, 0);
  t.deepEqual([...store.get(Buffer.from('7'))!], [...filled(100, 4)]);
  t.deepEqual([...view], [...filled(100, 4)]);
});
