import test from 'ava';
import fc from 'fast-check';
import { isStatelogError } from '../../../src/engine/errors.js';
import { gathered } from '../../../src/engine/remote/publish/begun-upload.js';
import { listSnapshots } from '../../../src/engine/remote/publish/list-snapshots.js';
import { payloadsPrefix, pointerName, rankOfPayload } from '../../../src/engine/remote/publish/names.js';
import { pruneSnapshots } from '../../../src/engine/remote/publish/prune-snapshots.js';
import { publish } from '../../../src/engine/remote/publish/publish.js';
import { KEY, publishedRank, quick, snapshot } from './snapshots.js';
import { SimulatedBucket, SimulatedStore } from './simulated-bucket.js';

const HOUR_MS = 3_600_000;

test('pruning keeps what it is told to, never touches the newest, and leaves strangers alone', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 0, max: 6 }),
      async (ranks, keep, graceHours) => {
        const bucket = new SimulatedBucket();
        const store = new SimulatedStore(bucket);
        const sorted = ranks.toSorted((one, other) => one - other);
        for (const rank of sorted) {
          await publish(store, KEY, snapshot(rank, 10_000, bucket.nowMs / 1000), quick);
          bucket.nowMs += HOUR_MS;
        }
        bucket.put(`${payloadsPrefix(KEY)}notes.tar`, Buffer.from('of somebody else'));
        bucket.put(
          `${payloadsPrefix(`${KEY}/below`)}0000000000000001-0000000000000001.tar`,
          Buffer.from('x'),
        );
        const graceMs = graceHours * HOUR_MS;
        const dry = await pruneSnapshots(store, KEY, { keep, graceMs, dryRun: true });
        const pruned = await pruneSnapshots(store, KEY, { keep, graceMs });
        const left = [...bucket.blobs.keys()].flatMap((name) => rankOfPayload(KEY, name) ?? []).map(Number);
        const isRight =
          left.toSorted((one, other) => one - other).join() === expected(sorted, keep, graceHours).join();
        const areStrangersLeft = bucket.blobs.size === left.length + 3;
        return (
          isRight &&
          areStrangersLeft &&
          dry.payloads.length === pruned.payloads.length &&
          pruned.kept === left.length &&
          (await publishedRank(bucket)) === sorted.at(-1)
        );
      },
    ),
    { numRuns: 50 },
  );
  t.pass();
});

/** The ranks that stay: the newest ones, and those that are too young, the n-th from the end being n hours old. */
function expected(sorted: readonly number[], keep: number, graceHours: number): number[] {
  return sorted.filter((_, index) => {
    const fromEnd = sorted.length - index;
    return fromEnd <= keep || fromEnd < graceHours;
  });
}

test('nothing is pruned where the pointer is missing or broken', async (t) => {
  const bucket = new SimulatedBucket();
  const store = new SimulatedStore(bucket);
  await publish(store, KEY, snapshot(1), quick);
  await publish(store, KEY, snapshot(2), quick);
  const before = bucket.blobs.size;
  bucket.put(pointerName(KEY), Buffer.from('{}'));
  const broken = await t.throwsAsync(pruneSnapshots(store, KEY, { keep: 1, graceMs: 0 }));
  t.true(isStatelogError(broken, 'INVALID_ARTIFACT'));
  bucket.blobs.delete(pointerName(KEY));
  const missing = await t.throwsAsync(pruneSnapshots(store, KEY, { keep: 1, graceMs: 0 }));
  t.true(isStatelogError(missing, 'NOT_FOUND'));
  t.is(bucket.blobs.size, before - 1);
});

test('uploads that can be published no more are pruned, and those that can are not', async (t) => {
  const bucket = new SimulatedBucket();
  const store = new SimulatedStore(bucket);
  await publish(store, KEY, snapshot(5), quick);
  const names = ['0000000000000004', '0000000000000005', '0000000000000006'];
  for (const rank of names) await store.uploads.start(`${payloadsPrefix(KEY)}${rank}-0000000000000000.tar`);
  await store.uploads.start(`${payloadsPrefix(KEY)}notes`);
  bucket.nowMs += HOUR_MS;
  const { uploads } = await pruneSnapshots(store, KEY, { keep: 1, graceMs: HOUR_MS });
  t.is(uploads.length, 1);
  t.is(bucket.uploads.size, 3);
});

test('a list has every key at and below a prefix, whatever became of its pointer', async (t) => {
  const bucket = new SimulatedBucket();
  const store = new SimulatedStore(bucket);
  for (const key of ['edge/orders', 'edge/orders/eu', 'edge/orders-old', 'other']) {
    await publish(store, key, snapshot(1), quick);
    await publish(store, key, snapshot(2), quick);
  }
  bucket.put(pointerName('edge/orders/eu'), Buffer.from('no manifest'));
  bucket.blobs.delete(pointerName('edge/orders'));
  const listed = await gathered(
    () => listSnapshots(store, 'edge/orders'),
    () => true,
  );
  t.deepEqual(
    listed.map(({ key, payloads, fault }) => [key, payloads.map(({ isCurrent }) => isCurrent), fault?.code]),
    [
      ['edge/orders', [false, false], undefined],
      ['edge/orders/eu', [false, false], 'INVALID_ARTIFACT'],
    ],
  );
  const all = await gathered(
    () => listSnapshots(store, ''),
    () => true,
  );
  t.deepEqual(
    all.map(({ key, manifest }) => [key, manifest?.cursor.asU64()]),
    [
      ['edge/orders', undefined],
      ['edge/orders-old', 2n],
      ['edge/orders/eu', undefined],
      ['other', 2n],
    ],
  );
});
