import test from 'ava';
import { StateChangelogBuffer } from '../../../src/engine/changelog/buffer.js';
import { StateChangelogEntry, StateOp } from '../../../src/engine/changelog/entry.js';
import { createChangelogMemory } from '../../../src/engine/changelog/layout.js';

const entry = StateChangelogEntry.put(1n, 2n, 3n, 4);

function twoEnds(capacity: number): [StateChangelogBuffer, StateChangelogBuffer] {
  const producer = StateChangelogBuffer.withCapacity(capacity);
  return [producer, StateChangelogBuffer.attach(producer.sharedBuffer)];
}

test('what is pushed at one end comes out at the other', (t) => {
  const [producer, consumer] = twoEnds(4);
  producer.push(entry);
  producer.pushPut(new Uint8Array(3), 0n, 1);
  producer.pushDelete(new Uint8Array(3));
  t.is(consumer.length, 3);
  t.deepEqual(consumer.pop(), entry);
  t.is(producer.length, 2);
  t.is(
    consumer.drainTo(Infinity, () => undefined),
    2,
  );
  t.is(producer.totalDrained, 3);
  t.is(consumer.totalPushed, 3);
});

test('records pushed on the hot path are seen in batches of 64, or after a flush', (t) => {
  const [producer, consumer] = twoEnds(1024);
  for (let count = 0; count < 63; count += 1) producer.pushRecord(StateOp.put, count, 0, 0, 0);
  t.is(consumer.length, 0);
  t.is(producer.length, 63);
  producer.pushRecord(StateOp.put, 63, 0, 0, 0);
  t.is(consumer.length, 64);
  producer.pushRecord(StateOp.put, 64, 0, 0, 0);
  t.is(
    consumer.drainTo(Infinity, () => undefined),
    64,
  );
  producer.flush();
  t.is(
    consumer.drainTo(Infinity, () => undefined),
    1,
  );
});

test('a full ring is published without a flush, so that the consumer can make room', (t) => {
  for (const capacity of [1, 2, 4, 8, 256]) {
    const [producer, consumer] = twoEnds(capacity);
    let count = 0;
    while (producer.pushRecord(StateOp.put, count, 0, 0, 0)) count += 1;
    t.is(count, capacity);
    t.is(
      consumer.drainTo(Infinity, () => undefined),
      capacity,
    );
    t.true(producer.pushRecord(StateOp.put, 0, 0, 0, 0));
  }
});

test('a checkpoint barrier shows the other end everything before it', (t) => {
  const [producer, consumer] = twoEnds(1024);
  for (let count = 0; count < 10; count += 1) producer.pushRecord(StateOp.put, count, 0, 0, 0);
  t.is(producer.checkpointBarrier().writePosition, 10);
  t.is(consumer.length, 10);
});

test('room is given back while a drain goes on', (t) => {
  const [producer, consumer] = twoEnds(256);
  for (let count = 0; count < 256; count += 1) producer.push(entry);
  let visited = 0;
  consumer.drainTo(Infinity, () => {
    t.true(producer.available >= visited - 64);
    visited += 1;
  });
  t.is(visited, 256);
});

test('a second producer and a second consumer are told', (t) => {
  const [first, second] = twoEnds(4);
  first.push(entry);
  t.throws(() => second.push(entry), { instanceOf: TypeError, message: /producing end is in use/ });
  t.throws(() => second.pushRecord(StateOp.put, 0, 0, 0, 0), { instanceOf: TypeError });
  t.throws(
    () => {
      second.setEpoch(2n);
    },
    { instanceOf: TypeError },
  );
  second.pop();
  for (const drain of [
    () => first.pop(),
    () => first.drainTo(1, () => undefined),
    () => {
      first.clear();
    },
  ]) {
    t.throws(drain, { instanceOf: TypeError, message: /consuming end is in use/ });
  }
  t.is(first.overflowCount, 0);
});

test('an end that was given up goes on elsewhere, with nothing lost', (t) => {
  const [first, second] = twoEnds(8);
  first.setEpoch(5n);
  first.pushRecord(StateOp.put, 1, 0, 0, 0);
  first.detach();
  second.pushRecord(StateOp.put, 2, 0, 0, 0);
  second.flush();
  t.deepEqual(
    Array.from(first.drainAll(), ({ epoch, keyHash }) => [epoch, keyHash]),
    [
      [5n, 1n],
      [5n, 2n],
    ],
  );
  first.detach();
  second.pushRecord(StateOp.put, 3, 0, 0, 0);
  t.is(second.pop()?.keyHash, 3n);
  second.detach();
  second.detach();
  t.true(first.push(entry));
});

test('an epoch set before anyone pushes is the one that pushes carry', (t) => {
  const [producer, other] = twoEnds(4);
  other.setEpoch(7n);
  producer.pushDelete(new Uint8Array(1));
  t.is(producer.epoch, 7n);
  t.is(other.pop()?.epoch, 7n);
});

test('only the memory of a changelog can be attached to', (t) => {
  const good = createChangelogMemory(4);
  const cut = new SharedArrayBuffer(good.byteLength - 32);
  new Uint8Array(cut).set(new Uint8Array(good, 0, cut.byteLength));
  const notShared = new ArrayBuffer(good.byteLength) as unknown as SharedArrayBuffer;
  for (const memory of [new SharedArrayBuffer(0), new SharedArrayBuffer(good.byteLength), cut, notShared]) {
    t.throws(() => StateChangelogBuffer.attach(memory), { instanceOf: TypeError });
  }
  t.is(StateChangelogBuffer.attach(good).capacity, 4);
});
