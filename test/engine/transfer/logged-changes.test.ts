import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { EntrySum } from '../../../src/engine/bytes/hash/entry-sum.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { cursorText } from '../../../src/engine/fold/format/position-text.js';
import { openReadable } from '../../../src/engine/inspect/open.js';
import { ContentSums } from '../../../src/engine/lines/increment-lines.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { treeBytes } from '../../../src/engine/storage-io/whole/tree-bytes.js';
import { endOf, type ChainEnd } from '../../../src/engine/transfer/chain/increment-chain.js';
import { momentNow } from '../../../src/engine/transfer/chain/moment.js';
import {
  chainStart,
  nextIncrement,
  type EncodedIncrement,
} from '../../../src/engine/transfer/chain/next-increment.js';
import { prepareExport } from '../../../src/engine/transfer/export-store.js';
import { tempDir } from '../../support/temp-dir.js';
import { HISTORIES, type Step } from './increment-works.js';

const KEYS = 3_000;
const KEEP = 10;
const keyOf = (number: number): Buffer => Buffer.from(`key:${String(number).padStart(6, '0')}`);

async function filledStore(
  t: ExecutionContext,
): Promise<{ readonly root: string; readonly start: ChainEnd }> {
  const root = path.join(tempDir(t), 'store');
  StateDirectory.create(root, { cores: 2, keep: KEEP });
  const store = await StateDirectory.open(root);
  for (let number = 0; number < KEYS; number++) store.put(keyOf(number), Buffer.alloc(100, number));
  await store.checkpoint();
  store.close();
  const moment = momentNow(realFileSystem(), root);
  const start = endOf(chainStart(moment, {}));
  moment.close();
  return { root, start };
}

/** Puts, deletes, puts back, over three checkpoints and an epoch that is open. */
async function change(root: string): Promise<void> {
  const store = await StateDirectory.open(root);
  store.put(keyOf(7), Buffer.from('new'));
  store.put(keyOf(KEYS + 1), Buffer.from('comes'));
  store.put(keyOf(KEYS + 2), Buffer.from('comes and goes'));
  await store.checkpoint();
  store.delete(keyOf(8));
  store.delete(keyOf(KEYS + 2));
  store.delete(keyOf(9));
  await store.checkpoint();
  store.put(keyOf(9), Buffer.alloc(100, 9));
  store.put(keyOf(7), Buffer.from('newest'));
  await store.checkpoint();
  store.delete(keyOf(10));
  await store.sync();
  store.close();
}

/** Counts the bytes that are read through it. */
function counting(): { readonly fileSystem: FileSystem; readonly read: () => number } {
  let bytes = 0;
  const disk = realFileSystem();
  const fileSystem = new Proxy(disk, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...all: unknown[]) => {
        const result: unknown = Reflect.apply(value, target, all);
        if (name === 'read') bytes += Number(result);
        return result;
      };
    },
  });
  return { fileSystem, read: () => bytes };
}

function changesIn({ bytes }: EncodedIncrement): string[] {
  return Buffer.from(bytes).toString().trimEnd().split('\n').slice(2, -1);
}

function sumOfStore(root: string): string {
  const store = openReadable(root, {});
  const sum = new EntrySum();
  store.forEachEntry((key, value, version) => {
    sum.add(key, value, version);
  });
  store.close();
  return sum.hex();
}

test('what changed is told by the logs, as it is by all that a store holds, and little is read for it', async (t) => {
  const { root, start } = await filledStore(t);
  await change(root);
  const disk = counting();
  const { increment } = nextIncrement(disk.fileSystem, root, start);
  t.true(
    disk.read() * 2 < treeBytes(realFileSystem(), path.join(root, 'checkpoints', '1')),
    `${disk.read()}`,
  );
  const unknown = { ...start, position: { ...start.position, history: undefined } };
  const whole = nextIncrement(realFileSystem(), root, unknown).increment!;
  t.deepEqual(changesIn(increment!), changesIn(whole));
  t.is(increment!.end.puts, 2);
  t.is(increment!.end.deletes, 2);
  t.is(increment!.end.until.digest, undefined);
  t.not(whole.end.until.digest, undefined);
  t.is(increment!.end.until.sum, whole.end.until.sum);
  t.is(increment!.end.until.sum, sumOfStore(root));
  t.is(increment!.end.until.keys, KEYS - 1);
});

test('where a sum is not known, or much changed, all is read, and the next increment knows it again', async (t) => {
  const { root, start } = await filledStore(t);
  await change(root);
  const old = withoutSum(root);
  const store = await StateDirectory.open(root);
  store.put(keyOf(1), Buffer.from('after'));
  await store.sync();
  const healed = nextIncrement(realFileSystem(), root, old).increment!;
  t.is(healed.end.until.sum, sumOfStore(root));
  t.not(healed.end.until.digest, undefined);
  store.put(keyOf(2), Buffer.from('after'));
  await store.sync();
  const next = nextIncrement(realFileSystem(), root, endOf(healed)).increment!;
  t.is(next.end.until.digest, undefined);
  t.is(next.end.until.sum, sumOfStore(root));
  for (let number = 0; number < KEYS; number++) store.put(keyOf(number), Buffer.from('much'));
  await store.sync();
  const much = nextIncrement(realFileSystem(), root, start).increment!;
  t.not(much.end.until.digest, undefined);
  t.is(much.end.until.sum, sumOfStore(root));
  store.close();
});

/** Where a store stands, as chains say it that know no sums. */
function withoutSum(root: string): ChainEnd {
  const moment = momentNow(realFileSystem(), root);
  const { position, storeId, lentEntries } = moment;
  const sums = new ContentSums(position);
  for (const { key, value, version } of lentEntries()) sums.add(key, value, version);
  moment.close();
  return { position, store: storeId, content: sums.sums() };
}

/** The lines of an export of what changed since a position, and how many bytes were read for them. */
function exportSince(source: string, since: string): { readonly lines: string; readonly read: number } {
  const { fileSystem, read } = counting();
  const prepared = prepareExport({ fileSystem, source, since, createdAtUnix: 0 });
  const chunks = [...prepared.chunks()].map((chunk) => Buffer.from(chunk));
  prepared.close();
  return { lines: Buffer.concat(chunks).toString(), read: read() };
}

test('since an epoch, what it held is read once, and the logs tell the rest as the later checkpoint does', async (t) => {
  const { root } = await filledStore(t);
  await change(root);
  const store = await StateDirectory.open(root);
  await store.checkpoint();
  store.close();
  const { lines, read } = exportSince(root, '1');
  t.true(read < 1.5 * treeBytes(realFileSystem(), path.join(root, 'checkpoints', '1')), `${read}`);
  const withoutLog = path.join(tempDir(t), 'store');
  cpSync(root, withoutLog, { recursive: true });
  rmSync(path.join(withoutLog, 'wal', '3'), { recursive: true });
  t.is(exportSince(withoutLog, '1').lines, lines);
  t.is(lines.trimEnd().split('\n').length, 2 + 4 + 1);
});

test('what no log tells of is in an increment since an epoch all the same', async (t) => {
  const { root } = await filledStore(t);
  await change(root);
  const store = await StateDirectory.open(root);
  await store.checkpoint();
  store.close();
  const { lines } = exportSince(root, '1');
  // A log of another copy, which went on without a key that this one has.
  const other = path.join(tempDir(t), 'other');
  cpSync(root, other, { recursive: true });
  truncateSync(path.join(other, 'wal', '2', 'wal-0.log'), 0);
  truncateSync(path.join(other, 'wal', '2', 'wal-1.log'), 0);
  t.is(exportSince(other, '1').lines, lines);
});

const LOG = HISTORIES.log;

function startOfLog(root: string): ChainEnd {
  const moment = momentNow(realFileSystem(), root);
  const start = endOf(chainStart(moment, {}));
  moment.close();
  return start;
}

async function filledLog(t: ExecutionContext, name: string, value: string): Promise<string> {
  const root = path.join(tempDir(t), `${name}.snap`);
  LOG.create(root);
  const batch = Array.from({ length: 300 }, (_, number): Step => [`key:${number}`, `${value}${number}`]);
  await LOG.write(root, [...batch, ['key:5', undefined], ['key:6', value]], 1);
  return root;
}

test('of a fold log, what was appended tells what changed, as all that it holds does', async (t) => {
  const root = await filledLog(t, 'log', 'value');
  const start = startOfLog(root);
  t.is(nextIncrement(realFileSystem(), root, start).increment, undefined);
  await LOG.write(
    root,
    [
      ['key:1', 'new'],
      ['key:2', undefined],
      ['key:5', 'back'],
      ['goes', '1'],
    ],
    2,
  );
  await LOG.write(
    root,
    [
      ['key:1', 'newest'],
      ['goes', undefined],
      ['comes', ''],
      ['key:3', undefined],
    ],
    3,
  );
  const { increment } = nextIncrement(realFileSystem(), root, start);
  const unknown = { ...start, position: { ...start.position, history: undefined } };
  const whole = nextIncrement(realFileSystem(), root, unknown).increment!;
  t.deepEqual(changesIn(increment!), changesIn(whole));
  t.is(increment!.end.until.digest, undefined);
  t.not(whole.end.until.digest, undefined);
  t.is(increment!.end.until.sum, sumOfStore(root));
  t.deepEqual(increment!.header, { ...whole.header, since: start.position });
  await LOG.write(root, [['key:4', 'after']], 4);
  const next = nextIncrement(realFileSystem(), root, endOf(increment!)).increment!;
  t.is(next.end.until.digest, undefined);
  t.is(next.end.until.sum, sumOfStore(root));
});

test('since a cursor, what a fold log held is laid under what was appended, and tells what both contents do', async (t) => {
  const root = await filledLog(t, 'log', 'value');
  const since = cursorText(openReadable(root, {}).cursor)!;
  await LOG.write(
    root,
    [
      ['key:1', 'new'],
      ['key:2', undefined],
      ['goes', '1'],
    ],
    2,
  );
  await LOG.write(
    root,
    [
      ['goes', undefined],
      ['comes', ''],
      ['key:3', 'value3'],
    ],
    3,
  );
  const { lines } = exportSince(root, since);
  const torn = path.join(tempDir(t), 'log.snap');
  // Behind a torn end both contents are gone through.
  writeFileSync(torn, Buffer.concat([readFileSync(root), Buffer.of(1)]));
  const contents = exportSince(torn, since).lines;
  t.deepEqual(contents.split('\n').slice(2, -2), lines.split('\n').slice(2, -2));
  const [end, endOfContents] = [lines, contents].map((text) => /"until":\{"keys".*?\}/u.exec(text)?.[0]);
  t.is(endOfContents, end);
  t.notRegex(lines, /"goes"/u);
});

test('a fold log that is as long and at the same cursor, and another, is not taken for the one of a chain', async (t) => {
  const start = startOfLog(await filledLog(t, 'one', 'value'));
  const other = await filledLog(t, 'other', 'other');
  t.is(startOfLog(other).position.logBytes, start.position.logBytes);
  await LOG.write(other, [['key:1', 'new']], 2);
  t.throws(() => nextIncrement(realFileSystem(), other, start), { code: 'SOURCE_MISMATCH' });
});
