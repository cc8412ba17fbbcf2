import test from 'ava';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { ValueArena } from '../../../src/engine/state/backends/value-arena.js';

/* Gigabytes of values, whose addresses do not reach further. */

const MIB = 1024 * 1024;

function filled(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

test('values past 4 GiB are refused, and those that are there stay', (t) => {
  const arena = new ValueArena(0);
  const at = arena.append(filled(10, 7));
  // Each value begins a segment of its own, which takes up addresses, and no memory while nobody touches it.
  for (let segment = 1; segment < 4096; segment += 1) {
    arena.condemn();
    arena.append(filled(1, 1));
  }
  t.is(arena.append(filled(MIB - 4, 1)), 4095 * MIB + 4, 'values start at words');
  t.throws(() => arena.append(filled(1, 1)), { code: 'LIMIT_EXCEEDED' });
  t.is(arena.usedBytes, 10 + 4095 + MIB - 4);
  t.deepEqual([...arena.view(at, 10)], [...filled(10, 7)]);
});

test('memory that compaction frees is used again: addresses do not run out', (t) => {
  const store = MmapStateStore.inMemory(0, { autoCompact: false });
  const value = filled(MIB, 1);
  for (let round = 0; round < 5; round += 1) {
    for (let key = 0; key < 1000; key += 1) store.put(Buffer.from(`${key % 3}`), value);
    store.compact();
  }
  t.is(store.length, 3);
  t.is(store.fragmentation, 0);
});
