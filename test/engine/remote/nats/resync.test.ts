import test from 'ava';
import { createLog } from '../../../../src/engine/fold/write/open-log.js';
import { WatchCursor } from '../../../../src/engine/fold/format/watch-cursor.js';
import { ArtifactResync } from '../../../../src/engine/remote/nats/resync/artifact-resync.js';
import type { RestoreSource } from '../../../../src/engine/remote/nats/resync/restore-source.js';
import { FoldStore } from '../../../../src/engine/store/fold-store.js';
import { SimulatedDisk, SimulatedFileSystem, crashAt } from '../../../simulated-disk/index.js';
import { rejectionOf } from '../../../support/failure.js';
import { FOLD, foldOn, pull } from './pulled-fold.js';
import { SimulatedBucket, type Live } from './simulated-bucket.js';
import { SimulatedTime } from './simulated-time.js';

/** A fold on a disk of its own as a snapshot. */
function snapshotOf(disk: SimulatedDisk, scope: readonly string[] | undefined = ['']): RestoreSource {
  const open = (): FoldStore => FoldStore.load(FOLD, new SimulatedFileSystem({ disk }));
  return {
    name: 'snapshot',
    latest: () => Promise.resolve({ cursor: open().cursor, scope }),
    fetch: () => {
      const store = open();
      return Promise.resolve({ store, cursor: store.cursor, scope, close: () => store.close() });
    },
  };
}

const sorted = (live: ReadonlyMap<string, Live>): [string, Live][] =>
  [...live].sort(([a], [b]) => (a < b ? -1 : 1));

/** A fold that was away while its bucket dropped values, and one that was not. */
async function twoFolds(): Promise<{
  time: SimulatedTime;
  bucket: SimulatedBucket;
  behind: SimulatedDisk;
  further: SimulatedDisk;
}> {
  const time = new SimulatedTime();
  const bucket = new SimulatedBucket(time);
  const [behind, further] = [new SimulatedDisk(), new SimulatedDisk()];
  bucket.retention = { maxAgeMs: 1_000, evictsOtherwise: true };
  for (let number = 0; number < 40; number++) bucket.put(`key.${number}`, 'first');
  for (const disk of [behind, further]) await pull({ time, bucket, disk });
  for (let number = 0; number < 5; number++) bucket.delete(`key.${number}`);
  for (let number = 10; number < 20; number++) bucket.put(`key.${number}`, 'second');
  await pull({ time, bucket, disk: further });
  bucket.dropHead(37);
  for (let number = 50; number < 55; number++) bucket.put(`key.${number}`, 'third');
  return { time, bucket, behind, further };
}

test('an artifact of a fold that was there puts one right that was not: every write less every delete', async (t) => {
  const { time, bucket, behind, further } = await twoFolds();
  t.is((await rejectionOf(pull({ time, bucket, disk: behind }))).code, 'CURSOR_EXPIRED');
  await pull({ time, bucket, disk: behind, resync: new ArtifactResync(snapshotOf(further)) });
  await pull({ time, bucket, disk: further });
  t.deepEqual(sorted(foldOn(behind).live), sorted(foldOn(further).live));
  t.deepEqual(sorted(foldOn(behind).live), sorted(bucket.truth));
  t.true(WatchCursor.fromBytes(foldOn(behind).store.cursor).seenEvicting);
});

test('an artifact that is taken half is taken again: the cursor moves with the last of it', async (t) => {
  const { time, bucket, behind, further } = await twoFolds();
  const resync = (): ArtifactResync => new ArtifactResync(snapshotOf(further));
  let isWhole = false;
  for (let at = 0; !isWhole; at++) {
    await pull({ time, bucket, disk: behind, resync: resync(), plan: crashAt(at) }).then(
      () => (isWhole = true),
      () => undefined,
    );
    const { live, store } = foldOn(behind);
    if ((WatchCursor.fromBytes(store.cursor).asU64() ?? 0n) <= 40n) continue;
    for (const [key, { revision }] of bucket.truth) {
      if (revision <= 55n) t.is(live.get(key)?.revision, revision, `${key} after a crash at ${at}`);
    }
    for (let number = 0; number < 5; number++) t.false(live.has(`key.${number}`));
  }
  t.deepEqual(sorted(foldOn(behind).live), sorted(bucket.truth));
});

test('an artifact that is not further, covers other keys, does not say which, or ends before the bucket begins is refused', async (t) => {
  const { time, bucket, behind, further } = await twoFolds();
  const before = sorted(foldOn(behind).live);
  const refused = async (source: RestoreSource): Promise<string> => {
    const error = await rejectionOf(pull({ time, bucket, disk: behind, resync: new ArtifactResync(source) }));
    t.is(error.code, 'CURSOR_EXPIRED');
    t.deepEqual(sorted(foldOn(behind).live), before);
    return error.message;
  };
  t.regex(await refused(snapshotOf(behind)), /ends at revision 40, and the fold stands at 40/);
  t.regex(
    await refused({
      ...snapshotOf(further),
      latest: () => Promise.resolve({ cursor: new Uint8Array(8), scope: undefined }),
    }),
    /does not say which keys/,
  );
  t.regex(await refused(snapshotOf(further, ['other.'])), /covers other keys/);
  bucket.dropHead(20);
  for (let number = 0; number < 9; number++) bucket.put('late', String(number));
  bucket.dropHead(20);
  t.regex(await refused(snapshotOf(further)), /ends at revision 55, and the bucket begins/);
});

test('a fold with keys and no cursor is refused, and one that nobody filled is not', async (t) => {
  const time = new SimulatedTime();
  const bucket = new SimulatedBucket(time);
  bucket.put('a', '1');
  const disk = new SimulatedDisk();
  const fileSystem = new SimulatedFileSystem({ disk });
  createLog(fileSystem, FOLD);
  const store = await FoldStore.open(FOLD, { fileSystem, waitMs: 0 });
  store.put(new TextEncoder().encode('b'), Uint8Array.of(1));
  await store.sync();
  store.close();
  const error = await rejectionOf(pull({ time, bucket, disk }));
  t.is(error.code, 'CURSOR_EXPIRED');
  t.regex(error.message, /keys and no cursor/);
});
