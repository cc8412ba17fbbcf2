import { readFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  AppendLogSnapshot,
  ContentDigest,
  CoreWalWriter,
  KvUpdate,
  MmapStateStore,
  MulticastBuffer,
  SharedMulticastBuffer,
  StateChangelogBuffer,
  StateChangelogEntry,
  StateDirectory,
  StateOp,
  StateSnapshot,
  VersionToken,
  WatchCursor,
  createSynchronousStorageIo,
  openReadable,
  openWritable,
  realFileSystem,
} from '../../src/engine/index.js';
import { tempDir } from '../support/temp-dir.js';

/* Arguments of a wrong type, as a caller without types gives them: each is a TypeError, and changes nothing. */

const KEY = Buffer.from('key');
const VALUE = Buffer.from('value');
/** None of them is bytes. */
const WRONG: readonly unknown[] = [
  'text',
  7,
  7n,
  null,
  true,
  {},
  [1, 2],
  new ArrayBuffer(4),
  new Uint16Array(2),
];

/** Calls with each wrong value, as if its type was the right one. */
function refuses(t: ExecutionContext, what: string, call: (wrong: never) => unknown, wrong = WRONG): void {
  for (const value of wrong) {
    const attempt = (): void => {
      const result = call(value as never);
      // Generators look at their arguments when they are first asked.
      if (typeof result === 'object' && result !== null && 'next' in result) (result as Generator).next();
    };
    const error = t.throws(attempt, { instanceOf: TypeError }, `${what} of ${String(value)}`);
    if (typeof value === 'string') t.false(error.message.includes(value), 'what it holds is not told');
  }
}

test('a state store takes nothing but bytes', (t) => {
  const store = MmapStateStore.inMemory(1024);
  store.put(KEY, VALUE);
  refuses(t, 'put key', (wrong) => store.put(wrong, VALUE));
  refuses(t, 'put value', (wrong) => store.put(KEY, wrong));
  refuses(t, 'get', (wrong) => store.get(wrong));
  refuses(t, 'getRef', (wrong) => store.getRef(wrong));
  refuses(t, 'contains', (wrong) => store.contains(wrong));
  refuses(t, 'findAt', (wrong) => store.findAt(wrong, 0, 1));
  refuses(t, 'delete', (wrong) => store.delete(wrong));
  refuses(t, 'getOrInsert', (wrong) => store.getOrInsert(wrong, VALUE));
  refuses(t, 'getOrInsert, of a key that is there', (wrong) => store.getOrInsert(KEY, wrong));
  refuses(t, 'allocate', (wrong) => store.allocate(wrong, 0, 1, 1));
  refuses(t, 'prefixScan', (wrong) => store.prefixScan(wrong));
  refuses(t, 'rangeScan', (wrong) => store.rangeScan(wrong, KEY));
  refuses(t, 'rangeScan end', (wrong) => store.rangeScan(KEY, wrong));
  for (const bound of ['prefix', 'from', 'after', 'to']) {
    refuses(t, `scan ${bound}`, (wrong) => store.scan({ [bound]: wrong }));
  }
  refuses(t, 'restore', (wrong) => store.restore(wrong));
  refuses(t, 'a snapshot', (wrong) => new StateSnapshot([{ key: KEY, value: wrong }], 0n));
  refuses(t, 'fromBytes', (wrong) => StateSnapshot.fromBytes(wrong));
  t.is(store.length, 1);
  t.deepEqual(Buffer.from(store.get(KEY)!), VALUE);
});

test('a changelog, a multicast buffer and a digest take nothing but bytes', (t) => {
  const changelog = StateChangelogBuffer.withCapacity(16);
  refuses(t, 'pushPut', (wrong) => changelog.pushPut(wrong, 0n, 1));
  refuses(t, 'pushDelete', (wrong) => changelog.pushDelete(wrong));
  refuses(t, 'hashKey', (wrong) => StateChangelogEntry.hashKey(wrong));
  refuses(t, 'fromKey', (wrong) => StateChangelogEntry.fromKey(wrong, 1n, 0n, 0, StateOp.put));
  const shared = SharedMulticastBuffer.create(4, 1, 64);
  for (const name of ['publish', 'tryPublish', 'stage'] as const) {
    refuses(t, name, (wrong) => shared[name](wrong));
  }
  t.true(new MulticastBuffer<string>(4, 1).tryPublish('one of objects takes any'));
  const digest = new ContentDigest();
  refuses(t, 'add key', (wrong) => digest.add(wrong, VALUE));
  refuses(t, 'add value', (wrong) => digest.add(KEY, wrong));
  refuses(t, 'startEntry', (wrong) => digest.startEntry(wrong, 1));
  refuses(t, 'addValueBytes', (wrong) => digest.addValueBytes(wrong));
  t.is(digest.hex(), new ContentDigest().hex());
});

test('a segment takes nothing but bytes, and is as good as before', (t) => {
  const file = path.join(tempDir(t), 'wal-0.log');
  const writer = CoreWalWriter.create(0, file);
  const entry = { epoch: 0n, sequence: 0n, coreId: 0, timestampNs: 1n, lag: undefined };
  refuses(t, 'appendPut', (wrong) => writer.appendPut(wrong, VALUE));
  refuses(t, 'appendPut value', (wrong) => writer.appendPut(KEY, wrong));
  refuses(t, 'appendPutParts', (wrong) => writer.appendPutParts(wrong, 0, 1, VALUE, 0, 1));
  refuses(t, 'appendPutParts value', (wrong) => writer.appendPutParts(KEY, 0, 1, wrong, 0, 1));
  refuses(t, 'appendDelete', (wrong) => writer.appendDelete(wrong));
  refuses(t, 'append put', (wrong) =>
    writer.append({ ...entry, operation: { op: 'put', key: wrong, value: VALUE } }),
  );
  refuses(t, 'append delete', (wrong) =>
    writer.append({ ...entry, operation: { op: 'delete', key: wrong } }),
  );
  refuses(t, 'append op', (wrong) => writer.append({ ...entry, operation: { op: wrong, key: KEY } }));
  refuses(t, 'appendCommit', (wrong) => writer.appendCommit(wrong, undefined));
  refuses(t, 'appendCommit offset', (wrong) => writer.appendCommit(new Map([['s', wrong]]), undefined), [
    '1',
    1,
    null,
  ]);
  refuses(t, 'appendCommit watermark', (wrong) => writer.appendCommit(new Map(), wrong), ['1', 1, null]);
  const io = createSynchronousStorageIo(realFileSystem());
  io.registerAppendPosition(3, 0);
  refuses(t, 'submitAppend', (wrong) => io.submitAppend(3, wrong));
  t.is(writer.position, 0);
  writer.appendPut(KEY, VALUE);
  writer.sync();
  t.is(readFileSync(file).length, writer.position);
  writer.close();
});

test('a state directory takes nothing but bytes, and a wrong argument poisons nothing', async (t) => {
  const store = path.join(tempDir(t), 'store');
  StateDirectory.create(store);
  const directory = await StateDirectory.open(store);
  directory.put(KEY, VALUE);
  await directory.sync();
  refuses(t, 'put', (wrong) => directory.put(wrong, VALUE));
  refuses(t, 'put value', (wrong) => directory.put(KEY, wrong));
  refuses(t, 'get', (wrong) => directory.get(wrong));
  refuses(t, 'has', (wrong) => directory.has(wrong));
  refuses(t, 'delete', (wrong) => directory.delete(wrong));
  for (const bound of ['prefix', 'from', 'after', 'to']) {
    refuses(t, `scan ${bound}`, (wrong) => directory.scan({ [bound]: wrong }));
    refuses(t, `keys ${bound}`, (wrong) => directory.keys({ [bound]: wrong }));
    refuses(t, `count ${bound}`, (wrong) => directory.count({ [bound]: wrong }));
  }
  for (const wrong of [{ s: 1n }, [['s', 1n]], null, 's', new Map([['s', 1]]), new Map([[1, 1n]])]) {
    await t.throwsAsync(directory.commit(wrong as never), { instanceOf: TypeError });
  }
  await t.throwsAsync(directory.commit(new Map([['s', -1n]])), { instanceOf: RangeError });
  await t.throwsAsync(directory.commit(new Map(), 1 as never), { instanceOf: TypeError });
  for (const keep of [0, 1.5, '2', null, Number.NaN]) {
    await t.throwsAsync(directory.checkpoint({ keep: keep as never }), { instanceOf: RangeError });
  }
  await directory.commit(new Map([['s', 1n]]));
  await directory.checkpoint();
  t.is(directory.count(), 1);
  t.deepEqual([...directory.progress.sources], [['s', 1n]]);
  directory.close();
  refuses(t, 'only', (wrong) => openReadable(store, { only: wrong }), ['key', 7, null]);
});

test('a fold log takes nothing but updates: what is no update changes nothing, and deletes nothing', (t) => {
  const file = path.join(tempDir(t), 'a.snap');
  const { store } = AppendLogSnapshot.open(file);
  store.apply([KvUpdate.put('key', VALUE)], WatchCursor.fromU64(1n));
  const before = readFileSync(file);
  const keys = WRONG.filter((wrong) => typeof wrong !== 'string');
  refuses(t, 'KvUpdate.put', (wrong) => KvUpdate.put('key', wrong));
  refuses(t, 'KvUpdate.put key', (wrong) => KvUpdate.put(wrong, VALUE), keys);
  refuses(t, 'KvUpdate.delete', (wrong) => KvUpdate.delete(wrong), keys);
  refuses(t, 'KvUpdate.purge', (wrong) => KvUpdate.purge(wrong), keys);
  refuses(t, 'a version', (wrong) => KvUpdate.delete('key', wrong));
  const updates = [
    { op: 'delte', key: 'key' },
    { op: 'PUT', key: 'key', value: VALUE },
    { key: 'key' },
    { op: undefined, key: 'key' },
    { op: 'put', key: 'key', value: 'text' },
    { op: 'put', key: 'key' },
    { op: 'delete', key: 7 },
    { op: 'delete' },
    { op: 'delete', key: 'key', version: '1' },
    null,
    'delete',
  ];
  for (const wrong of updates) {
    const what = JSON.stringify(wrong);
    t.throws(() => store.write(wrong as never), { instanceOf: TypeError }, what);
    const batch = [KvUpdate.delete('key'), wrong as never];
    t.throws(() => store.apply(batch, WatchCursor.fromU64(2n)), { instanceOf: TypeError }, what);
  }
  refuses(t, 'apply cursor', (wrong) => store.apply([KvUpdate.delete('key')], wrong));
  refuses(t, 'checkpoint', (wrong) => store.checkpoint(wrong));
  for (const name of ['get', 'contains', 'range'] as const)
    refuses(t, name, (wrong) => store[name](wrong), keys);
  refuses(t, 'VersionToken.fromBytes', (wrong) => VersionToken.fromBytes(wrong));
  refuses(t, 'VersionToken.fromU64', (wrong) => VersionToken.fromU64(wrong), ['1', 1, null]);
  refuses(t, 'WatchCursor.fromBytes', (wrong) => WatchCursor.fromBytes(wrong));
  refuses(t, 'WatchCursor.fromU64', (wrong) => WatchCursor.fromU64(wrong), ['1', 1, null]);
  refuses(t, 'WatchCursor.fromVersion', (wrong) => WatchCursor.fromVersion(wrong));
  t.deepEqual(readFileSync(file), before);
  t.deepEqual(Buffer.from(store.get('key')!.value), VALUE);
  store.close();
});

for (const name of ['store', 'store.snap']) {
  test(`a store of any kind takes nothing but bytes: ${name}`, async (t) => {
    const file = path.join(tempDir(t), name);
    const store = await openWritable(file, { create: {} });
    store.put(KEY, VALUE);
    await store.sync();
    refuses(t, 'put', (wrong) => store.put(wrong, VALUE));
    refuses(t, 'put value', (wrong) => store.put(KEY, wrong));
    refuses(t, 'get', (wrong) => store.get(wrong));
    refuses(t, 'delete', (wrong) => store.delete(wrong));
    refuses(t, 'count', (wrong) => store.count({ from: wrong }));
    refuses(t, 'entries', (wrong) => store.entries({ prefix: wrong }));
    if (store.kind === 'log') refuses(t, 'setCursor', (wrong) => store.setCursor(wrong));
    await store.sync();
    t.is(store.count(), 1);
    store.close();
    const reader = openReadable(file);
    refuses(t, 'get of a reader', (wrong) => reader.get(wrong));
    reader.close();
  });
}
