import test from 'ava';
import { MulticastBuffer } from '../../../src/engine/multicast/multicast-buffer.js';

test('consumers get the very value that was published', (t) => {
  const buffer = new MulticastBuffer<unknown>(8, 2);
  const values = [{ a: 1 }, null, 0, '', undefined, Symbol('s')];
  for (const value of values) buffer.publish(value);
  for (const value of values) t.is(buffer.consume(0), value);
  t.is(buffer.available(0), 0);
  t.is(buffer.available(1), values.length);
});

test('undefined is a value like any other, and available tells', (t) => {
  const buffer = new MulticastBuffer<undefined>(2, 1);
  buffer.publish(undefined);
  t.is(buffer.available(0), 1);
  t.is(buffer.consume(0), undefined);
  t.is(buffer.available(0), 0);
  t.is(buffer.readPosition(0), 1n);
  t.throws(() => buffer.available(1), { instanceOf: RangeError });
});
