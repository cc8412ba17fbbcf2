import test from 'ava';
import type { IndexEntry } from '../../../src/engine/repair/state/index-walk.js';
import { longestRun } from '../../../src/engine/repair/state/longest-run.js';

function entry(key: string, offset = 0): IndexEntry {
  return { key: Buffer.from(key), offset, length: 1 };
}

function keysOf(entries: Iterable<IndexEntry>): string[] {
  return Array.from(entries, ({ key }) => Buffer.from(key).toString());
}

const hasPlace = ({ offset }: IndexEntry): boolean => offset < 100;

test('a bogus key, however large, costs itself and nothing behind it', (t) => {
  const names = Array.from({ length: 40 }, (_, at) => `k${String(at).padStart(2, '0')}`);
  for (const windowEntries of [8, 64, 1000]) {
    for (const at of [0, 1, 7, 20, 39]) {
      const spoilt = names.map((name, index) => entry(index === at ? '\u007f' : name));
      const kept = keysOf(longestRun(spoilt, hasPlace, windowEntries));
      const good = names.filter((_, index) => index !== at);
      t.deepEqual(kept, at === 39 ? [...good, '\u007f'] : good, `${windowEntries}, ${at}`);
    }
  }
});

test('a bogus small key costs itself, and a doubled one is taken once', (t) => {
  const entries = ['a', 'b', 'A', 'c', 'c', 'd'].map((key) => entry(key));
  t.deepEqual(keysOf(longestRun(entries, hasPlace)), ['a', 'b', 'c', 'd']);
});

test('where keys are out of order, one whose value lies nowhere is the first to go', (t) => {
  const entries = [entry('a'), entry('z', 200), entry('b', 200), entry('b'), entry('c')];
  t.deepEqual(keysOf(longestRun(entries, hasPlace)), ['a', 'b', 'c']);
});
