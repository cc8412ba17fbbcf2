import test from 'ava';
import fc from 'fast-check';
import { resetPosition } from '../../../src/engine/bytes/shared/shared-position.js';
import { HEAD, createMulticastMemory, tailOf } from '../../../src/engine/multicast/shared-layout.js';
import { SharedMulticastBuffer } from '../../../src/engine/multicast/shared-multicast-buffer.js';

function value(number: number): Uint8Array {
  return new Uint8Array([number, number >> 8]);
}

/** The first bytes of what a visit by `consumeTo` gets. */
function visited(buffer: SharedMulticastBuffer, consumerIndex: number, maxCount: number): number[] {
  const numbers: number[] = [];
  const count = buffer.consumeTo(consumerIndex, maxCount, (bytes, start, end) => {
    if (end - start === 2) numbers.push(bytes[start]! + bytes[start + 1]! * 256);
  });
  return count === numbers.length ? numbers : [-1];
}

test('values of every length up to the longest come out as they went in', (t) => {
  for (const valueBytesMax of [0, 1, 3, 4, 100]) {
    const buffer = SharedMulticastBuffer.create(4, 1, valueBytesMax);
    for (let length = 0; length <= valueBytesMax; length += 1) {
      const bytes = new Uint8Array(length).fill(length);
      buffer.publish(bytes);
      t.deepEqual(buffer.consume(0), bytes);
    }
    const tooLong = new Uint8Array(valueBytesMax + 1);
    t.throws(() => buffer.tryPublish(tooLong), { instanceOf: RangeError });
    t.is(buffer.consume(0), undefined);
  }
});

test('a consumed value is a copy', (t) => {
  const buffer = SharedMulticastBuffer.create(1, 1, 2);
  const bytes = value(1);
  buffer.publish(bytes);
  bytes.fill(9);
  const copy = buffer.consume(0);
  buffer.publish(value(2));
  t.deepEqual(copy, value(1));
  t.false(copy?.buffer instanceof SharedArrayBuffer);
});

test('staged values are seen in batches of 64, or after a flush, or when the buffer is full', (t) => {
  const producer = SharedMulticastBuffer.create(256, 1, 2);
  const consumer = SharedMulticastBuffer.attach(producer.sharedBuffer);
  for (let number = 0; number < 63; number += 1) producer.stage(value(number));
  t.deepEqual(visited(consumer, 0, Infinity), []);
  t.is(producer.writePosition, 63n);
  producer.stage(value(63));
  t.is(visited(consumer, 0, Infinity).length, 64);
  producer.stage(value(64));
  producer.flush();
  t.deepEqual(visited(consumer, 0, Infinity), [64]);
  let staged = 0;
  while (producer.stage(value(staged))) staged += 1;
  t.is(staged, 256);
  t.is(visited(consumer, 0, Infinity).length, 256);
});

test('consumeTo visits no more than it is told, and a value whose visitor throws is not lost', (t) => {
  const buffer = SharedMulticastBuffer.create(8, 2, 2);
  for (let number = 0; number < 6; number += 1) buffer.publish(value(number));
  t.deepEqual(visited(buffer, 0, 0), []);
  t.deepEqual(visited(buffer, 0, 2), [0, 1]);
  let visits = 0;
  const visit = (): void => {
    visits += 1;
    if (visits === 2) throw new Error('no');
  };
  t.throws(() => buffer.consumeTo(0, Infinity, visit), { message: 'no' });
  t.is(buffer.readPosition(0), 3n);
  t.deepEqual(visited(buffer, 0, Infinity), [3, 4, 5]);
  t.is(visited(buffer, 1, Infinity).length, 6);
  t.throws(() => buffer.consumeTo(0, -1, visit), { instanceOf: RangeError });
  t.throws(() => buffer.consumeTo(2, 1, visit), { instanceOf: RangeError });
});

test('slots are given up while a visit goes on', (t) => {
  const producer = SharedMulticastBuffer.create(256, 1, 2);
  const consumer = SharedMulticastBuffer.attach(producer.sharedBuffer);
  for (let number = 0; number < 256; number += 1) producer.publish(value(number));
  let visits = 0;
  const isPublished: boolean[] = [];
  consumer.consumeTo(0, Infinity, () => {
    visits += 1;
    if (visits % 64 === 1) isPublished.push(producer.tryPublish(value(0)));
  });
  t.deepEqual([visits, isPublished], [256, [false, true, true, true]]);
});

test('a visitor may consume for another, but not for its own consumer', (t) => {
  const buffer = SharedMulticastBuffer.create(4, 2, 2);
  buffer.publish(value(5));
  t.throws(() => buffer.consumeTo(0, 1, () => buffer.consume(0)), { instanceOf: TypeError });
  t.throws(
    () =>
      buffer.consumeTo(0, 1, () => {
        buffer.detach();
      }),
    { instanceOf: TypeError },
  );
  let other: Uint8Array | undefined;
  const count = buffer.consumeTo(0, 1, () => {
    other = buffer.consume(1);
  });
  t.is(count, 1);
  t.deepEqual(other, value(5));
});

test('an end is held by one object, until it detaches', (t) => {
  const first = SharedMulticastBuffer.create(4, 2, 2);
  const second = SharedMulticastBuffer.attach(first.sharedBuffer);
  first.stage(value(1));
  t.throws(() => second.tryPublish(value(2)), { instanceOf: TypeError, message: /producing end/ });
  first.consume(0);
  t.throws(() => second.consume(0), { instanceOf: TypeError, message: /consumer 0/ });
  t.deepEqual(second.consume(1), value(1));
  first.detach();
  first.detach();
  second.publish(value(2));
  t.deepEqual([second.consume(0), second.consume(1)], [value(2), value(2)]);
});

test('only the memory of a multicast buffer can be attached to', (t) => {
  const good = createMulticastMemory(4, 2, 10);
  const cut = new SharedArrayBuffer(good.byteLength - 8);
  new Uint8Array(cut).set(new Uint8Array(good, 0, cut.byteLength));
  const notShared = new ArrayBuffer(good.byteLength) as unknown as SharedArrayBuffer;
  for (const memory of [new SharedArrayBuffer(0), new SharedArrayBuffer(good.byteLength), cut, notShared]) {
    t.throws(() => SharedMulticastBuffer.attach(memory), { instanceOf: TypeError });
  }
  t.is(SharedMulticastBuffer.attach(good).valueBytesMax, 10);
});

test('what would take more than 2 GiB, or has no length, is a RangeError', (t) => {
  t.throws(() => SharedMulticastBuffer.create(2 ** 25, 1, 64), {
    instanceOf: RangeError,
    message: /would take/,
  });
  t.throws(() => SharedMulticastBuffer.create(1, 2 ** 24, 1), {
    instanceOf: RangeError,
    message: /would take/,
  });
  for (const valueBytesMax of [-1, 0.5, NaN]) {
    t.throws(() => SharedMulticastBuffer.create(1, 1, valueBytesMax), { instanceOf: RangeError });
  }
});

test('any run of staging and visiting agrees with a plain array, across 2^32 too', (t) => {
  const consumers = 3;
  const step = fc.record({
    kind: fc.constantFrom('stage', 'publish', 'flush', 'visit'),
    count: fc.nat(90),
    index: fc.nat(consumers - 1),
  });
  const starts = fc.nat(200).map((before) => 2 ** 32 - before);
  fc.assert(
    fc.property(
      fc.nat(8),
      starts,
      fc.boolean(),
      fc.array(step, { maxLength: 60 }),
      (bits, start, isOneObject, steps) => {
        const producer = SharedMulticastBuffer.create(2 ** bits, consumers, 2);
        const words = new Int32Array(producer.sharedBuffer);
        resetPosition(words, HEAD, start);
        for (let index = 0; index < consumers; index += 1) resetPosition(words, tailOf(index), start);
        const consumer = isOneObject ? producer : SharedMulticastBuffer.attach(producer.sharedBuffer);
        const had = [0, 0, 0];
        let [published, flushed] = [0, 0];
        for (const { kind, count, index } of steps) {
          if (kind === 'flush') producer.flush();
          for (let left = count; left > 0 && (kind === 'stage' || kind === 'publish'); left -= 1) {
            const hasRoom = published - Math.min(...had) < producer.capacity;
            t.is(
              kind === 'stage' ? producer.stage(value(published)) : producer.tryPublish(value(published)),
              hasRoom,
            );
            if (hasRoom) published += 1;
            if (!hasRoom || kind === 'publish') flushed = published;
          }
          if (kind === 'flush' || isOneObject) flushed = published;
          if (kind === 'visit') {
            const numbers = visited(consumer, index, count);
            t.deepEqual(
              numbers,
              Array.from(numbers, (_, at) => had[index]! + at),
            );
            had[index]! += numbers.length;
            t.true(numbers.length === count || had[index]! >= flushed);
          }
          t.is(producer.writePosition, BigInt(start + published));
          t.is(consumer.readPosition(index), BigInt(start + had[index]!));
        }
      },
    ),
    { numRuns: 400 },
  );
});
