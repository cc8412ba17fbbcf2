import test from 'ava';
import { OrderedKeyIndex } from '../../../src/engine/key-index/ordered-key-index.js';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

function load(keys: readonly string[]): OrderedKeyIndex {
  const index = new OrderedKeyIndex();
  for (const [rank, key] of keys.entries()) {
    if (index.insert(bytes(key)) !== rank) throw new Error(`${key} got another slot than ${String(rank)}`);
    if (!index.isLoading) throw new Error(`${key} ended the loading`);
  }
  return index;
}

function walked(index: OrderedKeyIndex): string[] {
  const cursor = index.cursor();
  const keys: string[] = [];
  for (let slot = cursor.first(); slot >= 0; slot = cursor.next()) {
    keys.push(Buffer.from(index.keyOf(slot)).toString('latin1'));
  }
  return keys;
}

test('a key that is not above the last one ends the loading, and is found or added as any other', (t) => {
  for (const [key, expected] of [
    ['bb', ['bb', 'bb\0', 'c']],
    ['c', ['bb', 'bb\0', 'c']],
    ['', ['', 'bb', 'bb\0', 'c']],
    ['b', ['b', 'bb', 'bb\0', 'c']],
    ['bazz', ['bazz', 'bb', 'bb\0', 'c']],
    ['bba', ['bb', 'bb\0', 'bba', 'c']],
  ] as const) {
    const index = load(['bb', 'bb\0', 'c']);
    const slot = index.insert(bytes(key));
    t.false(index.isLoading);
    t.is(index.inserted, expected.length === 4);
    t.is(index.count, expected.length);
    t.is(index.find(bytes(key)), slot);
    index.insert(bytes('d'));
    t.deepEqual(walked(index), [...expected, 'd'], key);
  }
});

test('whoever asks for a key, walks or removes ends the loading', (t) => {
  const keys = ['a', 'ab', 'b', 'ba', 'c'];
  const ways: readonly ((index: OrderedKeyIndex) => unknown)[] = [
    (index) => index.find(bytes('ab')),
    (index) => index.findAt(bytes('-ab-'), 1, 2),
    (index) => index.cursor().seekFirst(bytes('ab')) - 1 + 1,
    (index) => index.cursor().seekLast(bytes('b')),
    (index) => index.remove(bytes('ab')),
  ];
  for (const way of ways) {
    const index = load(keys);
    t.is(way(index), 1);
    t.false(index.isLoading);
    index.insert(bytes('d'));
    t.is(index.find(bytes('ba')), 3);
    t.is(index.cursor().last(), index.find(bytes('d')));
  }
});

test('a cursor goes on behind keys that were added in order since it was made', (t) => {
  const index = new OrderedKeyIndex();
  const cursor = index.cursor();
  t.is(cursor.first(), -1);
  for (const key of ['a', 'b', 'c']) index.insert(bytes(key));
  t.is(cursor.first(), 0);
  index.insert(bytes('d'));
  t.deepEqual([cursor.next(), cursor.next(), cursor.next(), cursor.next()], [1, 2, 3, -1]);
});

test('an index in which nothing was found yet can be added to', (t) => {
  const index = load([]);
  t.is(index.count, 0);
  t.is(index.find(bytes('')), -1);
  index.insert(bytes('a'));
  t.deepEqual(walked(index), ['a']);
});

test('keys that each begin the next lie as deep as they are many', (t) => {
  const keys = Array.from({ length: 500 }, (_, length) => 'a'.repeat(length));
  const index = load(keys);
  t.deepEqual(walked(index), keys);
  for (const [slot, key] of keys.entries()) t.is(index.find(bytes(key)), slot);
  t.is(index.find(bytes('a'.repeat(500))), -1);
});

test('open nodes may have any number of children together', (t) => {
  // The last of 256 children in each of eight levels leads on.
  const keys: string[] = [];
  for (let level = 0; level < 8; level++) {
    for (let byte = level === 7 ? 255 : 0; byte < 256; byte++) {
      const isLast = byte === 255;
      if (!isLast || level === 7) keys.push('\xff'.repeat(level) + String.fromCharCode(byte));
    }
  }
  const index = load(keys);
  t.deepEqual(walked(index), keys);
  for (const [slot, key] of keys.entries()) t.is(index.find(bytes(key)), slot);
});

test('an index that was emptied loads again, and what was there before takes nothing', (t) => {
  for (const empty of [
    (index: OrderedKeyIndex) => index.remove(bytes('a')) + index.remove(bytes('b')),
    (index: OrderedKeyIndex) => {
      index.clear();
    },
  ]) {
    const index = load(['a', 'b']);
    empty(index);
    t.is(index.count, 0);
    t.is(index.find(bytes('a')), -1);
    t.is(index.insert(bytes('c')), 0);
    t.true(index.isLoading);
    t.is(index.find(bytes('c')), 0);
  }
});

test('a loaded index takes no more memory than one whose keys were inserted', (t) => {
  const keys = Array.from({ length: 20_000 }, (_, number) => `user:${String(number).padStart(9, '0')}`);
  const inserted = new OrderedKeyIndex();
  inserted.find(bytes(''));
  for (const key of keys) {
    inserted.insert(bytes(key));
    inserted.settle();
  }
  t.true(load(keys).bytesUsed <= inserted.bytesUsed);
});
