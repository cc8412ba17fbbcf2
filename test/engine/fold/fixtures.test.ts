import { copyFileSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { fixtureLines, foldLines } from './fold-lines.js';
import { scanFile } from './scan.js';

const NAMES = ['fold-log', 'fold-compact', 'fold-empty', 'fold-no-cursor'];

for (const name of NAMES) {
  test(`${name}.snap loads as the original reads it`, (t) => {
    const { store, cursor } = AppendLogFold.load(fixturePath(`${name}.snap`));
    t.deepEqual(foldLines(store), fixtureLines(name));
    t.true(cursor.equals(store.cursor));
    t.is(store.tornTail, undefined);
    store.close();
  });

  test(`${name}.snap is covered by good records from its header to its end`, (t) => {
    const { records, findings } = scanFile(fixturePath(`${name}.snap`));
    t.deepEqual(findings, []);
    let end = 6;
    for (const { offset, length } of records) {
      t.is(offset, end);
      end += length;
    }
    t.is(end, statSync(fixturePath(`${name}.snap`)).size);
  });
}

test('the log is rewritten as the original rewrites it, byte for byte', (t) => {
  const file = path.join(tempDir(t), 'copy.snap');
  copyFileSync(fixturePath('fold-log.snap'), file);
  const { store } = AppendLogFold.open(file);
  store.close();
  t.deepEqual(readFileSync(file), readFileSync(fixturePath('fold-compact.snap')));
  t.deepEqual(readdirSync(path.dirname(file)), ['copy.snap']);
});

test('the compact form is left as it is', (t) => {
  const folder = tempDir(t);
  for (const name of ['fold-compact', 'fold-empty']) {
    const file = path.join(folder, `${name}.snap`);
    copyFileSync(fixturePath(`${name}.snap`), file);
    const { ino } = statSync(file);
    const { store } = AppendLogFold.open(file);
    store.close();
    t.is(statSync(file).ino, ino);
    t.deepEqual(readFileSync(file), readFileSync(fixturePath(`${name}.snap`)));
  }
});

test('the exported fold of the artifact loads as the original reads it', (t) => {
  const { store } = AppendLogFold.load(fixturePath('artifact/data/fold.snap'));
  t.deepEqual(foldLines(store), fixtureLines('artifact'));
  t.true(store.cursor.equals(WatchCursor.fromU64(0x5a5n)));
  store.close();
});
