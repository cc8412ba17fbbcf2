import test from 'ava';
import fc from 'fast-check';
import { decodeExportManifest } from '../../../src/engine/artifact/format/manifest.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { fetchPayload } from '../../../src/engine/remote/publish/fetch-payload.js';
import { payloadName, pointerName, rankOf } from '../../../src/engine/remote/publish/names.js';
import { publish } from '../../../src/engine/remote/publish/publish.js';
import { KEY, publishedRank, quick, SECONDS, snapshot } from './snapshots.js';
import { type Fate, Killed, SimulatedBucket, SimulatedStore } from './simulated-bucket.js';

test('a snapshot is published, a newer one takes its place, and an older one is refused with both cursors', async (t) => {
  const bucket = new SimulatedBucket();
  const store = new SimulatedStore(bucket);
  await publish(store, KEY, snapshot(7), quick);
  t.is(await publishedRank(bucket), 7);
  await publish(store, KEY, snapshot(9), quick);
  t.is(await publishedRank(bucket), 9);
  const error = await t.throwsAsync(publish(store, KEY, snapshot(8), quick));
  t.true(isStatelogError(error, 'SUPERSEDED'));
  t.regex(error.message, /its cursor is 9, and this one's is 8/);
  t.is(await publishedRank(bucket), 9);
  t.is(
    [...bucket.blobs.keys()].filter((name) => name.endsWith('.tar')).length,
    2,
    'the older one was not even uploaded',
  );
});

test('many publishers at once, on a network that loses requests and answers: one pointer, never back, the highest', async (t) => {
  const fates: readonly Fate[] = [
    'good',
    'good',
    'good',
    'good',
    'good',
    'lost-request',
    'lost-answer',
    'conflict',
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 20 }),
      fc.infiniteStream(fc.constantFrom(...fates)),
      async (scheduler, ranks, network) => {
        const bucket = new SimulatedBucket();
        let highest = 0;
        bucket.onPut = (name) => {
          if (name !== pointerName(KEY)) return;
          const { cursor } = decodeExportManifest(bucket.blobs.get(name)!.bytes, name);
          const rank = Number(rankOf(cursor));
          if (rank < highest) throw new Error(`the pointer went back from ${highest} to ${rank}`);
          if (!bucket.blobs.has(payloadName(KEY, BigInt(rank), bucket.blobs.get(name)!.bytes)))
            throw new Error('the pointer moved before its payload was there');
          highest = rank;
        };
        const outcomes = ranks.map(async (rank) => {
          const fate = (): Fate => network.next().value as Fate;
          const travel = (): Promise<unknown> => scheduler.schedule(Promise.resolve());
          try {
            await publish(new SimulatedStore(bucket, { fate, travel }), KEY, snapshot(rank), quick);
            return 'published';
          } catch (error) {
            if (isStatelogError(error)) return error.code;
            throw error;
          }
        });
        const ended = await scheduler.waitFor(Promise.all(outcomes));
        const published = ranks.filter((_, index) => ended[index] === 'published');
        const isEachTold = ended.every((code) => ['published', 'SUPERSEDED', 'IO_FAILED'].includes(code));
        const isHighest =
          (await publishedRank(bucket)) === highest && published.every((rank) => rank <= highest);
        const isBest = ended.includes('IO_FAILED') || highest === Math.max(...ranks);
        return isEachTold && isHighest && isBest;
      },
    ),
    { numRuns: 60 },
  );
  t.pass();
});

test('killed before and after each request, the pointer is the old one or the new one, and the next run goes on', async (t) => {
  const probe = new SimulatedStore(new SimulatedBucket());
  await publish(probe, KEY, snapshot(1), quick);
  t.true(probe.requests.filter((kind) => kind === 'part').length >= 3);
  let kills = 0;
  for (const fate of ['killed', 'killed-after'] as const) {
    for (let at = 0; at < probe.requests.length + 1; at++) {
      const bucket = new SimulatedBucket();
      await publish(new SimulatedStore(bucket), KEY, snapshot(1), quick);
      const dying = new SimulatedStore(bucket, { fate: (request) => (request === at ? fate : 'good') });
      await publish(dying, KEY, snapshot(2), quick).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
        kills += 1;
      });
      t.true([1, 2].includes((await publishedRank(bucket))!));
      const sent = [...bucket.uploads.values()].reduce((sum, { parts }) => sum + parts.size, 0);
      const next = new SimulatedStore(bucket);
      await publish(next, KEY, snapshot(2, 10_000, SECONDS + 120), quick);
      t.is(await publishedRank(bucket), 2);
      const again = next.requests.filter((kind) => kind === 'part').length;
      const parts = probe.requests.filter((kind) => kind === 'part').length;
      const isPayloadThere = [...bucket.blobs.keys()].filter((name) => name.endsWith('.tar')).length === 2;
      t.true(
        isPayloadThere && again <= parts - sent,
        `killed at ${at}: ${again} parts were sent, ${sent} were there`,
      );
      t.is(bucket.uploads.size, 0, 'no upload is left behind');
    }
  }
  t.true(kills > 20);
});

test('what the store gives back is held against what was uploaded before the pointer moves', async (t) => {
  const bucket = new SimulatedBucket();
  bucket.onPut = (name) => {
    if (name.endsWith('.tar')) bucket.blobs.get(name)!.bytes[700]! ^= 1;
  };
  for (const keepsNoSums of [false, true]) {
    const store = new SimulatedStore(bucket, { keepsNoSums });
    const error = await t.throwsAsync(publish(store, KEY, snapshot(3), quick));
    t.true(isStatelogError(error, 'DIGEST_MISMATCH'));
    t.false(bucket.blobs.has(pointerName(KEY)));
  }
});

test('a store without sums is read back, and a good one is published to', async (t) => {
  const bucket = new SimulatedBucket();
  const store = new SimulatedStore(bucket, { keepsNoSums: true });
  await publish(store, KEY, snapshot(3), quick);
  t.is(await publishedRank(bucket), 3);
});

test('a pointer that is no manifest is replaced, and one of a newer program is not', async (t) => {
  const bucket = new SimulatedBucket();
  const store = new SimulatedStore(bucket);
  for (const broken of ['', '{', '<html>', ' '.repeat(2 * 1024 * 1024)]) {
    bucket.put(pointerName(KEY), Buffer.from(broken));
    const error = await t.throwsAsync(fetchPayload(store, KEY, quick));
    t.true(isStatelogError(error, 'INVALID_ARTIFACT'), broken.slice(0, 10));
    await publish(store, KEY, snapshot(4), quick);
    t.is(await publishedRank(bucket), 4);
  }
  bucket.put(pointerName(KEY), Buffer.from('{"schema_version": 9}'));
  const error = await t.throwsAsync(publish(store, KEY, snapshot(5), quick));
  t.true(isStatelogError(error, 'UNSUPPORTED_VERSION'));
});

test('a store that does not honour conditions is refused, unless that is allowed', async (t) => {
  const bucket = new SimulatedBucket();
  const store = new SimulatedStore(bucket, { ignoresConditions: true });
  const error = await t.throwsAsync(publish(store, KEY, snapshot(1), quick));
  t.true(isStatelogError(error, 'NOT_ATOMIC'));
  t.is(bucket.blobs.size, 0);
  await publish(store, KEY, snapshot(1), { ...quick, nonAtomic: true });
  t.is(await publishedRank(bucket), 1);
});

test('a payload whose manifest is another than the pointer is not taken', async (t) => {
  const bucket = new SimulatedBucket();
  const store = new SimulatedStore(bucket);
  await publish(store, KEY, snapshot(1), quick);
  const { payload } = await publish(store, KEY, snapshot(2), quick);
  const other = [...bucket.blobs].find(([name]) => name.endsWith('.tar') && name !== payload)![1];
  bucket.put(payload, other.bytes);
  const error = await t.throwsAsync(publishedRank(bucket));
  t.true(isStatelogError(error, 'INVALID_ARTIFACT'));
});
