import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { ContentDigest } from '../../../src/engine/bytes/hash/content-digest.js';
import { isInRange } from '../../../src/engine/entry-range.js';
import type { EntryRange } from '../../../src/engine/entry-cursor.js';
import { compareStores } from '../../../src/engine/inspect/compare-stores.js';
import { openReadable } from '../../../src/engine/inspect/open.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import type { ReadableStore } from '../../../src/engine/store/store.js';
import {
  buildDirectoryStore,
  buildFoldLog,
  type EntriesInOrder,
} from '../../../src/engine/transfer/build-store.js';
import { prepareExport } from '../../../src/engine/transfer/export-store.js';
import { tempDir } from '../../support/temp-dir.js';

/* Any two kinds are compared, and what is told is what two plain maps would tell. */

type Content = ReadonlyMap<string, string>;

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (data: Uint8Array): string => Buffer.from(data).toString();
const fileSystem = realFileSystem();

/** Shows the entries of a plain map in key order. */
function entriesOf(content: Content): EntriesInOrder {
  const sorted = [...content]
    .map(([key, value]) => [bytes(key), bytes(value)] as const)
    .sort(([a], [b]) => Buffer.compare(a, b));
  return (visit) => {
    for (const [key, value] of sorted) visit(key, value);
  };
}

const makers: Readonly<Record<string, (place: string, content: Content) => void>> = {
  'a state directory': (place, content) => {
    buildDirectoryStore(fileSystem, place, { forEachEntry: entriesOf(content), cores: 2 });
  },
  'a fold log': (place, content) => {
    buildFoldLog(fileSystem, place, { forEachEntry: entriesOf(content), cursor: undefined });
  },
  'an artifact of a state directory': (place, content) => {
    makers['a state directory']!(`${place}.store`, content);
    exportOf(`${place}.store`, place, 'tar');
  },
  'an artifact of a fold log': (place, content) => {
    makers['a fold log']!(`${place}.snap`, content);
    exportOf(`${place}.snap`, place, 'folder');
  },
};

function exportOf(source: string, destination: string, form: 'folder' | 'tar'): void {
  const prepared = prepareExport({ source, createdAtUnix: 0, scratchBeside: destination });
  prepared.writeTo(destination, form);
  prepared.close();
}

function digestOf(store: ReadableStore): string {
  const digest = new ContentDigest();
  for (const { key, value } of store.entries()) digest.add(key, value);
  return digest.hex();
}

/** The same of maps: the model. */
function expectedOf(before: Content, after: Content, range: EntryRange): string[][] {
  const keys = [...new Set([...before.keys(), ...after.keys()])]
    .filter((key) => isInRange(bytes(key), range))
    .sort((a, b) => Buffer.compare(bytes(a), bytes(b)));
  return keys.map((key) => {
    const [old, fresh] = [before.get(key), after.get(key)];
    if (old === undefined) return ['added', key, '-', fresh!];
    if (fresh === undefined) return ['removed', key, old, '-'];
    return [old === fresh ? 'same' : 'changed', key, old, fresh];
  });
}

const short = fc.string({ unit: fc.constantFrom('a', 'b', '\u00e9', '\0'), maxLength: 4 });
const content = fc
  .array(fc.tuple(short, fc.constantFrom('', '1', '2')), { maxLength: 12 })
  .map((pairs) => new Map(pairs));
const bound = fc.option(short.map(bytes), { nil: undefined });
const range = fc.record({ prefix: bound, from: bound, to: bound });
const kind = fc.constantFrom(...Object.keys(makers));

test('two stores of any kinds are compared as two maps would be, and are the same if their digests are', (t) => {
  const folder = tempDir(t);
  let number = 0;
  fc.assert(
    fc.property(kind, content, kind, content, range, (kindBefore, before, kindAfter, after, asked) => {
      const places = [path.join(folder, `before-${number}`), path.join(folder, `after-${number++}`)] as const;
      makers[kindBefore]!(places[0], before);
      makers[kindAfter]!(places[1], after);
      const first = openReadable(places[0]);
      const second = openReadable(places[1]);
      try {
        const told = (among?: EntryRange): string[][] =>
          [...compareStores(first, second, among)].map((one) => [
            one.outcome,
            text(one.key),
            one.before === undefined ? '-' : text(one.before),
            one.after === undefined ? '-' : text(one.after),
          ]);
        t.deepEqual(told(asked), expectedOf(before, after, asked));
        t.is(
          told().every(([outcome]) => outcome === 'same'),
          digestOf(first) === digestOf(second),
        );
      } finally {
        first.close();
        second.close();
      }
    }),
    { numRuns: 60 },
  );
});

test('it holds one entry of each store, and closes both when it is left early', (t) => {
  const closed: string[] = [];
  let held = 0;
  const endless = (name: string): Pick<ReadableStore, 'entries'> => ({
    *entries() {
      try {
        for (let index = 0; ; index++) {
          held = index;
          yield { key: bytes(String(index).padStart(9, '0')), value: bytes(name) };
        }
      } finally {
        closed.push(name);
      }
    },
  });
  let seen = 0;
  for (const { outcome } of compareStores(endless('one'), endless('other'))) {
    t.is(outcome, 'changed');
    t.true(held <= seen);
    if (++seen === 1_000) break;
  }
  t.deepEqual(closed, ['one', 'other']);
});
