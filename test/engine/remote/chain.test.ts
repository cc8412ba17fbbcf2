import { cpSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { linkName, pointerName } from '../../../src/engine/remote/publish/names.js';
import { listMoments } from '../../../src/engine/remote/chain/list-moments.js';
import { listSnapshots } from '../../../src/engine/remote/publish/list-snapshots.js';
import { gathered } from '../../../src/engine/remote/publish/begun-upload.js';
import { tempDir } from '../../support/temp-dir.js';
import { HISTORIES, standing } from '../transfer/increment-works.js';
import { everyMomentIsRestored } from './chain-property.js';
import { extend, publishWhole, restore } from './chain-works.js';
import { SimulatedBucket, SimulatedStore } from './simulated-bucket.js';
import { KEY } from './snapshots.js';

for (const kind of ['directory', 'log'] as const) {
  test(`random chains of a ${kind}, restored at every moment that is kept, are what it was there`, async (t) => {
    await everyMomentIsRestored(t, kind, 12);
  });
}

interface Place {
  readonly source: string;
  readonly copy: (name: string) => string;
  readonly bucket: SimulatedBucket;
  readonly blobs: SimulatedStore;
}

function place(t: ExecutionContext, kind: 'directory' | 'log' = 'directory'): Place {
  const folder = tempDir(t);
  const end = kind === 'log' ? '.snap' : '';
  const bucket = new SimulatedBucket();
  const source = path.join(folder, `source${end}`);
  HISTORIES[kind].create(source);
  const copy = (name: string): string => path.join(folder, `${name}${end}`);
  return { source, copy, bucket, blobs: new SimulatedStore(bucket) };
}

/** A whole snapshot at 1, and increments to 2 and 3. */
async function chainOfThree(t: ExecutionContext): Promise<Place> {
  const made = place(t);
  const { source, blobs } = made;
  const { write } = HISTORIES.directory;
  await write(source, [['a', '1']], 1);
  await publishWhole(blobs, source);
  await write(source, [['b', '2']], 2);
  await extend(blobs, source);
  await write(source, [['a', undefined]], 3);
  await extend(blobs, source);
  return made;
}

function payloadIn(bucket: SimulatedBucket): string {
  return [...bucket.blobs.keys()].find((name) => name.endsWith('.tar'))!;
}

test('what was written to an epoch that is still open goes into increments, and is restored', async (t) => {
  const { source, copy, blobs } = place(t);
  const { write } = HISTORIES.directory;
  await write(source, [['a', '1']], 1);
  await publishWhole(blobs, source);
  const wanted: string[] = [];
  const store = await StateDirectory.open(source);
  for (const [key, value] of [
    ['b', '2'],
    ['a', undefined],
    ['c', '3'],
  ] as const) {
    if (value === undefined) store.delete(Buffer.from(key));
    else store.put(Buffer.from(key), Buffer.from(value));
    await store.sync();
    const { increment } = await extend(blobs, source);
    t.is(increment!.end.puts + increment!.end.deletes, 1);
    wanted.push(contentOf(source));
  }
  const positions = await positionsIn(blobs);
  t.deepEqual(positions.slice(0, 3), ['1', '1+1', '1+2']);
  for (const [index, content] of wanted.entries()) {
    const into = copy(`open-${index}`);
    await restore(blobs, into, positions[index + 1]);
    t.is(contentOf(into), content);
  }
  // The checkpoint that closes it is one more moment, with nothing new in it.
  await store.checkpoint();
  store.close();
  const closed = await extend(blobs, source);
  t.is(closed.increment!.end.puts + closed.increment!.end.deletes, 0);
  await restore(blobs, copy('closed'), '2');
  t.is(standing(copy('closed')), standing(source));
  t.is((await extend(blobs, source)).increment, undefined, 'nothing is new');
});

function contentOf(store: string): string {
  return (JSON.parse(standing(store)) as { digest: string }).digest;
}

async function positionsIn(blobs: SimulatedStore): Promise<string[]> {
  const moments = await gathered(
    () => listMoments(blobs, listSnapshots(blobs, KEY)),
    () => true,
  );
  return moments.map(({ position }) => position!);
}

test('a gap in the chain is refused with both positions, and the moments before it are there', async (t) => {
  const { source, copy, bucket, blobs } = await chainOfThree(t);
  bucket.blobs.delete(linkName(KEY, payloadIn(bucket), 1));
  const error = await t.throwsAsync(restore(blobs, copy('new')), { code: 'SOURCE_MISMATCH' });
  t.regex(error.message, /stands at 1, and the increment starts at 2/);
  await t.throwsAsync(restore(blobs, copy('new'), '3'), { code: 'EPOCH_NOT_FOUND' });
  t.is((await restore(blobs, copy('first'), '1')).epoch, '1');
  await t.throwsAsync(extend(blobs, source), {
    code: 'NOT_REPRESENTABLE',
    message: /none that an increment/,
  });
});

test('an increment of another chain, a cut one and an altered one are damage or refused, never a wrong store', async (t) => {
  const { copy, bucket, blobs } = await chainOfThree(t);
  const other = await chainOfThree(t);
  const name = linkName(KEY, payloadIn(bucket), 2);
  const good = Buffer.from(bucket.blobs.get(name)!.bytes);
  const foreign = Buffer.from(
    other.bucket.blobs.get(linkName(KEY, payloadIn(other.bucket), 2))!.bytes.slice(),
  );
  const put = (bytes: Uint8Array): void => {
    bucket.put(name, bytes);
  };
  put(foreign);
  // The two are equal but for the store's id.
  await t.throwsAsync(restore(blobs, copy('other')), { code: 'SOURCE_MISMATCH', message: /another store/ });
  for (let cut = 0; cut < good.length; cut += 40) {
    put(good.subarray(0, cut));
    await t.throwsAsync(restore(blobs, copy('cut')), undefined, `cut at ${cut}`);
  }
  for (let at = 0; at < good.length - 1; at += 9) {
    const altered = Buffer.from(good);
    altered[at] = altered[at]! ^ 1;
    put(altered);
    await t.throwsAsync(restore(blobs, copy('altered')), undefined, `byte ${at} altered`);
  }
  put(good);
  await t.notThrowsAsync(restore(blobs, copy('good')));
});

test('increments of another store, from another position, or by two at once are refused, and the chain is as it was', async (t) => {
  const { source, copy, bucket, blobs } = await chainOfThree(t);
  const names = [...bucket.blobs.keys()];
  const other = place(t);
  await HISTORIES.directory.write(other.source, [['a', '1']], 1);
  await t.throwsAsync(extend(blobs, other.source), { code: 'SOURCE_MISMATCH', message: /another store/ });
  await HISTORIES.directory.write(source, [['z', '9']], 4);
  const ends = await t.throwsAsync(extend(blobs, source, '2'), { code: 'SOURCE_MISMATCH' });
  t.regex(ends.message, /ends at 3, not at 2/);
  t.deepEqual([...bucket.blobs.keys()], names);
  const both = await Promise.allSettled([extend(blobs, source, '3'), extend(blobs, source, '3')]);
  // The very same increment is both's.
  t.deepEqual(
    both.map(({ status }) => status),
    ['fulfilled', 'fulfilled'],
  );
  await restore(blobs, copy('new'));
  t.is(standing(copy('new')), standing(source));
});

test('a copy of a store that went another way is refused, though its id and its position are the same', async (t) => {
  const { source, copy, bucket, blobs } = await chainOfThree(t);
  const { write } = HISTORIES.directory;
  cpSync(source, copy('twin'), { recursive: true });
  await write(source, [['x', '1']], 4);
  await extend(blobs, source);
  await write(copy('twin'), [['y', '1']], 4);
  await write(copy('twin'), [['z', '1']], 5);
  const names = [...bucket.blobs.keys()];
  const error = await t.throwsAsync(extend(blobs, copy('twin')), { code: 'SOURCE_MISMATCH' });
  t.regex(error.message, /did not hold at 4 what was exported there/);
  t.deepEqual([...bucket.blobs.keys()], names);
});

test('a snapshot of which nothing says where it stands cannot be stood on, and is restored as it is', async (t) => {
  const { source, copy, bucket, blobs } = place(t);
  await HISTORIES.directory.write(source, [['a', '1']], 1);
  await t.throwsAsync(extend(blobs, source), { code: 'NOT_FOUND' });
  await publishWhole(blobs, source);
  bucket.blobs.delete(linkName(KEY, payloadIn(bucket), 0));
  await t.throwsAsync(extend(blobs, source), { code: 'NOT_REPRESENTABLE' });
  await restore(blobs, copy('new'), '1');
  await restore(blobs, copy('newest'));
  t.is(standing(copy('new')), standing(source));
  t.true(bucket.blobs.has(pointerName(KEY)));
});

test('a fold that was compacted where the chain ends goes on, and one that was compacted later is refused', async (t) => {
  const { source, copy, blobs } = place(t, 'log');
  const { write } = HISTORIES.log;
  await write(source, [['a', '1']], 1);
  await publishWhole(blobs, source);
  await write(source, [['a', '2']], 2);
  await extend(blobs, source);
  compact(source);
  await extend(blobs, source);
  await write(source, [['b', '3']], 3);
  await extend(blobs, source);
  await restore(blobs, copy('new'));
  t.is(standing(copy('new')), standing(source));
  // Without a cursor of its own, too.
  const { store } = AppendLogFold.open(source);
  store.write(KvUpdate.put('c', Buffer.from('4')));
  store.close();
  await extend(blobs, source);
  await restore(blobs, copy('newer'));
  t.is(contentOf(copy('newer')), contentOf(source));
  await write(source, [['a', undefined]], 4);
  compact(source);
  await t.throwsAsync(extend(blobs, source), { code: 'CURSOR_EXPIRED' });
});

function compact(path: string): void {
  const { store } = AppendLogFold.open(path);
  store.compact();
  store.close();
}
