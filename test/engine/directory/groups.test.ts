import { hostname } from 'node:os';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { DirectoryLayout } from '../../../src/engine/directory/manifest/layout.js';
import { coreOfKey } from '../../../src/engine/directory/state/core-state.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { Follow } from '../../../src/engine/inspect/follow/follow.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { groupMark, groupOfOffsets } from '../../../src/engine/wal/format/group-mark.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const text = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value).toString();

function puts(...keys: string[]): { key: Uint8Array; value: Uint8Array }[] {
  return keys.map((key) => ({ key: bytes(key), value: bytes(`value of ${key}`) }));
}

function keysOf(store: StateDirectory): string[] {
  return [...store.keys()].map((key) => text(key)!);
}

/** Leaves a store as a writer does that dies: its text stays in LOCK. */
function asAfterADeath(root: string): void {
  writeFileSync(path.join(root, 'CLOSED'), '');
  writeFileSync(
    new DirectoryLayout(root).lock,
    JSON.stringify({ pid: 4_000_000, host: hostname(), since: '2026-01-01T00:00:00Z' }) + '\n',
  );
}

test('all changes of a group are seen at once, the last of a key counts, and sources go with them', async (t) => {
  const root = path.join(tempDir(t), 'store');
  StateDirectory.create(root, { cores: 3 });
  const store = await StateDirectory.open(root);
  store.put(bytes('gone'), bytes('x'));
  store.writeGroup(
    [
      ...puts('a', 'b', 'c', 'd'),
      { key: bytes('gone'), value: undefined },
      { key: bytes('never there'), value: undefined },
      { key: bytes('a'), value: bytes('last') },
    ],
    { offsets: new Map([['orders', 4n]]), watermark: 9n },
  );
  t.deepEqual(keysOf(store), ['a', 'b', 'c', 'd']);
  t.is(text(store.get(bytes('a'))), 'last');
  await store.sync();
  store.close();
  const reader = StateDirectory.openReadOnly(root);
  t.deepEqual(keysOf(reader), ['a', 'b', 'c', 'd']);
  t.deepEqual([...reader.progress.sources], [['orders', 4n]]);
  t.is(reader.progress.watermark, 9n);
  reader.close();
});

test('of a group that does not fit nothing is written', async (t) => {
  const root = path.join(tempDir(t), 'store');
  StateDirectory.create(root);
  const store = await StateDirectory.open(root);
  const tooLong = { key: bytes('long'), value: new Uint8Array(257 * 1024 * 1024) };
  t.throws(
    () => {
      store.writeGroup([...puts('a'), tooLong]);
    },
    { code: 'LIMIT_EXCEEDED' },
  );
  t.deepEqual(keysOf(store), []);
  await store.sync();
  store.close();
});

test('wherever the log is cut, a reader and the next writer see whole groups, in order', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 6 }), {
        minLength: 1,
        maxLength: 5,
      }),
      fc.nat(),
      async (groups, seed) => {
        const root = path.join(tempDir(t), 'store');
        StateDirectory.create(root);
        const store = await StateDirectory.open(root);
        const contents: string[] = [''];
        const content = new Map<string, string>();
        for (const [number, keys] of groups.entries()) {
          store.writeGroup(
            keys.map((key) => ({ key: bytes(`key ${key}`), value: bytes(`of group ${number}`) })),
          );
          for (const key of keys) content.set(`key ${key}`, `of group ${number}`);
          contents.push(JSON.stringify([...content].sort()));
        }
        await store.sync();
        store.close();
        const segment = new DirectoryLayout(root).segment(1n, 0);
        truncateSync(segment, seed % (readFileSync(segment).length + 1));
        asAfterADeath(root);
        const reader = StateDirectory.openReadOnly(root);
        const seen = shown(reader);
        reader.close();
        const writer = await StateDirectory.open(root);
        const found = shown(writer);
        writer.put(bytes('after'), bytes('it'));
        await writer.sync();
        writer.close();
        const again = StateDirectory.openReadOnly(root);
        const kept = text(again.get(bytes('after')));
        again.close();
        return contents.includes(seen) && seen === found && kept === 'it';
      },
    ),
    { numRuns: 40 },
  );
  t.pass();
});

function shown(store: StateDirectory): string {
  const entries = [...store.scan()].map(({ key, value }) => [text(key), text(value)]);
  return entries.length === 0 ? '' : JSON.stringify(entries.sort());
}

test('a group in several cores of which one has not got its part is in none, and verify calls it torn', async (t) => {
  const root = path.join(tempDir(t), 'store');
  StateDirectory.create(root, { cores: 2 });
  const store = await StateDirectory.open(root);
  store.writeGroup(puts('whole 1', 'whole 2', 'whole 3', 'whole 4'));
  await store.sync();
  const layout = new DirectoryLayout(root);
  const before = readFileSync(layout.segment(1n, 1)).length;
  store.writeGroup(puts('a', 'b', 'c', 'd', 'e', 'f'));
  store.put(bytes('behind it'), bytes('never acknowledged'));
  await store.sync();
  store.close();
  t.true(readFileSync(layout.segment(1n, 1)).length > before);
  truncateSync(layout.segment(1n, 1), before);
  asAfterADeath(root);

  const reader = StateDirectory.openReadOnly(root);
  t.deepEqual(keysOf(reader), ['whole 1', 'whole 2', 'whole 3', 'whole 4']);
  reader.close();
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
    const single = StateDirectory.openReadOnly(root, { only: bytes(key) });
    t.is(single.get(bytes(key)), undefined);
    single.close();
  }
  t.is((await commandLine(['verify', root])).exitCode, 4);
  t.is((await commandLine(['wal-replay', root])).exitCode, 4);
  const repaired = path.join(tempDir(t), 'repaired');
  t.is((await commandLine(['repair', root, '--into', repaired])).exitCode, 0);
  t.is((await commandLine(['scan', repaired, '--count'])).stdout, '4\n');
  const writer = await StateDirectory.open(root);
  t.deepEqual(keysOf(writer), ['whole 1', 'whole 2', 'whole 3', 'whole 4']);
  t.is(writer.recovery!.cut.length, 1);
  writer.put(bytes('later'), bytes('x'));
  await writer.sync();
  writer.close();
  const again = StateDirectory.openReadOnly(root);
  t.deepEqual(keysOf(again), ['later', 'whole 1', 'whole 2', 'whole 3', 'whole 4']);
  again.close();
});

test('a group is not there without one before it that shares a core and was not on disk', async (t) => {
  const root = path.join(tempDir(t), 'store');
  StateDirectory.create(root, { cores: 3 });
  const layout = new DirectoryLayout(root);
  const inCore = (core: number, count: number): string[] => {
    const keys = Array.from({ length: 200 }, (_, index) => `key ${index}`);
    return keys.filter((key) => coreOfKey(bytes(key), 3) === core).slice(0, count);
  };
  const store = await StateDirectory.open(root);
  const [zero, one, two] = [inCore(0, 2), inCore(1, 1), inCore(2, 1)] as const;
  store.writeGroup(puts(zero[0]!, one[0]!));
  store.writeGroup(puts(zero[1]!, two[0]!));
  await store.sync();
  store.close();
  // Of the first group the part in core 1 is missing; all of the second is there.
  truncateSync(layout.segment(1n, 1), 0);
  asAfterADeath(root);
  const reader = StateDirectory.openReadOnly(root);
  t.deepEqual(keysOf(reader), []);
  reader.close();
  const writer = await StateDirectory.open(root);
  t.deepEqual(keysOf(writer), []);
  t.is(writer.recovery!.cut.length, 2);
  writer.close();
});

test('a group whose last record rotted after it was on disk is damaged, and not taken for an unfinished one', async (t) => {
  const root = path.join(tempDir(t), 'store');
  StateDirectory.create(root);
  const store = await StateDirectory.open(root);
  store.writeGroup(puts('a', 'b', 'c'));
  await store.sync();
  const segment = new DirectoryLayout(root).segment(1n, 0);
  const end = readFileSync(segment).length;
  store.put(bytes('d'), bytes('later'));
  await store.sync();
  store.close();
  const content = readFileSync(segment);
  content[end - 20]! ^= 0x10;
  writeFileSync(segment, content);
  asAfterADeath(root);
  const repaired = path.join(tempDir(t), 'repaired');
  t.is((await commandLine(['repair', root, '--into', repaired])).exitCode, 3);
  t.is((await commandLine(['verify', repaired])).exitCode, 0);
  t.is((await commandLine(['scan', repaired, '--keys-only'])).stdout, 'a\nb\nd\n');
  t.throws(() => StateDirectory.openReadOnly(root), { code: 'DAMAGED' });
  await t.throwsAsync(StateDirectory.open(root), { code: 'DAMAGED' });
});

test('whoever follows is shown a group once all of it is there', async (t) => {
  const root = path.join(tempDir(t), 'store');
  StateDirectory.create(root, { cores: 2 });
  const store = await StateDirectory.open(root);
  const follow = Follow.open(realFileSystem(), root);
  const told = (): number => {
    let records = 0;
    for (let event = follow.next(); event !== 'waiting'; event = follow.next())
      if (event === 'record') records += 1;
    return records;
  };
  store.writeGroup(puts('a', 'b', 'c', 'd', 'e', 'f'));
  await store.sync();
  const layout = new DirectoryLayout(root);
  const whole = [0, 1].map((core) => readFileSync(layout.segment(1n, core)));
  store.close();
  // A mark in each segment, and six puts.
  for (const [first, second] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const copy = path.join(tempDir(t), 'copy');
    StateDirectory.create(copy, { cores: 2 });
    const target = new DirectoryLayout(copy);
    const reading = Follow.open(realFileSystem(), copy);
    const count = (): number => {
      let records = 0;
      for (let event = reading.next(); event !== 'waiting'; event = reading.next())
        if (event === 'record') records += 1;
      return records;
    };
    writeFileSync(target.segment(1n, first), whole[first]!);
    t.is(count(), 0);
    writeFileSync(target.segment(1n, second), whole[second]!);
    t.is(count(), 8);
    reading.close();
  }
  t.is(told(), 8);
  follow.close();
});

test('the mark of a group names its cores and nothing else', (t) => {
  const ends = new Map([
    [0, 12n],
    [31, 2n ** 40n],
  ]);
  t.deepEqual(groupOfOffsets(groupMark(ends)), ends);
  t.is(groupOfOffsets(new Map()), undefined);
  t.is(groupOfOffsets(new Map([['orders', 3n]])), undefined);
  t.is(groupOfOffsets(new Map([['\0group/x', 3n]])), undefined);
  t.is(
    groupOfOffsets(
      new Map([
        ['\0group/1', 3n],
        ['orders', 3n],
      ]),
    ),
    undefined,
  );
});
