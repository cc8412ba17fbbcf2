import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { GROUP_MARK_KEY } from '../../../src/engine/fold/format/group-mark.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

const value = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const puts = (...keys: string[]): KvUpdate[] => keys.map((key) => KvUpdate.put(key, value(`of ${key}`)));

function open(file: string): AppendLogFold {
  return AppendLogFold.open(file, Infinity, { compactOnOpen: false }).store;
}

function keysOf(store: AppendLogFold): string[] {
  const keys = store.range().map(({ key }) => key);
  store.close();
  return keys;
}

const load = (file: string): string[] => keysOf(AppendLogFold.load(file).store);

/** A log with an entry that was acknowledged, and behind it a group whose cursor was not written. */
function unfinished(folder: string): { readonly file: string; readonly whole: string } {
  const [file, whole] = [path.join(folder, 'unfinished.snap'), path.join(folder, 'whole.snap')];
  const store = open(whole);
  store.apply(puts('z'), store.cursor);
  store.write(KvUpdate.put('before', value('it')));
  store.writeGroup(puts('c', 'a', 'b'));
  store.checkpoint();
  copyFileSync(whole, file);
  // The cursor has 6 bytes.
  truncateSync(file, readFileSync(file).length - 6);
  store.close();
  return { file, whole };
}

test('a group is there once a cursor follows it', (t) => {
  const { file, whole } = unfinished(tempDir(t));
  t.deepEqual(load(whole), ['a', 'b', 'before', 'c', 'z']);
  t.deepEqual(load(file), ['before', 'z']);
});

test('the next writer cuts an unfinished group, keeps a copy of it, and goes on', (t) => {
  const folder = tempDir(t);
  const { file } = unfinished(folder);
  const store = open(file);
  t.is(store.cutTail?.finding.class, 'torn-tail');
  store.apply(puts('later'), store.cursor);
  t.deepEqual(keysOf(store), ['before', 'later', 'z']);
  t.deepEqual(load(file), ['before', 'later', 'z']);
});

test('verify calls an unfinished group torn, and a repair leaves all of it out', async (t) => {
  const folder = tempDir(t);
  const { file } = unfinished(folder);
  t.is((await commandLine(['verify', file])).exitCode, 4);
  t.is((await commandLine(['wal-replay', file])).exitCode, 4);
  const repaired = path.join(folder, 'repaired.snap');
  t.is((await commandLine(['repair', file, '--into', repaired])).exitCode, 0);
  t.deepEqual(load(repaired), ['before', 'z']);
});

test('a log without groups whose last apply has no cursor reads as before', (t) => {
  const file = path.join(tempDir(t), 'plain.snap');
  const store = open(file);
  store.apply(puts('z'), store.cursor);
  store.apply(puts('c', 'a'), store.cursor);
  const { length } = readFileSync(file);
  truncateSync(file, length - 6);
  t.deepEqual(load(file), ['a', 'c', 'z']);
  store.close();
});

test('a cursor that rotted behind a group does not take the group with it', (t) => {
  const { file, whole } = unfinished(tempDir(t));
  const bytes = readFileSync(whole);
  // Behind the group's cursor stands the closing one.
  const cut = bytes.subarray(0, bytes.length - 6);
  cut[cut.length - 6]! ^= 1;
  writeFileSync(file, cut);
  t.deepEqual(load(file), ['a', 'b', 'before', 'c', 'z']);
});

test('the key that marks groups is refused while an entry has it', (t) => {
  const file = path.join(tempDir(t), 'key.snap');
  const store = open(file);
  store.apply([KvUpdate.put(GROUP_MARK_KEY, value('x'))], store.cursor);
  t.throws(
    () => {
      store.writeGroup(puts('a', 'b'));
    },
    { code: 'NOT_REPRESENTABLE' },
  );
  t.is(store.count, 1);
  store.close();
});

test('wherever a log of groups is cut, a reader and the next writer see whole groups, in order', (t) => {
  const folder = tempDir(t);
  let run = 0;
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 5 }), {
        minLength: 1,
        maxLength: 5,
      }),
      fc.nat(),
      (groups, seed) => {
        const file = path.join(folder, `${run++}.snap`);
        const store = open(file);
        store.apply([], store.cursor);
        const start = readFileSync(file).length;
        const contents = [''];
        const content = new Map<string, string>();
        for (const [number, keys] of groups.entries()) {
          const last = [...new Set(keys)];
          store.writeGroup(last.map((key) => KvUpdate.put(`key ${key}`, value(`of ${number}`))));
          store.checkpoint();
          for (const key of last) content.set(`key ${key}`, `of ${number}`);
          contents.push(JSON.stringify([...content].sort()));
        }
        const { length } = readFileSync(file);
        const cut = path.join(folder, `${run++}.snap`);
        copyFileSync(file, cut);
        truncateSync(cut, start + (seed % (length - start + 1)));
        store.close();
        const seen = shown(AppendLogFold.load(cut).store);
        const found = shown(open(cut));
        return contents.includes(seen) && seen === found;
      },
    ),
    { numRuns: 60 },
  );
  t.pass();
});

function shown(store: AppendLogFold): string {
  const entries = store.range().map(({ key, value: bytes }) => [key, Buffer.from(bytes).toString()]);
  store.close();
  return entries.length === 0 ? '' : JSON.stringify(entries);
}
