import test from 'ava';
import { OrderedKeyIndex } from '../../../src/engine/key-index/ordered-key-index.js';

const OPERATIONS = 1_000_000;
const SEED = 20_261;

/** Xorshift, so that a failure comes back with its seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Keys of many shapes: numbers, one or two bytes, hashes, long ones with much in common. */
function keyText(number: number): string {
  const shape = number % 8;
  const rest = number >>> 3;
  if (shape < 3) return `user:${String(rest).padStart(9, '0')}`;
  if (shape < 5) return String.fromCharCode(rest & 0xff, (rest >>> 8) & 0xff);
  if (shape === 5) return Math.imul(rest, 0x9e3779b1).toString(16);
  if (shape === 6) return 'x'.repeat(rest % 300);
  return `${'path/'.repeat(rest % 9)}${String(rest)}`;
}

test(`a million random operations leave what a Map has, seed ${String(SEED)}`, (t) => {
  const random = randomOf(SEED);
  const keys = Array.from({ length: 40_000 }, (_, number) => keyText(number));
  const encoded = keys.map((key) => Buffer.from(key, 'latin1'));
  const index = new OrderedKeyIndex();
  const model = new Map<string, number>();
  let wrong = 0;
  for (let i = 0; i < OPERATIONS; i++) {
    const number = random() % keys.length;
    const key = keys[number]!;
    const slot = model.get(key) ?? -1;
    const choice = random() % 100;
    // Growing and shrinking by turns.
    if (choice < ((i >>> 17) % 2 === 0 ? 55 : 25)) {
      const inserted = index.insert(encoded[number]!);
      if (slot >= 0 ? inserted !== slot : !index.inserted) wrong += 1;
      if (slot < 0) index.setWords(inserted, number, inserted);
      model.set(key, inserted);
    } else if (choice < 80) {
      if (index.remove(encoded[number]!) !== slot) wrong += 1;
      model.delete(key);
    } else if (index.find(encoded[number]!) !== slot) wrong += 1;
  }
  t.is(wrong, 0);
  t.is(index.count, model.size);
  const cursor = index.cursor();
  const walked: string[] = [];
  for (let slot = cursor.first(); slot >= 0; slot = cursor.next()) {
    const key = Buffer.from(index.keyOf(slot)).toString('latin1');
    walked.push(key);
    if (model.get(key) !== slot || keys[index.firstWord(slot)] !== key || index.secondWord(slot) !== slot)
      wrong += 1;
  }
  t.is(wrong, 0);
  t.deepEqual(walked, [...model.keys()].toSorted());
});
