import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { isInRange } from '../../../src/engine/entry-range.js';
import type { EntryRange } from '../../../src/engine/entry-cursor.js';
import { createStore, openReadable, openWritable } from '../../../src/engine/inspect/open.js';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { WalSegments } from '../../../src/engine/wal/write/segments.js';
import { tempDir } from '../../support/temp-dir.js';

/* Every kind of store shows the same content through one interface. */

type Pairs = readonly (readonly [string, string])[];

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (data: Uint8Array): string => Buffer.from(data).toString();

async function fill(file: string, kind: 'directory' | 'log', pairs: Pairs): Promise<void> {
  createStore(file, { kind, ...(kind === 'directory' ? { cores: 3 } : {}) });
  const store = await openWritable(file);
  for (const [index, [key, value]] of pairs.entries()) {
    store.put(bytes(key), bytes('overwritten'));
    store.put(bytes(key), bytes(value));
    if (index === 3) await store.checkpoint({});
  }
  await store.sync();
  store.close();
}

const makers: Readonly<Record<string, (file: string, pairs: Pairs) => void | Promise<void>>> = {
  'a state directory': (file, pairs) => fill(file, 'directory', pairs),
  'a fold log': (file, pairs) => fill(file, 'log', pairs),
  'a state file': (file, pairs) => {
    const store = MmapStateStore.persistent(`${file}.db`, 1024);
    for (const [key, value] of pairs) store.put(bytes(key), bytes(value));
    store.flush();
    store.close();
  },
  'a folder of segments': (file, pairs) => {
    const segments = WalSegments.create(file, 2);
    for (const [key, value] of pairs) segments.writer(key.length % 2).appendPut(bytes(key), bytes(value));
    for (const core of [0, 1]) segments.writer(core).sync();
  },
};

const short = fc.string({ unit: fc.constantFrom('a', 'b', '\u00e9', '\0'), maxLength: 4 });
const content = fc.uniqueArray(fc.tuple(short, fc.string({ maxLength: 9, unit: 'grapheme' })), {
  selector: ([key]) => key,
  maxLength: 10,
});
const bound = fc.option(short.map(bytes), { nil: undefined });
const range: fc.Arbitrary<EntryRange> = fc.record({
  prefix: bound,
  from: bound,
  after: bound,
  to: bound,
  reverse: fc.boolean(),
});

for (const [name, make] of Object.entries(makers)) {
  test(`${name} shows every entry of a range in order, and counts as many`, async (t) => {
    const folder = tempDir(t);
    let number = 0;
    await fc.assert(
      fc.asyncProperty(content, range, async (pairs, asked) => {
        const file = path.join(folder, `store-${number++}`);
        await make(file, pairs);
        const store = openReadable(name === 'a state file' ? `${file}.db` : file);
        try {
          const expected = pairs
            .filter(([key]) => isInRange(bytes(key), asked))
            .sort(([a], [b]) => Buffer.compare(bytes(a), bytes(b)));
          if (asked.reverse === true) expected.reverse();
          const found = [...store.entries(asked)].map(({ key, value }) => [text(key), text(value)]);
          t.deepEqual(found, expected as unknown as string[][]);
          // Each is told before the next one is asked for.
          const lent: string[][] = [];
          for (const { key, value } of store.lentEntries(asked)) lent.push([text(key), text(value)]);
          t.deepEqual(lent, found);
          t.deepEqual(
            [...store.keys(asked)].map(text),
            expected.map(([key]) => key),
          );
          t.is(store.count(asked), expected.length);
          t.is(store.count(), pairs.length);
          for (const [key, value] of pairs) t.is(text(store.get(bytes(key))!.value), value);
          t.is(store.get(bytes('absent')), undefined);
        } finally {
          store.close();
        }
      }),
      { numRuns: 40 },
    );
  });
}

for (const kind of ['directory', 'log'] as const) {
  test(`what was put is seen at once, and by others once it is synced: ${kind}`, async (t) => {
    const file = path.join(tempDir(t), 'store');
    const store = await openWritable(file, { create: { kind } });
    store.put(bytes('k'), bytes('v'));
    t.is(text(store.get(bytes('k'))!.value), 'v');
    await store.sync();
    const reader = openReadable(file);
    t.is(text(reader.get(bytes('k'))!.value), 'v');
    t.true(store.delete(bytes('k')));
    t.false(store.delete(bytes('k')));
    await store.sync();
    t.is(text(reader.get(bytes('k'))!.value), 'v', 'a reader is a snapshot');
    reader.close();
    await t.throwsAsync(openWritable(file), { code: 'LOCKED' } as never);
    store.close();
  });
}
