import test from 'ava';
import { OrderedKeyIndex } from '../../../src/engine/key-index/ordered-key-index.js';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

function load(keys: readonly string[]): OrderedKeyIndex {
  const index = new OrderedKeyIndex();
  const loader = index.load();
  for (const key of keys) {
    if (loader.add(bytes(key), 0, key.length, 0, 0) < 0) throw new Error(`${key} was refused`);
  }
  loader.finish();
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

test('a key that is not above the last one is refused, and those after it are still taken', (t) => {
  const index = new OrderedKeyIndex();
  const loader = index.load();
  const add = (key: string): number => loader.add(bytes(key), 0, key.length, 0, 0);
  t.is(add('bb'), 0);
  for (const refused of ['bb', 'b', '', 'ba', 'a', 'bazz']) t.is(add(refused), -1, refused);
  t.is(add('bb\0'), 1);
  for (const refused of ['bb\0', 'bb', 'b']) t.is(add(refused), -1, refused);
  t.is(add('c'), 2);
  loader.finish();
  t.deepEqual(walked(index), ['bb', 'bb\0', 'c']);
  t.is(index.count, 3);
});

test('an empty load leaves an empty index, to which keys can be added', (t) => {
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

test('only an empty index is loaded, and what was there before takes nothing', (t) => {
  const index = new OrderedKeyIndex();
  index.insert(bytes('a'));
  t.throws(() => index.load(), { instanceOf: RangeError });
  index.insert(bytes('b'));
  index.remove(bytes('a'));
  index.remove(bytes('b'));
  const loader = index.load();
  t.is(loader.add(bytes('c'), 0, 1, 0, 0), 0);
  loader.finish();
  t.is(index.find(bytes('c')), 0);
});

test('a loaded index takes no more memory than one whose keys were inserted', (t) => {
  const keys = Array.from({ length: 20_000 }, (_, number) => `user:${String(number).padStart(9, '0')}`);
  const inserted = new OrderedKeyIndex();
  for (const key of keys) inserted.insert(bytes(key));
  t.true(load(keys).bytesUsed <= inserted.bytesUsed);
});
