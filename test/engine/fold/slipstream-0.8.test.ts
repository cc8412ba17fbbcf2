import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { toHex, fromUtf8 } from '../../../src/engine/bytes/text/text.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { needing, notTried } from '../../support/needing.js';
import { tempDir } from '../../support/temp-dir.js';
import { NEWEST_ORIGINAL, newestOriginal } from './newest-original.js';
import { scanFile } from './scan.js';

const FOLDER = fixturePath('slipstream-0.8');
const NAMES = readdirSync(FOLDER).flatMap((name) => /^(.*)\.snap$/.exec(name)?.[1] ?? []);

/** The lines of a dump by Slipstream itself: the cursor's bytes, then key, value and version of each entry. */
function dumpOf(name: string): string[] {
  const text = readFileSync(path.join(FOLDER, `${name}.dump.txt`), 'utf8');
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.replace(/^cursor WatchCursor\(.*\) ?/, 'cursor '));
}

function linesOf(fold: AppendLogFold): string[] {
  const entries = fold.range().map(({ key, value, version }) => `${key} ${toHex(value)} ${version.toHex()}`);
  return [`cursor ${fold.cursor.toHex()}`, ...entries];
}

for (const name of NAMES) {
  test(`${name}.snap reads as Slipstream 0.8 itself reads it`, (t) => {
    const { store } = AppendLogFold.load(path.join(FOLDER, `${name}.snap`));
    t.deepEqual(linesOf(store), dumpOf(name));
    store.close();
    t.deepEqual(scanFile(path.join(FOLDER, `${name}.snap`)).findings, []);
  });

  test(`put, checkpoint and compact keep each entry of ${name}.snap, and what its cursor remembers`, async (t) => {
    const file = path.join(tempDir(t), 'log.snap');
    copyFileSync(path.join(FOLDER, `${name}.snap`), file);
    const before = AppendLogFold.load(file).store;
    const expected = linesOf(before);
    const remembered = before.cursor.seenEvicting;
    before.close();
    t.is((await commandLine(['verify', file, '-q'])).exitCode, 0);

    for (const argv of [
      ['put', file, '~new', '1'],
      ['compact', file],
      ['checkpoint', file],
    ]) {
      t.is((await commandLine(argv)).exitCode, 0, argv[0]);
      const { store } = AppendLogFold.load(file);
      t.deepEqual(linesOf(store), [...expected, '~new 31 '], argv[0]);
      store.close();
    }
    if (newestOriginal.isThere)
      t.deepEqual(newestOriginal.dump(file).slice(1), [...expected.slice(1), '~new 31 ']);
    else notTried(t, NEWEST_ORIGINAL);

    t.is((await commandLine(['checkpoint', file, '--cursor', '4096'])).exitCode, 0);
    const { store } = AppendLogFold.load(file);
    t.is(store.cursor.asU64(), 4096n);
    t.is(store.cursor.seenEvicting, remembered);
    t.is(store.cursor.writtenAtMs, undefined);
    store.close();
    t.is((await commandLine(['verify', file, '-q'])).exitCode, 0);
  });
}

for (const name of NAMES) {
  test(`${name}.snap comes back whole from an NDJSON export, its cursor too`, async (t) => {
    const folder = tempDir(t);
    const source = path.join(FOLDER, `${name}.snap`);
    const exported = await commandLine(['export', source, '-', '--as', 'ndjson']);
    t.is(exported.exitCode, 0);
    const back = path.join(folder, 'back.snap');
    const { exitCode, stderr } = await commandLine(['import', '-', back], { input: [exported.stdoutBytes] });
    t.is(exitCode, 0, stderr);
    const { store } = AppendLogFold.load(back);
    t.deepEqual(linesOf(store), dumpOf(name));
    store.close();
  });
}

test('a cursor of any known length survives applies, closing and compaction', (t) => {
  const memo = '0000000000000133000008';
  for (const hex of [
    '',
    '07',
    '00000000000000000007',
    `${memo}01`,
    `${memo}00`,
    `${memo}0301a4381c9c010000`,
  ]) {
    const file = path.join(tempDir(t), 'log.snap');
    const cursor = WatchCursor.fromBytes(Buffer.from(hex, 'hex'));
    const { store } = AppendLogFold.open(file);
    store.apply([KvUpdate.put('k', Buffer.from('v'))], cursor);
    store.compact();
    store.close();
    const again = AppendLogFold.load(file).store;
    t.is(again.cursor.toHex(), hex);
    t.is(fromUtf8(again.get('k')!.value), 'v');
    again.close();
  }
});

test('a moved cursor remembers that its bucket evicted, and never an older time', (t) => {
  const seen = WatchCursor.fromBytes(Buffer.from('000000000000013300000803' + '01a4381c9c010000', 'hex'));
  const moved = seen.movedTo(WatchCursor.fromU64(400n));
  t.is(moved.toHex(), '000000000000019000000801');
  t.is(moved.movedTo(seen).toHex(), seen.toHex());
  t.is(WatchCursor.fromU64(1n).movedTo(WatchCursor.fromU64(2n)).toHex(), '0000000000000002');
  const timed = WatchCursor.fromBytes(Buffer.from('000000000000013300000802' + '01a4381c9c010000', 'hex'));
  t.is(seen.movedTo(timed).toHex(), '000000000000013300000803' + '01a4381c9c010000');
});

test('bytes that no release writes are no cursor', (t) => {
  const of = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
  const version = new Array<number>(10).fill(0);
  const unknown = [
    new Uint8Array(11),
    new Uint8Array(13),
    of(...version, 11, 1),
    of(...version, 8, 4),
    of(...version, 8, 2),
    of(...version, 8, 1, ...new Array<number>(8).fill(1)),
    of(...version, 8, 3, ...new Array<number>(8).fill(0)),
  ];
  for (const bytes of unknown) t.throws(() => WatchCursor.fromBytes(bytes), { instanceOf: RangeError });
});

needing(
  test,
  NEWEST_ORIGINAL,
  newestOriginal.isThere,
)('the original is found where it was built', (t) => {
  t.notThrows(() => execFileSync(newestOriginal.path, ['hash'], { stdio: 'ignore' }));
});
