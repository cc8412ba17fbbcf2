import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { EntrySum } from '../../../src/engine/bytes/hash/entry-sum.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
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

test('a fold log that is as long and at the same cursor, and another, is not taken for the one of a chain', async (t) => {
  const start = startOfLog(await filledLog(t, 'one', 'value'));
  const other = await filledLog(t, 'other', 'other');
  t.is(startOfLog(other).position.logBytes, start.position.logBytes);
  await LOG.write(other, [['key:1', 'new']], 2);
  t.throws(() => nextIncrement(realFileSystem(), other, start), { code: 'SOURCE_MISMATCH' });
});
