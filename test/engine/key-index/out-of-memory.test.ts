import test from 'ava';
import { OrderedKeyIndex } from '../../../src/engine/key-index/ordered-key-index.js';

// This file has a process of its own: nothing else misses the memory that is refused here.
const AvailableBuffer = ArrayBuffer;
const state = { isRefusing: false, refusals: 0 };
globalThis.ArrayBuffer = new Proxy(AvailableBuffer, {
  construct(target, parameters: [number]) {
    if (state.isRefusing) {
      state.refusals += 1;
      throw new RangeError('Array buffer allocation failed');
    }
    return new target(...parameters);
  },
});

const keyOf = (number: number): Uint8Array => {
  const text = `${String(Math.imul(number, 0x9e3779b1) >>> 0)}${'x'.repeat((number % 3) * 60)}`;
  return Buffer.from(text, 'latin1');
};

test.serial('a key that there is no memory for is not added, and those that are there stay', (t) => {
  const index = new OrderedKeyIndex();
  let keys = 0;
  for (let number = 0; number < 60_000; number++) {
    // Every call but the first without memory: it succeeds, or changes nothing.
    state.isRefusing = true;
    try {
      index.insert(keyOf(number));
    } catch (error) {
      state.isRefusing = false;
      t.true(error instanceof RangeError);
      t.is(index.count, keys);
      t.is(index.find(keyOf(number)), -1);
      index.insert(keyOf(number));
      t.true(index.inserted);
    } finally {
      state.isRefusing = false;
    }
    keys += 1;
  }
  t.true(state.refusals > 10);
  t.is(index.count, 60_000);
  t.is(index.slotLimit, 60_000);
  const cursor = index.cursor();
  let walked = 0;
  let before = -1;
  for (let slot = cursor.first(); slot >= 0; slot = cursor.next()) {
    if (before >= 0) {
      const key = index.keyOf(slot);
      if (index.compareKey(before, key, 0, key.length) >= 0) t.fail('out of order');
    }
    before = slot;
    walked += 1;
  }
  t.is(walked, 60_000);
});

test.serial('keys that ascend are found without memory, whichever of them there was none for', (t) => {
  const before = state.refusals;
  const orders: readonly ((number: number) => string)[] = [
    (number) => String(number).padStart(7, '0'),
    (number) => 'a'.repeat(number),
    (number) => String(number * number).padStart(12, '0') + 'x'.repeat((number % 3) * 60),
  ];
  for (const [which, order] of orders.entries()) {
    const keys = Array.from({ length: which === 1 ? 3000 : 20_000 }, (_, number) =>
      Buffer.from(order(number)),
    );
    const index = new OrderedKeyIndex();
    index.insert(keys[0]!);
    for (const key of keys.slice(1)) {
      state.isRefusing = true;
      try {
        index.insert(key);
      } catch (error) {
        state.isRefusing = false;
        t.true(error instanceof RangeError);
        index.insert(key);
        t.true(index.inserted && index.isLoading);
      }
    }
    t.true(index.isLoading);
    state.isRefusing = true;
    const lost = keys.filter((key, slot) => index.find(key) !== slot);
    state.isRefusing = false;
    t.deepEqual(lost, []);
    t.is(index.count, keys.length);
  }
  t.true(state.refusals - before > 10);
});

test.serial('keys can be removed without memory, and their space is used once there is some', (t) => {
  const index = new OrderedKeyIndex();
  const longKey = (number: number): Uint8Array =>
    Buffer.from(`${String(number)}${'y'.repeat(200)}`, 'latin1');
  for (let number = 0; number < 40_000; number++) index.insert(longKey(number));
  const full = index.bytesUsed;
  state.isRefusing = true;
  try {
    for (let number = 0; number < 40_000; number++) if (number % 5 !== 0) index.remove(longKey(number));
  } finally {
    state.isRefusing = false;
  }
  t.is(index.count, 8000);
  for (let number = 40_000; number < 60_000; number++) index.insert(longKey(number));
  t.true(index.bytesUsed < 1.5 * full, `${String(index.bytesUsed)} of ${String(full)}`);
  for (let number = 0; number < 40_000; number += 5) t.not(index.find(longKey(number)), -1);
});
