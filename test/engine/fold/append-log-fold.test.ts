import { mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { isStatelogError, type ErrorCode, type StatelogError } from '../../../src/engine/errors.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { VersionToken } from '../../../src/engine/fold/format/version-token.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { cursorRecord, logOf, putRecord } from './log-bytes.js';

const none = WatchCursor.none();
const bytes = toUtf8;

function codeOf(work: () => unknown): ErrorCode | undefined {
  try {
    work();
  } catch (error) {
    if (isStatelogError(error)) return error.code;
    throw error;
  }
  return undefined;
}

test('a new log holds what is applied to it, in key order, with its versions and its cursor', (t) => {
  const file = path.join(tempDir(t), 'new.snap');
  const { cursor, store } = AppendLogFold.open(file);
  t.true(cursor.isNone);
  const version = VersionToken.fromU64(7n);
  store.apply(
    [KvUpdate.put('b', bytes('2'), version), KvUpdate.put('a', bytes('1'))],
    WatchCursor.fromU64(7n),
  );
  store.apply([KvUpdate.put('c', bytes('3')), KvUpdate.purge('a')], WatchCursor.fromU64(8n));
  t.is(store.count, 2);
  t.deepEqual(
    store.range().map(({ key, value }) => [key, Buffer.from(value).toString()]),
    [
      ['b', '2'],
      ['c', '3'],
    ],
  );
  t.true(store.get('b')?.version.equals(version));
  t.is(store.get('a'), undefined);
  t.true(store.contains('c'));
  t.is(store.cursor.asU64(), 8n);
  store.close();
  const again = AppendLogFold.load(file);
  t.is(again.cursor.asU64(), 8n);
  t.is(again.store.count, 2);
  again.store.close();
});

test('a value is seen as soon as it is written, and again after the log was flushed, grown and rewritten', (t) => {
  const { store } = AppendLogFold.open(path.join(tempDir(t), 'grow.snap'));
  const value = (index: number): Uint8Array => new Uint8Array(50_000).fill(index);
  for (let index = 0; index < 60; index++) {
    store.write(KvUpdate.put(`key ${index}`, value(index)));
    t.deepEqual(store.get(`key ${index}`)?.value, value(index));
    t.deepEqual(store.get('key 0')?.value, value(0));
    if (index % 7 === 0) store.checkpoint();
    if (index % 20 === 0) store.compact();
  }
  t.is(store.range().length, 60);
  store.close();
});

test('a range is all keys with a prefix, in the order of their bytes', (t) => {
  const { store } = AppendLogFold.open(path.join(tempDir(t), 'range.snap'));
  const keys = ['route/2', 'route/10', 'route', 'routes', 'é', 'z', '𝛼', '\uffff', 'a'];
  store.apply(
    keys.map((key) => KvUpdate.put(key, bytes(key))),
    none,
  );
  const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  t.deepEqual(
    store.range('').map(({ key }) => key),
    sorted,
  );
  t.deepEqual(
    store.range('route/').map(({ key }) => key),
    ['route/10', 'route/2'],
  );
  t.deepEqual(
    store.range(Uint8Array.of(0xc3)).map(({ key }) => key),
    ['é'],
  );
  t.deepEqual(store.range('nothing'), []);
  const visited: string[] = [];
  t.throws(
    () => {
      store.forEachInRange('', ({ key }) => {
        visited.push(key);
        if (visited.length === 2) throw new Error('enough');
      });
    },
    { message: 'enough' },
  );
  t.deepEqual(visited, sorted.slice(0, 2));
  store.close();
});

test('what a log cannot hold is refused before anything is written', (t) => {
  const file = path.join(tempDir(t), 'limits.snap');
  const { store } = AppendLogFold.open(file);
  store.apply([KvUpdate.put('a', bytes('1'))], none);
  const before = readFileSync(file);
  const good = KvUpdate.put('good', bytes('x'));
  const refuse = (update: KvUpdate): ErrorCode | undefined =>
    codeOf(() => {
      store.apply([good, update], none);
    });
  t.is(refuse(KvUpdate.put(Uint8Array.of(0xff), bytes(''))), 'NOT_REPRESENTABLE');
  t.is(refuse(KvUpdate.delete('\ud800')), 'NOT_REPRESENTABLE');
  t.is(refuse(KvUpdate.put('k'.repeat(65_536), bytes(''))), 'NOT_REPRESENTABLE');
  t.is(refuse(KvUpdate.put('é'.repeat(32_768), bytes(''))), 'NOT_REPRESENTABLE');
  t.is(refuse(KvUpdate.put('k', new Uint8Array(16 * 1024 * 1024 + 1))), 'LIMIT_EXCEEDED');
  t.deepEqual(readFileSync(file), before);
  t.is(store.get('good'), undefined);
  store.apply([KvUpdate.put('k'.repeat(65_535), new Uint8Array(16 * 1024 * 1024))], none);
  t.is(store.get('k'.repeat(65_535))?.value.length, 16 * 1024 * 1024);
  store.close();
  const again = AppendLogFold.load(file).store;
  t.is(again.count, 2);
  again.close();
});

test('a second writer is refused while the first has the log, through a link too, and readers are not', (t) => {
  const folder = tempDir(t);
  const file = path.join(folder, 'locked.snap');
  const link = path.join(folder, 'link.snap');
  symlinkSync(file, link);
  const first = AppendLogFold.open(file).store;
  first.apply([KvUpdate.put('a', bytes('1'))], none);
  const locked = t.throws<StatelogError>(() => AppendLogFold.open(file));
  t.is(locked.code, 'LOCKED');
  t.is(locked.details.holder?.pid, process.pid);
  t.is(
    codeOf(() => AppendLogFold.open(link)),
    'LOCKED',
  );
  first.compact();
  t.is(
    codeOf(() => AppendLogFold.open(file)),
    'LOCKED',
  );
  const reader = AppendLogFold.load(link).store;
  t.is(reader.count, 1);
  first.close();
  const second = AppendLogFold.open(link).store;
  second.apply([KvUpdate.delete('a')], none);
  second.close();
  t.is(reader.get('a')?.value.length, 1, 'a reader goes on seeing what it opened');
  reader.close();
  t.true(statSync(file).isFile());
  t.deepEqual(readdirSync(folder), ['link.snap', 'locked.snap']);
});

test('a reader changes nothing, not even a time, whatever the log is like', (t) => {
  const folder = tempDir(t);
  const file = path.join(folder, 'log.snap');
  writeFileSync(file, readFileSync(fixturePath('fold-log.snap')).subarray(0, 24_720));
  const before = statSync(file, { bigint: true });
  const { store } = AppendLogFold.load(file);
  t.like(store.tornTail, { severity: 'torn', class: 'torn-tail', offset: 24_714 });
  t.is(store.range().length, 102);
  t.is(
    codeOf(() => {
      store.apply([], none);
    }),
    'READ_ONLY',
  );
  t.is(
    codeOf(() => {
      store.compact();
    }),
    'READ_ONLY',
  );
  store.close();
  const after = statSync(file, { bigint: true });
  t.deepEqual([after.mtimeNs, after.ctimeNs, after.size], [before.mtimeNs, before.ctimeNs, before.size]);
  t.deepEqual(readdirSync(folder), ['log.snap']);
});

test('files that are no fold logs are told apart, and left as they are', (t) => {
  const folder = tempDir(t);
  const cases: [string, Uint8Array, ErrorCode][] = [
    ['text.snap', bytes('hello, world'), 'UNKNOWN_FORMAT'],
    ['short.snap', bytes('abc'), 'UNKNOWN_FORMAT'],
    ['newer.snap', Uint8Array.of(0x50, 0x47, 0x53, 0x53, 3, 0), 'UNSUPPORTED_VERSION'],
  ];
  for (const [name, content, code] of cases) {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    t.is(
      codeOf(() => AppendLogFold.open(file)),
      code,
    );
    t.is(
      codeOf(() => AppendLogFold.load(file)),
      code,
    );
    t.deepEqual(Uint8Array.from(readFileSync(file)), content);
  }
  t.is(
    codeOf(() => AppendLogFold.load(path.join(folder, 'absent.snap'))),
    'NOT_FOUND',
  );
  t.is(
    codeOf(() => AppendLogFold.open(path.join(folder, 'absent.snap'), 1, { ifMissing: 'fail' })),
    'NOT_FOUND',
  );
  mkdirSync(path.join(folder, 'folder.snap'));
  t.is(
    codeOf(() => AppendLogFold.open(path.join(folder, 'folder.snap'))),
    'NOT_A_FILE',
  );
});

test('a log whose header was torn when it was made is read as an empty one with a torn end, and its header is made again', (t) => {
  const folder = tempDir(t);
  for (const content of [[], [0x50], [0x50, 0x47, 0x53, 0x53, 2], [0, 0, 0]]) {
    const file = path.join(folder, `torn-${content.length}.snap`);
    writeFileSync(file, Uint8Array.from(content));
    const { store: torn } = AppendLogFold.load(file);
    t.deepEqual([torn.count, torn.tornTail?.severity, torn.tornTail?.offset], [0, 'torn', 0]);
    torn.close();
    const { store } = AppendLogFold.open(file);
    store.apply([KvUpdate.put('a', bytes('1'))], none);
    store.close();
    t.is(AppendLogFold.load(file).store.count, 1);
  }
});

test('a damaged log is refused and left as it is, for reading and for writing', (t) => {
  const folder = tempDir(t);
  const file = path.join(folder, 'damaged.snap');
  const content = readFileSync(fixturePath('fold-log.snap'));
  content[2003]! ^= 16;
  writeFileSync(file, content);
  for (const open of [() => AppendLogFold.open(file), () => AppendLogFold.load(file)]) {
    const error = t.throws<StatelogError>(open);
    t.is(error.code, 'DAMAGED');
    t.like(error.details, { class: 'bad-length', offset: 1982, path: file });
    t.regex(error.details.hint ?? '', /statelog verify/);
  }
  t.deepEqual(readFileSync(file), content);
  t.deepEqual(readdirSync(folder), ['damaged.snap']);
});

test('a torn tail is copied beside the log before the log is rewritten without it, once', (t) => {
  const folder = tempDir(t);
  const file = path.join(folder, 'torn.snap');
  const whole = logOf(
    putRecord('b', '1'),
    putRecord('a', '2'),
    cursorRecord(1n),
    putRecord('c', '3'),
    cursorRecord(2n),
  );
  for (const [cut, name] of [
    [3, 'torn.snap.broken-1'],
    [14, undefined],
    [20, 'torn.snap.broken-2'],
  ] as const) {
    const torn = whole.subarray(0, whole.length - cut);
    writeFileSync(file, torn);
    const { store } = AppendLogFold.open(file, Infinity, { compactOnOpen: false });
    t.is(store.cutTail?.copy, name === undefined ? undefined : path.join(folder, name));
    store.close();
    const kept = statSync(file).size;
    if (name !== undefined)
      t.deepEqual(readFileSync(path.join(folder, name)), Buffer.from(torn.subarray(kept)));
    t.deepEqual(readFileSync(file), Buffer.from(whole.subarray(0, kept)));
  }
  // The same tail again, as after a crash between copying and cutting.
  writeFileSync(file, whole.subarray(0, whole.length - 20));
  const { store } = AppendLogFold.open(file);
  t.is(store.cutTail?.copy, path.join(folder, 'torn.snap.broken-2'));
  t.is(store.count, 2);
  store.close();
  // And the one before it: an earlier copy serves as well as the newest.
  writeFileSync(file, whole.subarray(0, whole.length - 3));
  const again = AppendLogFold.open(file).store;
  t.is(again.cutTail?.copy, path.join(folder, 'torn.snap.broken-1'));
  again.close();
  t.deepEqual(readdirSync(folder), ['torn.snap', 'torn.snap.broken-1', 'torn.snap.broken-2']);
});

test('zeros after the last record are cut without a copy', (t) => {
  const folder = tempDir(t);
  const file = path.join(folder, 'zeros.snap');
  const good = logOf(putRecord('b', '1'), cursorRecord(1n));
  writeFileSync(file, Buffer.concat([good, new Uint8Array(10_000)]));
  const { store } = AppendLogFold.open(file);
  t.like(store.cutTail, { copy: undefined, finding: { class: 'zero-tail', bytes: 10_000 } });
  store.close();
  t.deepEqual(readFileSync(file), Buffer.from(good));
});

test('leftovers of a rewrite that was killed are removed, and nothing else is', (t) => {
  const folder = tempDir(t);
  const file = path.join(folder, 'log.snap');
  for (const name of [
    '.log.snap.tmp-0123456789ab',
    '.other.snap.tmp-0123456789ab',
    'log.snap.broken-1',
    '.log.snap.tmp-x',
  ])
    writeFileSync(path.join(folder, name), 'x');
  AppendLogFold.open(file).store.close();
  t.deepEqual(readdirSync(folder), [
    '.log.snap.tmp-x',
    '.other.snap.tmp-0123456789ab',
    'log.snap',
    'log.snap.broken-1',
  ]);
});

test('an apply rewrites the log once enough was appended and much of it is waste', (t) => {
  const file = path.join(tempDir(t), 'threshold.snap');
  const { store } = AppendLogFold.open(file, 1000);
  let largest = 0;
  for (let index = 0; index < 200; index++) {
    store.apply([KvUpdate.put('key', bytes(`value ${index}`))], WatchCursor.fromU64(BigInt(index)));
    largest = Math.max(largest, statSync(file).size);
  }
  t.true(largest < 1200);
  t.is(Buffer.from(store.get('key')!.value).toString(), 'value 199');
  store.compact();
  t.is(statSync(file).size, store.compactSizeBytes);
  store.close();
});

test('a log of one session is appended to by the next without being rewritten, after a clean close', (t) => {
  const file = path.join(tempDir(t), 'sessions.snap');
  const open = (): AppendLogFold => AppendLogFold.open(file, Infinity, { compactOnOpen: false }).store;
  const first = open();
  first.apply([KvUpdate.put('b', bytes('1'))], WatchCursor.fromU64(1n));
  first.close();
  const { ino } = statSync(file);
  for (let session = 2n; session < 6n; session++) {
    const store = open();
    t.is(store.cursor.asU64(), session - 1n);
    store.apply([KvUpdate.put('a', bytes(session.toString()))], WatchCursor.fromU64(session));
    store.close();
  }
  t.is(statSync(file).ino, ino);
  const store = open();
  t.is(store.count, 2);
  store.close();
  t.is(statSync(file).ino, ino);
});

test('a closed log refuses everything but another close', (t) => {
  const { store } = AppendLogFold.open(path.join(tempDir(t), 'closed.snap'));
  const cursor = store.entryCursor();
  store.apply([KvUpdate.put('a', bytes('1'))], none);
  t.true(cursor.first());
  store.close();
  store.close();
  for (const work of [
    () => store.get('a'),
    () => store.contains('a'),
    () => store.range(),
    () => {
      store.apply([], none);
    },
    () => {
      store.compact();
    },
    () => cursor.value(),
  ]) {
    t.is(codeOf(work), 'CLOSED');
  }
});

test('a cursor walks both ways, and seeks', (t) => {
  const { store } = AppendLogFold.open(path.join(tempDir(t), 'cursor.snap'));
  store.apply(
    ['b', 'd', 'f'].map((key) => KvUpdate.put(key, bytes(`value of ${key}`), VersionToken.fromU64(1n))),
    none,
  );
  const cursor = store.entryCursor();
  const here = (): string =>
    `${Buffer.from(cursor.key).toString()}=${Buffer.from(cursor.value()).toString()}`;
  t.true(cursor.seek(bytes('c')));
  t.is(here(), 'd=value of d');
  t.true(cursor.version().equals(VersionToken.fromU64(1n)));
  t.true(cursor.next());
  t.is(here(), 'f=value of f');
  t.false(cursor.next());
  t.true(cursor.seekBefore(bytes('d')));
  t.is(here(), 'b=value of b');
  t.false(cursor.previous());
  t.true(cursor.last());
  t.true(cursor.previous());
  t.is(here(), 'd=value of d');
  t.false(cursor.seek(bytes('g')));
  store.close();
});

test('a record that rotted after the log was opened is not given out', (t) => {
  const file = path.join(tempDir(t), 'rot.snap');
  writeFileSync(file, logOf(putRecord('a', 'first value'), putRecord('b', 'second'), cursorRecord(1n)));
  const { store } = AppendLogFold.load(file);
  const content = readFileSync(file);
  content[20]! ^= 1;
  writeFileSync(file, content);
  const error = t.throws<StatelogError>(() => store.get('a'));
  t.is(error.code, 'DAMAGED');
  t.like(error.details, { offset: 6, class: 'checksum-mismatch' });
  store.close();
});
