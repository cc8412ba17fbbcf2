import { setImmediate } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import test from 'ava';
import { MulticastBuffer } from '../../../src/engine/multicast/multicast-buffer.js';

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

/** Publishes an object that nothing else refers to. */
function publishWeakly(buffer: MulticastBuffer<object>): WeakRef<object> {
  const value = { some: 'object' };
  buffer.publish(value);
  return new WeakRef(value);
}

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

test('a value that every consumer has had is not held on to', async (t) => {
  const buffer = new MulticastBuffer<object>(2, 2);
  const reference = publishWeakly(buffer);
  buffer.consume(0);
  await setImmediate();
  collectGarbage();
  t.not(reference.deref(), undefined);
  buffer.consume(1);
  await setImmediate();
  collectGarbage();
  t.is(reference.deref(), undefined);
});
