import test from 'ava';
import fc from 'fast-check';
import { isStatelogError } from '../../../src/engine/errors.js';
import type { Multicast } from '../../../src/engine/multicast/multicast.js';
import { VALUE_BYTES_MAX, implementations } from './implementations.js';

function value(number: number): Uint8Array {
  return new Uint8Array([number]);
}

function takeAll(buffer: Multicast<Uint8Array>, consumerIndex: number): number[] {
  const taken: number[] = [];
  for (let next = buffer.consume(consumerIndex); next !== undefined; next = buffer.consume(consumerIndex)) {
    taken.push(next[0]!);
  }
  return taken;
}

for (const [name, create] of implementations) {
  test(`${name}: each consumer gets every value once and in order`, (t) => {
    const buffer = create(8, 3);
    for (let number = 0; number < 5; number += 1) buffer.publish(value(number));
    t.deepEqual(takeAll(buffer, 1), [0, 1, 2, 3, 4]);
    t.deepEqual(takeAll(buffer, 1), []);
    t.is(buffer.consume(0)?.[0], 0);
    buffer.publish(value(5));
    t.deepEqual(
      [takeAll(buffer, 0), takeAll(buffer, 1), takeAll(buffer, 2)],
      [[1, 2, 3, 4, 5], [5], [0, 1, 2, 3, 4, 5]],
    );
  });

  test(`${name}: the slowest consumer holds the producer back`, (t) => {
    const buffer = create(4, 2);
    for (let number = 0; number < 4; number += 1) t.true(buffer.tryPublish(value(number)));
    t.deepEqual(takeAll(buffer, 0), [0, 1, 2, 3]);
    t.false(buffer.tryPublish(value(9)));
    const error = t.throws(() => {
      buffer.publish(value(9));
    });
    t.true(isStatelogError(error, 'BACKPRESSURE_FULL'));
    t.is(buffer.writePosition, 4n);
    t.is(buffer.consume(1)?.[0], 0);
    t.true(buffer.tryPublish(value(4)));
    t.false(buffer.tryPublish(value(9)));
    t.deepEqual([takeAll(buffer, 0), takeAll(buffer, 1)], [[4], [1, 2, 3, 4]]);
  });

  test(`${name}: positions count values published and consumed`, (t) => {
    const buffer = create(2, 2);
    t.deepEqual([buffer.capacity, buffer.consumerCount], [2, 2]);
    t.deepEqual([buffer.writePosition, buffer.readPosition(0)], [0n, 0n]);
    for (let number = 0; number < 10; number += 1) {
      buffer.publish(value(number));
      buffer.consume(0);
      buffer.consume(1);
    }
    buffer.publish(value(0));
    buffer.consume(1);
    t.deepEqual([buffer.writePosition, buffer.readPosition(0), buffer.readPosition(1)], [11n, 10n, 11n]);
  });

  test(`${name}: a capacity that is no power of two is a RangeError`, (t) => {
    for (const capacity of [0, 3, 12, -2, 1.5, NaN, Infinity, 2 ** 26]) {
      t.throws(() => create(capacity, 1), { instanceOf: RangeError, message: /^capacity/ });
    }
    t.is(create(1, 1).capacity, 1);
  });

  test(`${name}: no consumer, or part of one, is a RangeError`, (t) => {
    for (const count of [0, -1, 1.5, NaN, Infinity]) {
      t.throws(() => create(4, count), { instanceOf: RangeError, message: /^consumerCount/ });
    }
  });

  test(`${name}: a consumer that there is not is a RangeError`, (t) => {
    const buffer = create(4, 2);
    buffer.publish(value(1));
    for (const index of [2, -1, 0.5, NaN]) {
      t.throws(() => buffer.consume(index), { instanceOf: RangeError, message: /^consumerIndex/ });
      t.throws(() => buffer.readPosition(index), { instanceOf: RangeError, message: /^consumerIndex/ });
    }
    t.is(buffer.consume(1)?.[0], 1);
  });

  test(`${name}: any run of publishing and consuming agrees with a plain array`, (t) => {
    const step = fc.oneof(
      fc.record({ value: fc.uint8Array({ maxLength: VALUE_BYTES_MAX }) }),
      fc.record({ consumer: fc.nat(7) }),
    );
    fc.assert(
      fc.property(
        fc.nat(4),
        fc.integer({ min: 1, max: 4 }),
        fc.array(step, { maxLength: 200 }),
        (bits, consumers, steps) => {
          const buffer = create(2 ** bits, consumers);
          const published: Uint8Array[] = [];
          const had = new Array<number>(consumers).fill(0);
          for (const one of steps) {
            if ('value' in one) {
              const hasRoom = published.length - Math.min(...had) < buffer.capacity;
              t.is(buffer.tryPublish(one.value), hasRoom);
              if (hasRoom) published.push(one.value);
            } else {
              const index = one.consumer % consumers;
              const expected = published[had[index]!];
              t.deepEqual(buffer.consume(index), expected);
              if (expected !== undefined) had[index]! += 1;
            }
            t.is(buffer.writePosition, BigInt(published.length));
            t.deepEqual(
              had.map((_, index) => Number(buffer.readPosition(index))),
              had,
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });
}
