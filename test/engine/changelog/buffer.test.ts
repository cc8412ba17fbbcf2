import test from 'ava';
import { StateChangelogBuffer } from '../../../src/engine/changelog/buffer.js';
import { StateChangelogEntry, StateOp } from '../../../src/engine/changelog/entry.js';

const key = new Uint8Array([7, 8, 9]);

function put(number: number): StateChangelogEntry {
  return StateChangelogEntry.put(1n, BigInt(number), 0n, 10);
}

function fill(buffer: StateChangelogBuffer, count: number): void {
  for (let number = 0; number < count; number += 1) buffer.push(put(number));
}

function hashes(entries: Iterable<StateChangelogEntry>): number[] {
  return Array.from(entries, (entry) => Number(entry.keyHash));
}

test('a buffer holds 16,384 entries where nothing else is said', (t) => {
  const buffer = new StateChangelogBuffer();
  t.is(buffer.capacity, StateChangelogBuffer.DEFAULT_CAPACITY);
  fill(buffer, 16_384);
  t.true(buffer.isFull);
  t.false(buffer.push(put(0)));
});

test('exactly as many entries fit as the capacity says', (t) => {
  for (const capacity of [1, 2, 4, 64]) {
    const buffer = StateChangelogBuffer.withCapacity(capacity);
    fill(buffer, capacity);
    t.is(buffer.length, capacity);
    t.is(buffer.available, 0);
    t.true(buffer.isFull);
    t.is(buffer.overflowCount, 0);
    t.false(buffer.push(put(0)));
  }
});

test('a capacity that is no power of two is rounded up to one', (t) => {
  const rounded = [3, 5, 1000, 16_385].map(
    (capacity) => StateChangelogBuffer.withCapacity(capacity).capacity,
  );
  t.deepEqual(rounded, [4, 8, 1024, 32_768]);
});

test('a capacity of 0, or one that cannot be, is a RangeError', (t) => {
  for (const capacity of [0, -1, 1.5, NaN, Infinity, 2 ** 26 + 1]) {
    t.throws(() => StateChangelogBuffer.withCapacity(capacity), { instanceOf: RangeError });
  }
});

test('entries come out in the order in which they went in', (t) => {
  const buffer = StateChangelogBuffer.withCapacity(16);
  fill(buffer, 5);
  t.is(buffer.pop()?.keyHash, 0n);
  t.deepEqual(hashes(buffer.drain(2)), [1, 2]);
  t.is(buffer.length, 2);
  t.deepEqual(hashes(buffer.drainAll()), [3, 4]);
  t.true(buffer.isEmpty);
  t.is(buffer.pop(), undefined);
});

test('an entry comes out as it went in, with all its bits', (t) => {
  const buffer = StateChangelogBuffer.withCapacity(4);
  const entry = StateChangelogEntry.put(
    0xf000_0001_8000_0002n,
    2n ** 64n - 1n,
    0x8000_0000_0000_0001n,
    2 ** 32 - 1,
  );
  buffer.push(entry);
  t.deepEqual(buffer.pop(), entry);
});

test('pushPut and pushDelete carry the epoch and the hash of the key', (t) => {
  const buffer = StateChangelogBuffer.withCapacity(4);
  buffer.setEpoch(2n ** 63n + 5n);
  t.true(buffer.pushPut(key, 2n ** 40n + 1n, 50));
  t.true(buffer.pushDelete(key));
  const keyHash = StateChangelogEntry.hashKey(key);
  const epoch = 2n ** 63n + 5n;
  t.deepEqual(
    [...buffer.drainAll()],
    [StateChangelogEntry.put(epoch, keyHash, 2n ** 40n + 1n, 50), StateChangelogEntry.delete(epoch, keyHash)],
  );
});

test('pushRecord takes halves of a hash and an offset past 4 GiB', (t) => {
  const buffer = StateChangelogBuffer.withCapacity(4);
  buffer.pushRecord(StateOp.put, -1, 0x1234, 2 ** 52 + 7, 2 ** 32 - 1);
  t.deepEqual(buffer.pop(), StateChangelogEntry.put(0n, 0x1234_ffff_ffffn, 2n ** 52n + 7n, 2 ** 32 - 1));
});

test('pushRecord refuses what is no change', (t) => {
  const buffer = StateChangelogBuffer.withCapacity(4);
  t.throws(() => buffer.pushRecord(2 as StateOp, 0, 0, 0, 0), { instanceOf: RangeError });
  t.throws(() => buffer.pushRecord(StateOp.put, 0, 0, -1, 0), { instanceOf: RangeError });
  t.throws(() => buffer.pushRecord(StateOp.put, 0, 0, NaN, 0), { instanceOf: RangeError });
  t.throws(() => buffer.pushRecord(StateOp.put, 0, 0, 0, 2 ** 32), { instanceOf: RangeError });
  t.true(buffer.isEmpty);
});

test('drainTo hands over each field as 32-bit numbers', (t) => {
  const buffer = StateChangelogBuffer.withCapacity(4);
  buffer.push(StateChangelogEntry.put(2n ** 32n + 1n, 2n ** 64n - 2n, 2n ** 33n + 3n, 2 ** 32 - 1));
  buffer.push(StateChangelogEntry.delete(0n, 0n));
  const visited: number[][] = [];
  const count = buffer.drainTo(Infinity, (...fields) => visited.push(fields));
  t.is(count, 2);
  t.deepEqual(visited, [
    [1, 1, -2, -1, 3, 2, 2 ** 32 - 1, StateOp.put],
    [0, 0, 0, 0, 0, 0, 0, StateOp.delete],
  ]);
});

test('drainTo stops at its count, and drains nothing with a count of 0', (t) => {
  const buffer = StateChangelogBuffer.withCapacity(8);
  fill(buffer, 5);
  let visits = 0;
  const visit = (): void => {
    visits += 1;
  };
  t.deepEqual([buffer.drainTo(0, visit), visits], [0, 0]);
  t.deepEqual([buffer.drainTo(3, visit), visits], [3, 3]);
  t.deepEqual(hashes(buffer.drainAll()), [3, 4]);
  for (const count of [-1, 0.5, NaN]) {
    t.throws(() => buffer.drainTo(count, () => undefined), { instanceOf: RangeError });
    t.throws(() => buffer.drain(count), { instanceOf: RangeError });
  }
});

test('an entry whose visitor throws is not lost', (t) => {
  const buffer = StateChangelogBuffer.withCapacity(8);
  fill(buffer, 4);
  const visit = (_epoch: number, _epochHigh: number, hash: number): void => {
    if (hash === 2) throw new Error('no');
  };
  t.throws(() => buffer.drainTo(Infinity, visit), { message: 'no' });
  t.is(buffer.totalDrained, 2);
  t.deepEqual(hashes(buffer.drainAll()), [2, 3]);
});

test('a visitor may push, but not drain', (t) => {
  const buffer = StateChangelogBuffer.withCapacity(8);
  fill(buffer, 2);
  t.is(
    buffer.drainTo(Infinity, (_low, _high, hash) => buffer.push(put(hash + 10))),
    2,
  );
  t.deepEqual(hashes(buffer.drainAll()), [10, 11]);
  fill(buffer, 1);
  for (const drain of [
    () => buffer.pop(),
    () => {
      buffer.clear();
    },
    () => {
      buffer.detach();
    },
  ]) {
    t.throws(() => buffer.drainTo(1, drain), { instanceOf: TypeError });
  }
  t.is(buffer.length, 1);
});

test('what a loop over drain leaves behind stays in the buffer', (t) => {
  const buffer = StateChangelogBuffer.withCapacity(8);
  fill(buffer, 5);
  for (const entry of buffer.drainAll()) if (entry.keyHash === 1n) break;
  t.is(buffer.length, 3);
});

test('overflows are counted, and count as pushed', (t) => {
  const buffer = StateChangelogBuffer.withCapacity(2);
  fill(buffer, 5);
  buffer.pushPut(key, 0n, 0);
  buffer.pushRecord(StateOp.delete, 0, 0, 0, 0);
  t.is(buffer.overflowCount, 5);
  t.is(buffer.totalPushed, 7);
  t.is(buffer.totalDrained, 0);
  t.is([...buffer.drainAll()].length, 2);
  t.is(buffer.totalDrained, 2);
  t.true(buffer.push(put(0)));
  t.is(buffer.totalPushed, 8);
});

test('clearing empties the buffer, and counts nothing as drained', (t) => {
  const buffer = StateChangelogBuffer.withCapacity(4);
  fill(buffer, 3);
  buffer.pop();
  buffer.clear();
  t.true(buffer.isEmpty);
  t.is(buffer.totalDrained, 1);
  t.is(buffer.totalPushed, 3);
  fill(buffer, 4);
  t.true(buffer.isFull);
});

test('an epoch is set, advanced, and bounded by 64 bits', (t) => {
  const buffer = StateChangelogBuffer.withCapacity(4);
  t.is(buffer.epoch, 0n);
  buffer.setEpoch(10n);
  t.is(buffer.advanceEpoch(), 11n);
  t.is(buffer.epoch, 11n);
  buffer.setEpoch(2n ** 64n - 1n);
  t.throws(() => buffer.advanceEpoch(), { instanceOf: RangeError });
  t.throws(
    () => {
      buffer.setEpoch(-1n);
    },
    { instanceOf: RangeError },
  );
  t.is(buffer.epoch, 2n ** 64n - 1n);
});

test('a checkpoint barrier gives the epoch and how many entries went before', (t) => {
  const buffer = StateChangelogBuffer.withCapacity(2);
  buffer.setEpoch(42n);
  fill(buffer, 3);
  t.deepEqual(buffer.checkpointBarrier(), { epoch: 42n, writePosition: 2 });
  buffer.pop();
  fill(buffer, 1);
  t.deepEqual(buffer.checkpointBarrier(), { epoch: 42n, writePosition: 3 });
});
