import test from 'ava';
import { OrderedKeyIndex } from '../../../src/engine/state/key-index.js';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

test('keys are found by their bytes and walked in order both ways', (t) => {
  const index = new OrderedKeyIndex();
  for (const text of ['b', '', 'ab', 'a', '\xff', '\x00', 'abc']) index.insert(bytes(text));
  const cursor = index.cursor();
  const forwards: string[] = [];
  for (let slot = cursor.first(); slot >= 0; slot = cursor.next()) {
    forwards.push(Buffer.from(index.keyOf(slot)).toString('latin1'));
  }
  t.deepEqual(forwards, ['', '\x00', 'a', 'ab', 'abc', 'b', '\xff']);
  const backwards: string[] = [];
  for (let slot = cursor.last(); slot >= 0; slot = cursor.previous()) {
    backwards.push(Buffer.from(index.keyOf(slot)).toString('latin1'));
  }
  t.deepEqual(backwards, forwards.toReversed());
  t.is(index.find(bytes('abcd')), -1);
  t.is(index.remove(bytes('ab')), index.insert(bytes('ac')));
  t.is(cursor.seekFirst(bytes('ab')), index.find(bytes('abc')));
  t.is(cursor.seekLast(bytes('ab')), index.find(bytes('a')));
});
