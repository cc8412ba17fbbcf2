import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { isStatelogError } from '../../../src/engine/errors.js';
import { identify, type IdentifiedKind } from '../../../src/engine/inspect/identify.js';
import { createStore } from '../../../src/engine/inspect/open.js';
import { systemError } from '../../../src/engine/storage-io/interface/system-error.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import { WalSegments } from '../../../src/engine/wal/write/segments.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';

const fileSystem = realFileSystem();
const kindOf = (file: string): IdentifiedKind => identify(fileSystem, file).kind;

function codeOf(file: string): string {
  try {
    return `no error, but ${kindOf(file)}`;
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return error.code;
  }
}

const fixtures: readonly (readonly [string, IdentifiedKind])[] = [
  ['fold-log.snap', 'log'],
  ['fold-empty.snap', 'log'],
  ['state-small.db', 'state-file'],
  ['wal-ops/wal-0.log', 'wal-segment'],
  ['wal-cores', 'wal-folder'],
  ['artifact', 'artifact-folder'],
  ['bucket/artifacts/edge/orders.payloads/00000000000005a5-3230b8366697f863.tar', 'artifact-tar'],
];

for (const [name, kind] of fixtures) {
  test(`what other programs wrote is known under any name: ${name}`, (t) => {
    const copy = path.join(tempDir(t), 'anything.txt');
    cpSync(fixturePath(name), copy, { recursive: true });
    t.is(kindOf(copy), kind);
    const link = path.join(tempDir(t), 'link');
    symlinkSync(copy, link);
    t.is(kindOf(link), kind);
  });
}

test('stores made here are known under any name', (t) => {
  const folder = tempDir(t);
  createStore(path.join(folder, 'a.snap'), { kind: 'directory' });
  createStore(path.join(folder, 'b'), { kind: 'log' });
  t.is(kindOf(path.join(folder, 'a.snap')), 'directory');
  t.is(kindOf(path.join(folder, 'b')), 'log');
});

test('of an index, the state file beside it is meant', (t) => {
  t.deepEqual(identify(fileSystem, fixturePath('state-small.idx')), {
    kind: 'state-file',
    path: fixturePath('state-small.db'),
  });
});

test('a segment is known by any good record near its start, and by a long first one', (t) => {
  const folder = tempDir(t);
  const bytes = readFileSync(fixturePath('wal-ops/wal-0.log'));
  bytes.fill(0xee, 0, 60);
  const damaged = path.join(folder, 'damaged');
  writeFileSync(damaged, bytes);
  t.is(kindOf(damaged), 'wal-segment');

  const segments = WalSegments.create(path.join(folder, 'wal'), 1);
  segments.writer(0).appendPut(Buffer.from('k'), new Uint8Array(3 * 1024 * 1024));
  segments.writer(0).sync();
  const long = path.join(folder, 'long');
  cpSync(segments.segmentPath(0), long);
  t.is(kindOf(long), 'wal-segment');
});

test('a fold log is known by good records near its start, whatever became of its header', (t) => {
  const folder = tempDir(t);
  for (const [name, lost] of [
    ['magic', 1],
    ['page', 4096],
  ] as const) {
    const bytes = readFileSync(fixturePath('fold-log.snap'));
    bytes.fill(0, 0, lost);
    writeFileSync(path.join(folder, name), bytes);
    t.is(kindOf(path.join(folder, name)), 'log');
  }
});

test('an empty file is a segment by its name only', (t) => {
  const folder = tempDir(t);
  writeFileSync(path.join(folder, 'wal-3.log'), '');
  writeFileSync(path.join(folder, 'empty'), '');
  t.is(kindOf(path.join(folder, 'wal-3.log')), 'wal-segment');
  t.is(codeOf(path.join(folder, 'empty')), 'UNKNOWN_FORMAT');
});

test('what belongs to someone else is said to be unknown', (t) => {
  const folder = tempDir(t);
  t.is(codeOf(folder), 'UNKNOWN_FORMAT');
  writeFileSync(path.join(folder, 'MANIFEST.json'), '{"name":"something"}');
  t.is(codeOf(folder), 'UNKNOWN_FORMAT');
  writeFileSync(path.join(folder, 'notes'), 'PGS is not the start of a log, nor is this a segment\n');
  t.is(codeOf(path.join(folder, 'notes')), 'UNKNOWN_FORMAT');
  writeFileSync(path.join(folder, 'zeros'), new Uint8Array(4096));
  t.is(codeOf(path.join(folder, 'zeros')), 'UNKNOWN_FORMAT');
});

test('a state directory without its manifest is damaged, not unknown', (t) => {
  const folder = tempDir(t);
  mkdirSync(path.join(folder, 'wal'));
  mkdirSync(path.join(folder, 'checkpoints'));
  t.is(codeOf(folder), 'DAMAGED');
});

test('nothing at a path, a FIFO and a device are told apart, and nothing is waited for', (t) => {
  const fifo = path.join(tempDir(t), 'fifo');
  execFileSync('mkfifo', [fifo]);
  t.is(codeOf(fifo), 'NOT_A_FILE');
  t.is(codeOf('/dev/null'), 'NOT_A_FILE');
  t.is(codeOf(`${fifo}-missing`), 'NOT_FOUND');
  symlinkSync('nowhere', `${fifo}-link`);
  t.is(codeOf(`${fifo}-link`), 'NOT_FOUND');
});

test('whatever the first bytes of a file are, it is known or refused, without another error', (t) => {
  const file = path.join(tempDir(t), 'wal-0.log');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      writeFileSync(file, bytes);
      t.regex(codeOf(file), /^(UNKNOWN_FORMAT|no error, but .*)$/);
    }),
    { numRuns: 200 },
  );
});

test('a folder below that may not be listed says nothing of the one above it', (t) => {
  const folder = tempDir(t);
  const closed = path.join(folder, 'below', 'closed');
  mkdirSync(closed, { recursive: true });
  const readDirectory = (one: string): string[] => {
    if (one === closed) throw systemError('readdir', one, 'EACCES');
    return fileSystem.readDirectory(one);
  };
  const error = t.throws(() => identify(withReplaced(fileSystem, { readDirectory }), folder));
  t.regex(String(error), /holds nothing that statelog knows/);
});
