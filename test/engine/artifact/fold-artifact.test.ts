import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import type { StatelogError } from '../../../src/engine/errors.js';
import { AppendLogSnapshot } from '../../../src/engine/artifact/backends/append-log-snapshot.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { fixtureLines, foldLines } from '../fold/fold-lines.js';

const BUCKET_TAR = 'bucket/artifacts/edge/orders.payloads/00000000000005a5-3230b8366697f863.tar';

test('the artifact imports as the original reads it, from its folder and from the tar in the bucket', (t) => {
  const folder = tempDir(t);
  for (const [index, source] of ['artifact', BUCKET_TAR].entries()) {
    const destination = path.join(folder, `${index}.snap`);
    const { store, cursor } = AppendLogSnapshot.import(fixturePath(source), destination);
    t.deepEqual(foldLines(store), fixtureLines('artifact'));
    t.is(cursor.asU64(), 0x5a5n);
    store.close();
    t.deepEqual(readFileSync(destination), readFileSync(fixturePath('artifact/data/fold.snap')));
  }
  t.deepEqual(readdirSync(folder), ['0.snap', '1.snap']);
});

test("what is exported again equals the original's artifact, byte for byte", (t) => {
  const folder = tempDir(t);
  const { store } = AppendLogSnapshot.import(fixturePath('artifact'), path.join(folder, 'a.snap'));
  const out = path.join(folder, 'out');
  const manifest = store.exportTo(out, { createdAtUnix: 1_795_218_965 });
  t.is(manifest.cursor.asU64(), 0x5a5n);
  for (const name of ['MANIFEST.json', 'data/fold.snap']) {
    t.deepEqual(readFileSync(path.join(out, name)), readFileSync(fixturePath(`artifact/${name}`)));
  }
  t.deepEqual(readdirSync(out), ['MANIFEST.json', 'data']);
  t.deepEqual(readdirSync(folder), ['a.snap', 'out']);
  t.is(statSync(path.join(out, 'data/fold.snap')).mode & 0o777, 0o600);
  t.is(statSync(out).mode & 0o777, 0o700);
  store.close();
});

test('a tar file and a tar stream have the same bytes, the same each time, and tar lists them', (t) => {
  const folder = tempDir(t);
  copyFileSync(fixturePath('fold-log.snap'), path.join(folder, 'log.snap'));
  const { store } = AppendLogSnapshot.load(path.join(folder, 'log.snap'));
  const file = path.join(folder, 'out.tar');
  store.exportTo(file, { createdAtUnix: 5, form: 'tar' });
  const streamed = Buffer.concat([...store.exportTar(5)].map((chunk) => Buffer.from(chunk)));
  t.deepEqual(readFileSync(file), streamed);
  t.deepEqual(Buffer.concat([...store.exportTar(5)].map((chunk) => Buffer.from(chunk))), streamed);
  const listing = execFileSync('tar', ['-tf', file], { encoding: 'utf8' });
  t.deepEqual(listing.trim().split('\n'), ['./', 'data/', 'data/fold.snap', 'MANIFEST.json']);
  const { store: again } = AppendLogSnapshot.import(file, path.join(folder, 'again.snap'));
  t.deepEqual(foldLines(again), fixtureLines('fold-log'));
  store.close();
  again.close();
  t.deepEqual(readFileSync(path.join(folder, 'again.snap')), readFileSync(fixturePath('fold-compact.snap')));
});

test('an artifact that tar packed, with or without its folders, imports too', (t) => {
  const folder = tempDir(t);
  const pack = (name: string, ...args: string[]): string => {
    const file = path.join(folder, name);
    execFileSync('tar', ['-cf', file, '-C', fixturePath('artifact'), ...args]);
    return file;
  };
  const tars = [
    pack('dot.tar', '.'),
    pack('names.tar', 'data', 'MANIFEST.json'),
    pack('files.tar', 'data/fold.snap', 'MANIFEST.json'),
    pack('ustar.tar', '--format=ustar', './MANIFEST.json', './data/fold.snap'),
  ];
  for (const tar of tars) {
    const { store } = AppendLogSnapshot.import(tar, `${tar}.snap`);
    t.is(store.count, fixtureLines('artifact').length - 1);
    store.close();
  }
});

test('an empty fold and a fold without a cursor go there and back', (t) => {
  const folder = tempDir(t);
  const { store } = AppendLogSnapshot.open(path.join(folder, 'log.snap'));
  for (const name of ['empty', 'full']) {
    const manifest = store.exportTo(path.join(folder, name), { createdAtUnix: 1 });
    t.true(manifest.cursor.isNone);
    const back = AppendLogSnapshot.import(path.join(folder, name), path.join(folder, `${name}.snap`));
    t.deepEqual(back.store.range(), store.range());
    t.true(back.cursor.isNone);
    back.store.close();
    store.apply([KvUpdate.put('k', toUtf8('v'))], WatchCursor.none());
  }
  store.close();
});

test('an export goes to nothing or to an empty folder, and touches nothing else', (t) => {
  const folder = tempDir(t);
  const { store } = AppendLogSnapshot.load(fixturePath('fold-compact.snap'));
  const [empty, full, file] = ['empty', 'full', 'file'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(empty);
  mkdirSync(full);
  writeFileSync(path.join(full, 'mine'), 'x');
  writeFileSync(file, 'x');
  store.exportTo(empty);
  t.true(existsSync(path.join(empty, 'MANIFEST.json')));
  for (const [destination, form] of [
    [full, 'folder'],
    [file, 'folder'],
    [file, 'tar'],
    [full, 'tar'],
  ] as const) {
    const error = t.throws<StatelogError>(() => store.exportTo(destination, { form }));
    t.is(error.code, 'ALREADY_EXISTS');
  }
  const missing = t.throws<StatelogError>(() => store.exportTo(path.join(folder, 'no', 'such')));
  t.is(missing.code, 'NOT_FOUND');
  t.deepEqual(readdirSync(full), ['mine']);
  t.deepEqual(readdirSync(folder), ['empty', 'file', 'full']);
  store.close();
});

test('an import never replaces what is at the destination', (t) => {
  const folder = tempDir(t);
  const destination = path.join(folder, 'there.snap');
  writeFileSync(destination, 'mine');
  const error = t.throws<StatelogError>(() => AppendLogSnapshot.import(fixturePath('artifact'), destination));
  t.is(error.code, 'ALREADY_EXISTS');
  t.is(readFileSync(destination, 'utf8'), 'mine');
  t.deepEqual(readdirSync(folder), ['there.snap']);
});

test('a record that rots between opening and exporting leaves no artifact', (t) => {
  const folder = tempDir(t);
  const file = path.join(folder, 'log.snap');
  copyFileSync(fixturePath('fold-log.snap'), file);
  const { store } = AppendLogSnapshot.load(file);
  const bytes = readFileSync(file);
  bytes[bytes.length - 60]! ^= 4;
  writeFileSync(file, bytes);
  for (const form of ['folder', 'tar'] as const) {
    const error = t.throws<StatelogError>(() => store.exportTo(path.join(folder, 'out'), { form }));
    t.is(error.code, 'DAMAGED');
  }
  store.close();
  t.deepEqual(readdirSync(folder), ['log.snap']);
});

test('a fold whose cursor is not the one in the manifest is refused', (t) => {
  const folder = tempDir(t);
  const copy = path.join(folder, 'copy');
  cpSync(fixturePath('artifact'), copy, { recursive: true });
  const manifest = path.join(copy, 'MANIFEST.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('00000000000005a5', '00000000000005a6'));
  const error = t.throws<StatelogError>(() => AppendLogSnapshot.import(copy, path.join(folder, 'x.snap')));
  t.is(error.code, 'INVALID_ARTIFACT');
  t.is(error.details.class, 'cursor-mismatch');
  t.deepEqual(readdirSync(folder), ['copy']);
});
