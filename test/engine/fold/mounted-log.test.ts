import { appendFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import { systemError } from '../../../src/engine/storage-io/interface/system-error.js';
import { failureOf } from '../../support/failure.js';
import { tempDir } from '../../support/temp-dir.js';

/* A log that is mounted by itself (a container's file): the kernel lets nothing take its place. */

const disk = realFileSystem();
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function mounted(log: string): FileSystem {
  return withReplaced(disk, {
    rename: (from, to) => {
      if (to === log) throw systemError('rename', to, 'EBUSY');
      disk.rename(from, to);
    },
  });
}

function open(log: string, compactThreshold?: number, warnings: unknown[] = []): AppendLogFold {
  const onWarning = (error: unknown): void => void warnings.push(error);
  return AppendLogFold.open(log, compactThreshold, { fileSystem: mounted(log), onWarning }).store;
}

/** A log with some keys whose writer died. */
function abandoned(log: string): void {
  const { store } = AppendLogFold.open(log);
  for (const key of ['a', 'b', 'a']) store.apply([KvUpdate.put(key, text(key))], store.cursor);
  const bytes = readFileSync(log);
  store.close();
  // Without the closing cursor nobody knows that all of it is on disk.
  writeFileSync(log, bytes);
}

function holds(log: string): [string, string][] {
  const { store } = AppendLogFold.load(log);
  const entries = store
    .range()
    .map(({ key, value }): [string, string] => [key, new TextDecoder().decode(value)]);
  store.close();
  return entries;
}

for (const [name, end] of [
  ['', ''],
  [' in the middle of a write', 'torn'],
] as const) {
  test(`a mounted log whose writer was killed${name} can be written again, in its place`, (t) => {
    const folder = tempDir(t);
    const log = path.join(folder, 'log.snap');
    abandoned(log);
    appendFileSync(log, end);
    const { identity } = disk.status(log)!;
    const store = open(log);
    store.apply([KvUpdate.put('c', text('c'))], store.cursor);
    store.close();
    t.deepEqual(holds(log), [
      ['a', 'a'],
      ['b', 'b'],
      ['c', 'c'],
    ]);
    t.is(disk.status(log)!.identity, identity);
    t.deepEqual(readdirSync(folder), end === '' ? ['log.snap'] : ['log.snap', 'log.snap.broken-1']);
  });
}

test('a mounted log whose header is torn is begun again', (t) => {
  const log = path.join(tempDir(t), 'log.snap');
  AppendLogFold.open(log).store.close();
  writeFileSync(log, readFileSync(log).subarray(0, 3));
  const store = open(log);
  store.apply([KvUpdate.put('a', text('1'))], store.cursor);
  store.close();
  t.deepEqual(holds(log), [['a', '1']]);
});

test('a mounted log that cannot be compacted says why, is told of once by itself, and goes on', (t) => {
  const log = path.join(tempDir(t), 'log.snap');
  const warnings: unknown[] = [];
  const store = open(log, 100, warnings);
  for (let round = 0; round < 20; round++) store.apply([KvUpdate.put('a', text(`${round}`))], store.cursor);
  t.is(warnings.length, 1);
  t.regex(String(warnings[0]), /is mounted by itself/);
  const error = failureOf(() => {
    store.compact();
  });
  t.regex(error.message, /is mounted by itself/);
  t.regex(error.details.hint ?? '', /the path that it is mounted from/);
  store.apply([KvUpdate.put('b', text('2'))], store.cursor);
  store.close();
  t.deepEqual(holds(log), [
    ['a', '19'],
    ['b', '2'],
  ]);
});
