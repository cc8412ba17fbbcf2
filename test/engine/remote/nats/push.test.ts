import test from 'ava';
import fc from 'fast-check';
import { pushSourceOf } from '../../../../src/engine/remote/nats/push-bucket.js';
import type { BucketTarget } from '../../../../src/engine/remote/nats/push/bucket-target.js';
import { pushTo, type PushPolicy } from '../../../../src/engine/remote/nats/push/push-to.js';
import type { PushCounts } from '../../../../src/engine/remote/nats/push/push-changes.js';
import { TransientError } from '../../../../src/engine/remote/nats/source/change-source.js';
import { FoldStore } from '../../../../src/engine/store/fold-store.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../../simulated-disk/index.js';
import type { ErrorCode } from '../../../../src/engine/errors.js';
import { rejectionOf } from '../../../support/failure.js';
import { readOrigin } from '../../../../src/engine/remote/nats/pull/origin.js';
import { FOLD, foldOn, pull } from './pulled-fold.js';
import { SimulatedBucket } from './simulated-bucket.js';
import { SimulatedTime } from './simulated-time.js';

const POLICY: PushPolicy = { create: false, overwrite: false, dryRun: false };

interface TargetOptions {
  /** Whether the bucket is there at first. */
  readonly isThere?: boolean;
  /** So many writes are taken before the server goes away. */
  readonly writes?: number;
  /** Called before each write. */
  readonly beforeWrite?: () => void;
}

function targetOf(
  bucket: SimulatedBucket,
  { isThere = true, writes = Infinity, beforeWrite }: TargetOptions = {},
): BucketTarget {
  let there = isThere;
  let left = writes;
  return {
    name: bucket.name,
    source: bucket,
    valueBytesMax: 1_000,
    state: async () => (there ? bucket.state() : undefined),
    create: () => {
      there = true;
      return Promise.resolve();
    },
    write: (key, value, expected) => {
      beforeWrite?.();
      if (left === 0) return Promise.reject(new TransientError('the server is away'));
      left -= 1;
      if (bucket.revisionOf(key) !== expected) return Promise.resolve(undefined);
      if (value === undefined) bucket.delete(key);
      else bucket.put(key, new TextDecoder().decode(value));
      return Promise.resolve(bucket.last);
    },
  };
}

/** A fold of what some entries say. */
async function foldOf(entries: Iterable<readonly [string, string]>): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const fileSystem = new SimulatedFileSystem({ disk });
  FoldStore.create(FOLD, fileSystem);
  const store = await FoldStore.open(FOLD, { fileSystem, waitMs: 0 });
  const encoder = new TextEncoder();
  for (const [key, value] of entries) store.put(encoder.encode(key), encoder.encode(value));
  await store.sync();
  store.close();
  return disk;
}

async function push(
  time: SimulatedTime,
  disk: SimulatedDisk,
  target: BucketTarget,
  policy: Partial<PushPolicy> = {},
): Promise<PushCounts> {
  const fileSystem = new SimulatedFileSystem({ disk });
  const store = FoldStore.load(FOLD, fileSystem);
  const origin = readOrigin(fileSystem, FOLD);
  const work = pushTo(target, time, { ...POLICY, ...policy }, (created) =>
    pushSourceOf(store, origin, created),
  );
  return time.until(work);
}

const valuesOf = (live: ReadonlyMap<string, { readonly value: string }>): [string, string][] =>
  [...live].map(([key, { value }]): [string, string] => [key, value]).sort();

const content = fc.dictionary(
  fc.integer({ min: 0, max: 12 }).map((number) => `key.${number}`),
  fc.integer({ min: 1, max: 3 }).map(String),
);

test('a push makes any bucket equal to the store, also after it was cut short anywhere', async (t) => {
  await fc.assert(
    fc.asyncProperty(content, content, fc.nat(15), async (own, there, writes) => {
      const time = new SimulatedTime();
      const bucket = new SimulatedBucket(time);
      for (const [key, value] of Object.entries(there)) bucket.put(key, value);
      const disk = await foldOf(Object.entries(own));
      await push(time, disk, targetOf(bucket, { writes }), { overwrite: true }).catch((error: unknown) => {
        t.regex(String(error), /cut short/);
      });
      const again = await push(time, disk, targetOf(bucket), { overwrite: true });
      t.deepEqual(valuesOf(bucket.truth), valuesOf(foldOn(disk).live));
      const nothing = await push(time, disk, targetOf(bucket));
      t.deepEqual(nothing, { puts: 0, deletes: 0, unchanged: again.puts + again.unchanged });
    }),
    { numRuns: 60 },
  );
});

test('a bucket that has what the store never saw is refused, and nothing is written', async (t) => {
  const time = new SimulatedTime();
  const bucket = new SimulatedBucket(time);
  const disk = new SimulatedDisk();
  for (let number = 0; number < 5; number++) bucket.put(`key.${number}`, 'pulled');
  await pull({ time, bucket, disk });
  bucket.put('key.1', 'newer');
  bucket.delete('key.2');
  bucket.put('other', 'new');
  const error = await rejectionOf(push(time, disk, targetOf(bucket)));
  t.is(error.code, 'BUCKET_AHEAD');
  t.regex(error.message, /"key\.1", "key\.2", "other"$/);
  t.is(bucket.last, 8n);
  t.deepEqual(await push(time, disk, targetOf(bucket), { overwrite: true, dryRun: true }), {
    puts: 2,
    deletes: 1,
    unchanged: 3,
  });
  t.is(bucket.last, 8n);
});

test('what a bucket has up to the cursor of its own fold is known, and changed without being asked', async (t) => {
  const time = new SimulatedTime();
  const bucket = new SimulatedBucket(time);
  const disk = new SimulatedDisk();
  for (let number = 0; number < 5; number++) bucket.put(`key.${number}`, 'pulled');
  await pull({ time, bucket, disk });
  const fileSystem = new SimulatedFileSystem({ disk });
  const store = await FoldStore.open(FOLD, { fileSystem, waitMs: 0 });
  store.put(new TextEncoder().encode('key.1'), new TextEncoder().encode('mended'));
  store.delete(new TextEncoder().encode('key.2'));
  await store.sync();
  store.close();
  t.deepEqual(await push(time, disk, targetOf(bucket)), { puts: 1, deletes: 1, unchanged: 3 });
  t.deepEqual(valuesOf(bucket.truth), valuesOf(foldOn(disk).live));
});

test('a key that somebody writes between the look and the push is not written over', async (t) => {
  const time = new SimulatedTime();
  const bucket = new SimulatedBucket(time);
  const disk = await foldOf([['a', '1']]);
  const beforeWrite = (): void => {
    if (bucket.last === 0n) bucket.put('a', 'theirs');
  };
  t.is((await rejectionOf(push(time, disk, targetOf(bucket, { beforeWrite })))).code, 'BUCKET_AHEAD');
  t.is(bucket.truth.get('a')?.value, 'theirs');
});

test('a bucket that is not there is made only when that is asked for, and not in a dry run', async (t) => {
  const time = new SimulatedTime();
  const bucket = new SimulatedBucket(time);
  const disk = await foldOf([['a', '1']]);
  t.is((await rejectionOf(push(time, disk, targetOf(bucket, { isThere: false })))).code, 'NOT_FOUND');
  const dry = await push(time, disk, targetOf(bucket, { isThere: false }), { create: true, dryRun: true });
  t.deepEqual([dry, bucket.last], [{ puts: 1, deletes: 0, unchanged: 0 }, 0n]);
  await push(time, disk, targetOf(bucket, { isThere: false }), { create: true });
  t.is(bucket.truth.get('a')?.value, '1');
});

test('what no bucket can hold is refused before anything is written', async (t) => {
  const cases: [string, string, ErrorCode][] = [
    ['a b', '1', 'NOT_REPRESENTABLE'],
    ['a.*', '1', 'NOT_REPRESENTABLE'],
    ['a..b', '1', 'NOT_REPRESENTABLE'],
    ['z', '', 'NOT_REPRESENTABLE'],
    ['z', 'x'.repeat(1_001), 'LIMIT_EXCEEDED'],
  ];
  for (const [key, value, code] of cases) {
    const time = new SimulatedTime();
    const bucket = new SimulatedBucket(time);
    const disk = await foldOf([
      ['a', '1'],
      [key, value],
    ]);
    t.is((await rejectionOf(push(time, disk, targetOf(bucket)))).code, code, key);
    t.is(bucket.last, 0n);
  }
});
