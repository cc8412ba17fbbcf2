import test from 'ava';
import { isStatelogError } from '../../../src/engine/errors.js';
import { OrderedKeyIndex } from '../../../src/engine/key-index/ordered-key-index.js';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const text = (key: Uint8Array): string => Buffer.from(key).toString('latin1');

function indexOf(...keys: string[]): OrderedKeyIndex {
  const index = new OrderedKeyIndex();
  for (const key of keys) index.insert(bytes(key));
  return index;
}

function keysOf(index: OrderedKeyIndex): string[] {
  const keys: string[] = [];
  const cursor = index.cursor();
  for (let slot = cursor.first(); slot >= 0; slot = cursor.next()) keys.push(text(index.keyOf(slot)));
  return keys;
}

/** The numbers from 0 to `count - 1`, each once, in an order that jumps about. */
function* jumping(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield (i * 7919) % count;
}

test('keys are found by their bytes and walked in order both ways', (t) => {
  const index = indexOf('b', '', 'ab', 'a', '\xff', '\x00', 'abc');
  const forwards = ['', '\x00', 'a', 'ab', 'abc', 'b', '\xff'];
  t.deepEqual(keysOf(index), forwards);
  const cursor = index.cursor();
  const backwards: string[] = [];
  for (let slot = cursor.last(); slot >= 0; slot = cursor.previous()) backwards.push(text(index.keyOf(slot)));
  t.deepEqual(backwards, forwards.toReversed());
  t.is(index.find(bytes('abcd')), -1);
  t.is(cursor.seekFirst(bytes('aba')), index.find(bytes('abc')));
  t.is(cursor.seekLast(bytes('ab')), index.find(bytes('a')));
});

test('an empty index has nothing to find, remove or walk', (t) => {
  const index = new OrderedKeyIndex();
  const cursor = index.cursor();
  t.is(index.find(bytes('')), -1);
  t.is(index.remove(bytes('')), -1);
  const moves = [cursor.first(), cursor.last(), cursor.next(), cursor.previous(), cursor.slot];
  t.deepEqual(moves, [-1, -1, -1, -1, -1]);
  t.deepEqual([cursor.seekFirst(bytes('')), cursor.seekLast(bytes('x'))], [-1, -1]);
});

test('inserting a key again answers its slot, and says that it was there', (t) => {
  const index = new OrderedKeyIndex();
  const slot = index.insert(bytes('a'));
  t.true(index.inserted);
  index.setWords(slot, 0xffff_ffff, 7);
  t.is(index.insertAt(bytes('xax'), 1, 1), slot);
  t.false(index.inserted);
  t.deepEqual([index.firstWord(slot), index.secondWord(slot)], [0xffff_ffff, 7]);
  t.is(index.count, 1);
});

test('the slot of a removed key goes to the next one, with words of 0', (t) => {
  const index = indexOf('a', 'b', 'c');
  const slot = index.find(bytes('b'));
  index.setWords(slot, 1, 2);
  t.is(index.removeAt(bytes('abc'), 1, 1), slot);
  t.is(index.insert(bytes('d')), slot);
  t.deepEqual([index.firstWord(slot), index.secondWord(slot)], [0, 0]);
  t.is(index.slotLimit, 3);
});

test('a slot that no key has, and a key that lies outside its bytes, are wrong calls', (t) => {
  const index = indexOf('a', 'b');
  const slot = index.remove(bytes('a'));
  for (const wrong of [slot, 2, -1, NaN]) {
    t.throws(() => index.keyOf(wrong), { instanceOf: RangeError });
    t.throws(() => index.copyKey(wrong, new Uint8Array(9), 0), { instanceOf: RangeError });
    t.throws(() => index.compareKey(wrong, bytes('a'), 0, 1), { instanceOf: RangeError });
    t.throws(() => index.keyStartsWith(wrong, bytes('a')), { instanceOf: RangeError });
  }
  const key = bytes('abc');
  const places: [number, number][] = [
    [1, 3],
    [-1, 1],
    [0, -1],
    [NaN, 1],
  ];
  for (const [start, length] of places) {
    t.throws(() => index.findAt(key, start, length), { instanceOf: RangeError });
    t.throws(() => index.insertAt(key, start, length), { instanceOf: RangeError });
    t.throws(() => index.removeAt(key, start, length), { instanceOf: RangeError });
    t.throws(() => index.cursor().seekFirstAt(key, start, length), { instanceOf: RangeError });
    t.throws(() => index.cursor().seekLastAt(key, start, length), { instanceOf: RangeError });
  }
  t.throws(() => index.copyKey(index.find(bytes('b')), new Uint8Array(3), 3), { instanceOf: RangeError });
  t.deepEqual(keysOf(index), ['b']);
});

test('keys may be of any length', (t) => {
  const lengths = [
    0, 1, 11, 12, 13, 22, 23, 24, 127, 140, 141, 65_535, 65_536, 262_156, 1_048_576, 5_000_000,
  ];
  const index = new OrderedKeyIndex();
  const keys = lengths.map((length) => new Uint8Array(length).fill(0xff));
  for (const key of keys.toReversed()) index.insert(key);
  const cursor = index.cursor();
  const found: number[] = [];
  for (let slot = cursor.first(); slot >= 0; slot = cursor.next()) found.push(index.keyLengthOf(slot));
  t.deepEqual(found, lengths);
  for (const key of keys)
    t.true(Buffer.from(index.keyOf(index.find(key))).equals(key), `${String(key.length)} bytes`);
  for (const key of keys) {
    if (key.length === 0) continue;
    const other = key.slice();
    other[key.length - 1] = 0xfe;
    t.is(index.find(other), -1);
  }
  const into = new Uint8Array(65_537);
  t.is(index.copyKey(index.find(new Uint8Array(65_535).fill(0xff)), into, 1), 65_535);
  t.deepEqual([into[0], into[1], into[65_535], into[65_536]], [0, 0xff, 0xff, 0]);
});

test('a key whose positions could not be kept is refused', (t) => {
  const index = indexOf('a');
  const error = t.throws(() => index.insert(new Uint8Array(2 ** 30)));
  t.true(isStatelogError(error, 'LIMIT_EXCEEDED'));
  t.deepEqual(keysOf(index), ['a']);
});

test('each key that begins the next one is walked before it, a thousand deep', (t) => {
  const index = new OrderedKeyIndex();
  const long = '\x00'.repeat(1000);
  for (const length of jumping(1001)) index.insert(bytes(long.slice(0, length)));
  t.deepEqual(
    keysOf(index).map((key) => key.length),
    Array.from({ length: 1001 }, (_, length) => length),
  );
  for (const length of jumping(1001)) t.not(index.remove(bytes(long.slice(0, length))), -1);
  t.is(index.count, 0);
});

test('a key that is not there is sought to its neighbours, in nodes of any width', (t) => {
  const problems: string[] = [];
  for (let count = 1; count <= 256; count = Math.ceil(count * 1.3)) {
    for (const spread of [1, 5, 37]) {
      const keys = Array.from(
        { length: count },
        (_, at) => `k${String.fromCharCode((100 + at * spread) % 256)}`,
      );
      const sorted = ['a', ...keys.toSorted(), 'z'];
      const index = indexOf(...sorted);
      const cursor = index.cursor();
      for (let byte = 0; byte < 256; byte++) {
        const key = `k${String.fromCharCode(byte)}`;
        const above = cursor.seekFirst(bytes(key));
        const below = cursor.seekLast(bytes(key));
        if (text(index.keyOf(above)) !== sorted.find((other) => other >= key)) problems.push(`${key} first`);
        if (text(index.keyOf(below)) !== sorted.findLast((other) => other < key))
          problems.push(`${key} last`);
      }
    }
  }
  t.deepEqual(problems, []);
});

test('a branch whose keys are all removed leaves the others', (t) => {
  const index = indexOf('a', 'z');
  const keys = Array.from({ length: 256 }, (_, byte) => `k${String.fromCharCode(byte)}`);
  for (const key of keys) index.insert(bytes(key));
  for (const number of jumping(256)) index.remove(bytes(keys[number]!));
  t.deepEqual(keysOf(index), ['a', 'z']);
  index.insert(bytes('k'));
  t.deepEqual(keysOf(index), ['a', 'k', 'z']);
});

test('keys of 14 bytes take less than 48 bytes each beyond their own, in any order', (t) => {
  const ascending = new OrderedKeyIndex();
  const random = new OrderedKeyIndex();
  for (let i = 0; i < 50_000; i++) {
    ascending.insert(bytes(`user:${String(i).padStart(9, '0')}`));
    random.insert(bytes(`user:${String((i * 7_654_321) % 999_999_937).padStart(9, '0')}`));
  }
  t.true(ascending.bytesUsed / 50_000 < 14 + 48, String(ascending.bytesUsed / 50_000));
  t.true(random.bytesUsed / 50_000 < 14 + 48, String(random.bytesUsed / 50_000));
});

test('the memory of removed long keys is used again, and let go', (t) => {
  const index = new OrderedKeyIndex();
  const key = (i: number): Uint8Array =>
    bytes(`${String(i).padStart(6, '0')}${'x'.repeat(190 + (i % 7) * 40)}`);
  for (let i = 0; i < 20_000; i++) index.insert(key(i));
  const full = index.bytesUsed;
  for (let i = 20_000; i < 60_000; i++) {
    index.remove(key(i - 20_000));
    index.insert(key(i));
  }
  t.true(
    index.bytesUsed < 2.5 * full,
    `${String(index.bytesUsed)} of ${String(full)} while keys come and go`,
  );
  for (let i = 40_000; i < 60_000; i++) if (i % 10 !== 0) index.remove(key(i));
  t.true(index.bytesUsed < 0.5 * full, `${String(index.bytesUsed)} of ${String(full)} with a tenth left`);
  for (let i = 40_000; i < 60_000; i += 10)
    t.true(Buffer.from(index.keyOf(index.find(key(i)))).equals(key(i)));
  index.clear();
  t.true(index.bytesUsed < 100);
});

test('a long key that comes and goes over and over takes no more memory', (t) => {
  const index = indexOf('short');
  for (let i = 0; i < 20_000; i++) {
    const key = bytes(`${String(i)}${'x'.repeat(500)}`);
    index.insert(key);
    index.remove(key);
  }
  t.true(index.bytesUsed < 1000, String(index.bytesUsed));
});

test('a key can be looked at where it lies, short or long', (t) => {
  const index = new OrderedKeyIndex();
  for (const length of [0, 1, 22, 23, 24, 40, 5000]) {
    const key = new Uint8Array(length).map((_, at) => at);
    const slot = index.insert(key);
    const { keyBytes, keyStart, keyLength } = index.locateKey(slot);
    t.deepEqual(new Uint8Array(keyBytes.subarray(keyStart, keyStart + keyLength)), key);
  }
  t.throws(() => index.locateKey(99), { instanceOf: RangeError });
});
