import test from 'ava';
import { toUtf8 } from '../../../../src/engine/bytes/text/text.js';
import { WatchCursor } from '../../../../src/engine/fold/format/watch-cursor.js';
import { FoldStore } from '../../../../src/engine/store/fold-store.js';
import {
  crashAt,
  SimulatedCrash,
  SimulatedDisk,
  SimulatedFileSystem,
  type FaultPlan,
} from '../../../simulated-disk/index.js';
import { rejectionOf } from '../../../support/failure.js';
import { FOLD, foldOn, list, pull, startPull } from './pulled-fold.js';
import { SimulatedBucket } from './simulated-bucket.js';
import { SimulatedTime } from './simulated-time.js';

interface World {
  readonly time: SimulatedTime;
  readonly bucket: SimulatedBucket;
  readonly disk: SimulatedDisk;
}

function world(): World {
  const time = new SimulatedTime();
  return { time, bucket: new SimulatedBucket(time), disk: new SimulatedDisk({ pageBytes: 4096 }) };
}

function cursorOn(disk: SimulatedDisk): WatchCursor {
  return WatchCursor.fromBytes(foldOn(disk).store.cursor);
}

const byKey = (live: ReadonlyMap<string, unknown>): unknown[] =>
  [...live].sort(([a], [b]) => (a < b ? -1 : 1));

test('a bucket is pulled to its last revision, and the next pull goes on behind it', async (t) => {
  const { time, bucket, disk } = world();
  for (let number = 0; number < 2_000; number++) bucket.put(`key.${number % 700}`, `value ${number}`);
  bucket.delete('key.3');
  bucket.put('key.4', '');
  const taken: bigint[] = [];
  await pull({ time, bucket, disk, taken });
  t.deepEqual(byKey(foldOn(disk).live), byKey(bucket.truth));
  t.is(cursorOn(disk).asU64(), bucket.last);
  bucket.put('key.5', 'later');
  await pull({ time, bucket, disk, taken });
  t.deepEqual(byKey(foldOn(disk).live), byKey(bucket.truth));
  t.is(new Set(taken).size, taken.length);
});

test('a first pull that is killed at any moment is gone on with by the next one', async (t) => {
  let isOver = false;
  for (let at = 1; !isOver; at++) {
    const { time, bucket, disk } = world();
    // Data of more than a page is made durable before its cursor is written.
    for (const key of ['a', 'b', 'c']) bucket.put(key, 'first'.repeat(1_000));
    isOver = await pull({ time, bucket, disk, plan: crashAt(at) }).then(
      () => true,
      (error: unknown) => {
        if (!(error instanceof SimulatedCrash)) throw error;
        return false;
      },
    );
    bucket.delete('b');
    bucket.put('c', 'later');
    await pull({ time, bucket, disk });
    t.deepEqual(byKey(foldOn(disk).live), byKey(bucket.truth), `killed at ${at}`);
    t.is(cursorOn(disk).asU64(), bucket.last);
  }
});

test('keys without a cursor are refused where no pull took them, or their bucket drops values', async (t) => {
  for (const [revision, maxAgeMs] of [
    [undefined, 0],
    [2n, 0],
    [1n, 1_000],
  ] as const) {
    const { time, bucket, disk } = world();
    bucket.retention = { maxAgeMs, evictsOtherwise: false };
    bucket.put('a', '1');
    await pull({ time, bucket, disk });
    if (maxAgeMs > 0) bucket.dropHead(1);
    const fileSystem = new SimulatedFileSystem({ disk });
    fileSystem.remove(FOLD);
    FoldStore.create(FOLD, fileSystem);
    const store = await FoldStore.open(FOLD, { fileSystem, waitMs: 0 });
    store.put(toUtf8('mine'), toUtf8('1'), { revision });
    await store.sync();
    store.close();
    const error = await rejectionOf(pull({ time, bucket, disk }));
    t.is(error.code, 'CURSOR_EXPIRED');
    t.deepEqual([...foldOn(disk).live.keys()], ['mine']);
  }
});

test('an empty value deletes its key, as a mark of deletion does', async (t) => {
  const { time, bucket, disk } = world();
  bucket.put('a', '1');
  bucket.put('b', '2');
  await pull({ time, bucket, disk });
  bucket.put('a', '');
  bucket.delete('b');
  await pull({ time, bucket, disk });
  t.deepEqual([...foldOn(disk).live], []);
});

test('a cursor that has left the bucket is refused, the fold as it was, and the hint says what helps', async (t) => {
  const { time, bucket, disk } = world();
  bucket.put('a', '1');
  bucket.put('b', '2');
  await pull({ time, bucket, disk });
  bucket.delete('a');
  bucket.put('c', '3');
  bucket.dropHead(2);
  const error = await rejectionOf(pull({ time, bucket, disk }));
  t.is(error.code, 'CURSOR_EXPIRED');
  t.regex(error.message, /revision 2 and the bucket begins at 4/);
  t.regex(error.details.hint ?? '', /--resync list/);
  t.deepEqual([...foldOn(disk).live.keys()], ['a', 'b']);
});

test('what is lost while the consumer is made is noticed', async (t) => {
  const { time, bucket, disk } = world();
  // Between the revisions of a prefix lie those of other keys: its jumps tell nothing.
  const prefix = 'p.';
  bucket.put('p.a', '1');
  await pull({ time, bucket, disk, prefix });
  bucket.delete('p.a');
  bucket.put('p.c', '3');
  bucket.onOpened = () => {
    bucket.dropHead(1);
  };
  const error = await rejectionOf(pull({ time, bucket, disk, prefix }));
  t.is(error.code, 'CURSOR_EXPIRED');
  t.is(cursorOn(disk).asU64(), 1n);
});

test('what is lost while a pull follows is noticed at the jump, and what came before is on disk', async (t) => {
  const { time, bucket, disk } = world();
  bucket.put('a', '1');
  await pull({ time, bucket, disk });
  for (let number = 0; number < 1_200; number++) bucket.put(`key.${number}`, 'v');
  // What the server has sent ahead is there; what it would have sent next is gone.
  const observer = {
    progress: ({ puts }: { puts: number }) => {
      if (puts === 512) bucket.dropHead(1_000);
    },
  };
  const { over } = await startPull({ time, bucket, disk, isFollowing: true, observer });
  const error = await rejectionOf(time.until(over));
  t.is(error.code, 'CURSOR_EXPIRED');
  t.is(cursorOn(disk).asU64(), 513n);
  t.is(foldOn(disk).live.size, 513);
});

test('a bucket made anew under the same name is refused, shorter or longer than the fold', async (t) => {
  for (const writes of [1, 30]) {
    const { time, bucket, disk } = world();
    for (let number = 0; number < 5; number++) bucket.put(`key.${number}`, 'old');
    await pull({ time, bucket, disk });
    bucket.recreate();
    for (let number = 0; number < writes; number++) bucket.put(`new.${number}`, 'new');
    const error = await rejectionOf(pull({ time, bucket, disk }));
    t.is(error.code, 'SOURCE_MISMATCH');
    t.is(foldOn(disk).live.size, 5);
    const reasons: string[] = [];
    await pull({
      time,
      bucket,
      disk,
      resync: list(),
      observer: { resync: (reason) => reasons.push(reason) },
    });
    t.is(reasons.length, 1);
    t.deepEqual(byKey(foldOn(disk).live), byKey(bucket.truth));
    t.is(cursorOn(disk).asU64(), bucket.last);
  }
});

test('a silent server is left after four seconds, and gone on from where the changes taken so far end', async (t) => {
  const { time, bucket, disk } = world();
  bucket.put('a', '1');
  const taken: bigint[] = [];
  const { puller, over } = await startPull({ time, bucket, disk, isFollowing: true, taken });
  await time.pass(10_000);
  t.is(bucket.opened, 1);
  bucket.killConsumers('silently');
  bucket.put('b', '2');
  await time.pass(3_000);
  t.is(bucket.opened, 1);
  await time.pass(2_000);
  t.is(bucket.opened, 2);
  t.is(foldOn(disk).live.size, 2);
  puller.stop();
  await time.until(over);
  t.deepEqual(taken, [1n, 2n]);
});

test('tries to reach a server that is away come less and less often, and go on without end', async (t) => {
  const { time, bucket, disk } = world();
  const waits: number[] = [];
  const observer = {
    waiting: (_: string, ms: number) => {
      waits.push(ms);
    },
  };
  const { puller, over } = await startPull({ time, bucket, disk, isFollowing: true, observer });
  await time.pass(1_000);
  bucket.isDown = true;
  bucket.killConsumers('told');
  await time.pass(120_000);
  t.deepEqual(waits.slice(0, 7), [188, 375, 750, 1_500, 3_000, 6_000, 7_500]);
  t.true(waits.length > 15);
  bucket.isDown = false;
  bucket.put('a', '1');
  await time.pass(20_000);
  t.is(foldOn(disk).live.size, 1);
  puller.stop();
  await time.until(over);
});

test('the list of keys puts a fold right where the bucket keeps what it holds', async (t) => {
  const { time, bucket, disk } = world();
  for (let number = 0; number < 50; number++) bucket.put(`key.${number}`, 'old');
  await pull({ time, bucket, disk });
  for (let number = 0; number < 20; number++) bucket.delete(`key.${number}`);
  for (let number = 20; number < 50; number++) bucket.put(`key.${number}`, 'new');
  // The marks of deletion go; every current value stays.
  bucket.dropHead(20);
  t.is((await rejectionOf(pull({ time, bucket, disk }))).code, 'CURSOR_EXPIRED');
  const taken: bigint[] = [];
  await pull({ time, bucket, disk, resync: list(), taken });
  t.deepEqual(byKey(foldOn(disk).live), byKey(bucket.truth));
});

test('the list of keys is refused where the bucket drops current values, and for ever after', async (t) => {
  const { time, bucket, disk } = world();
  bucket.put('aged', '1');
  bucket.put('b', '2');
  bucket.retention = { maxAgeMs: 60_000, evictsOtherwise: false };
  await pull({ time, bucket, disk });
  t.false(cursorOn(disk).seenEvicting);
  bucket.dropHead(1);
  await pull({ time, bucket, disk });
  t.true(cursorOn(disk).seenEvicting);
  t.true(foldOn(disk).live.has('aged'));
  // The setting is taken back; what went meanwhile stays missing.
  bucket.retention = { maxAgeMs: 0, evictsOtherwise: false };
  bucket.put('c', '3');
  await pull({ time, bucket, disk });
  t.true(cursorOn(disk).seenEvicting);
  bucket.put('d', '4');
  bucket.put('e', '5');
  bucket.dropHead(3);
  const error = await rejectionOf(pull({ time, bucket, disk, resync: list() }));
  t.is(error.code, 'CURSOR_EXPIRED');
  t.regex(error.details.hint ?? '', /--resync NEW\.tar/);
  t.true(foldOn(disk).live.has('aged'));
});

test('a gap in which nothing can have aged out is gone over', async (t) => {
  const { time, bucket, disk } = world();
  bucket.retention = { maxAgeMs: 600_000, evictsOtherwise: false };
  bucket.put('x', '0');
  bucket.put('a', '1');
  bucket.dropHead(1);
  await pull({ time, bucket, disk });
  bucket.put('a', '2');
  bucket.put('a', '3');
  await time.pass(100_000);
  await pull({ time, bucket, disk });
  t.is(foldOn(disk).live.get('a')?.value, '3');
  bucket.put('a', '4');
  bucket.put('a', '5');
  await time.pass(301_000);
  t.is((await rejectionOf(pull({ time, bucket, disk }))).code, 'CURSOR_EXPIRED');
});

test('a fold of a prefix keeps up with a bucket in which other keys change', async (t) => {
  const { time, bucket, disk } = world();
  bucket.put('mine.a', '1');
  const { puller, over } = await startPull({ time, bucket, disk, isFollowing: true, prefix: 'mine.' });
  await time.pass(100);
  for (let number = 0; number < 20; number++) bucket.put('other.x', String(number));
  await time.pass(40_000);
  t.is(cursorOn(disk).asU64(), 21n);
  bucket.put('mine.a', '2');
  await time.pass(100);
  t.is(foldOn(disk).live.get('mine.a')?.value, '2');
  puller.stop();
  await time.until(over);
  const error = await rejectionOf(pull({ time, bucket, disk }));
  t.is(error.code, 'SOURCE_MISMATCH');
});

test('changes that come one by one are applied when nothing waits, and those that come together in batches', async (t) => {
  const { time, bucket, disk } = world();
  for (let number = 0; number < 1_200; number++) bucket.put(`key.${number}`, 'v');
  const batches: number[] = [];
  let before = 0;
  const observer = {
    progress: ({ puts }: { puts: number }) => {
      batches.push(puts - before);
      before = puts;
    },
  };
  const { puller, over } = await startPull({ time, bucket, disk, isFollowing: true, observer });
  await time.pass(100);
  t.deepEqual(
    batches.filter((count) => count > 0),
    [512, 512, 176],
  );
  bucket.put('a', '1');
  await time.settle();
  t.is(foldOn(disk).live.size, 1_201);
  puller.stop();
  await time.until(over);
});

test('a pull that follows ends when its fold fails, though nothing changes in the bucket any more', async (t) => {
  for (const into of [[], ['/store']]) {
    const { time, bucket, disk } = world();
    let isFailing = false;
    const plan: FaultPlan = ({ name }) =>
      isFailing && name === 'fdatasync' ? { kind: 'error', errno: 'EIO', when: 'before' } : undefined;
    const { over } = await startPull({ time, bucket, disk, plan, into, isFollowing: true });
    bucket.put('a', '1');
    await time.pass(5_000);
    t.is(foldOn(disk).live.size, 1);
    isFailing = true;
    bucket.put('b', '2');
    const startedMs = time.nowMs();
    t.is((await rejectionOf(time.until(over))).code, 'IO_FAILED');
    t.true(time.nowMs() - startedMs < 1_000, `${time.nowMs() - startedMs}`);
  }
});
