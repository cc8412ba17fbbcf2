import { copyFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { pointerName } from '../../../src/engine/remote/publish/names.js';
import { originPath, writeOrigin } from '../../../src/engine/remote/nats/pull/origin.js';
import { readPointer } from '../../../src/engine/remote/publish/pointer.js';
import { pruneSnapshots } from '../../../src/engine/remote/publish/prune-snapshots.js';
import { readMark } from '../../../src/engine/remote/replicate/replica-mark.js';
import { replicate } from '../../../src/engine/remote/replicate/replicate.js';
import type {
  ReplicatedRound,
  ReplicateObserver,
  ReplicateOptions,
} from '../../../src/engine/remote/replicate/replicate-options.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { tempDir } from '../../support/temp-dir.js';
import { HISTORIES, standing } from '../transfer/increment-works.js';
import { extend, restore } from './chain-works.js';
import { type Fate, Killed, SimulatedBucket, SimulatedStore } from './simulated-bucket.js';
import { KEY, quick } from './snapshots.js';

/** Remembers all that it was told. */
class Told implements ReplicateObserver {
  readonly rounds: ReplicatedRound[] = [];
  readonly waits: string[] = [];
  readonly wholes: string[] = [];
  readonly verifieds: string[] = [];
  onRound: () => void = () => undefined;

  replicated(round: ReplicatedRound): void {
    this.rounds.push(round);
    this.onRound();
  }

  waiting(reason: string): void {
    this.waits.push(reason);
  }

  verified(position: string): void {
    this.verifieds.push(position);
  }

  whole(reason: string): void {
    this.wholes.push(reason);
  }

  notice(): void {
    // The stores here have none.
  }
}

interface Place {
  readonly source: string;
  readonly bucket: SimulatedBucket;
  readonly copy: (name: string) => string;
  readonly write: (key: string, value: string | undefined) => Promise<void>;
}

function place(t: ExecutionContext, kind: 'directory' | 'log'): Place {
  const folder = tempDir(t);
  const end = kind === 'log' ? '.snap' : '';
  const source = path.join(folder, `source${end}`);
  HISTORIES[kind].create(source);
  let position = 0;
  const write = (key: string, value: string | undefined): Promise<void> =>
    HISTORIES[kind].write(source, [[key, value]], ++position);
  return { source, bucket: new SimulatedBucket(), write, copy: (name) => path.join(folder, `${name}${end}`) };
}

async function once(
  source: string,
  blobs: SimulatedStore,
  more: Partial<ReplicateOptions> = {},
): Promise<Told> {
  const told = new Told();
  await replicate({
    ...quick,
    source,
    blobs,
    key: KEY,
    observer: told,
    isFollowing: false,
    everyMs: 1000,
    signal: new AbortController().signal,
    ...more,
  });
  return told;
}

async function onceUnlessKilled(
  source: string,
  blobs: SimulatedStore,
  more?: Partial<ReplicateOptions>,
): Promise<void> {
  await once(source, blobs, more).catch((error: unknown) => {
    if (!(error instanceof Killed)) throw error;
  });
}

for (const kind of ['directory', 'log'] as const) {
  test(`a ${kind} is replicated whole, then by what changed, and whole again when the chain is long`, async (t) => {
    const { source, bucket, copy, write } = place(t, kind);
    const blobs = new SimulatedStore(bucket);
    const kinds: string[] = [];
    for (let round = 1; round <= 8; round++) {
      await write(`key ${round % 3}`, round % 4 === 0 ? undefined : String(round));
      const { rounds, wholes } = await once(source, blobs, { linksMax: 3 });
      kinds.push(rounds[0]!.kind);
      t.is(wholes.length, rounds[0]!.kind === 'full' ? 1 : 0);
      await restore(blobs, copy(`copy-${round}`));
      t.is(standing(copy(`copy-${round}`)), standing(source));
    }
    t.deepEqual(kinds, [
      'full',
      'increment',
      'increment',
      'increment',
      'full',
      ...Array<string>(3).fill('increment'),
    ]);
    t.is((await once(source, blobs)).rounds[0]!.kind, 'none');
  });

  test(`replicating a ${kind}, killed before and after each request, goes on, and what can be restored is never wrong`, async (t) => {
    const { source, bucket, copy, write } = place(t, kind);
    let kills = 0;
    let number = 0;
    const states: string[] = [];
    for (const fate of ['killed', 'killed-after'] as const) {
      for (let at = 0; ; at++) {
        await write(`key ${number % 5}`, number % 4 === 3 ? undefined : String(number));
        number += 1;
        states.push(standing(source));
        const dying = new SimulatedStore(bucket, { fate: (request) => (request === at ? fate : 'good') });
        await onceUnlessKilled(source, dying, { linksMax: 3 });
        if (bucket.blobs.has(pointerName(KEY))) {
          const name = copy(`meanwhile-${number}`);
          await restore(new SimulatedStore(bucket), name);
          t.true(states.includes(standing(name)), 'one of the states that were there');
        }
        if (dying.requests.length <= at) break;
        kills += 1;
        if (at % 3 === 2)
          await pruneSnapshots(new SimulatedStore(bucket), KEY, { ...quick, keep: 1, graceMs: 0 }).catch(
            () => undefined,
          );
      }
      await once(source, new SimulatedStore(bucket), { linksMax: 3 });
      await restore(new SimulatedStore(bucket), copy(`end-${fate}`));
      t.is(standing(copy(`end-${fate}`)), standing(source));
    }
    t.true(kills >= 20, `${kills} kills`);
  });
}

test('on a network that loses requests and answers, with kills, the bucket comes to where the store is', async (t) => {
  const folder = place(t, 'directory');
  const fates: readonly Fate[] = [
    ...Array<Fate>(12).fill('good'),
    'lost-request',
    'lost-answer',
    'killed',
    'killed-after',
  ];
  let number = 0;
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.constantFrom(...fates)), async (network) => {
      const bucket = new SimulatedBucket();
      for (let round = 0; round < 5; round++) {
        await folder.write(`key ${round}`, String(number++));
        const fate = (): Fate => network.next().value as Fate;
        await onceUnlessKilled(folder.source, new SimulatedStore(bucket, { fate }), { linksMax: 2 });
      }
      await once(folder.source, new SimulatedStore(bucket));
      const copy = folder.copy(`copy-${number++}`);
      await restore(new SimulatedStore(bucket), copy);
      return standing(copy) === standing(folder.source);
    }),
    { numRuns: 15 },
  );
  t.pass();
});

test('a bucket that cannot be reached is waited for, and a store that is written to is followed', async (t) => {
  const { source, bucket, copy, write } = place(t, 'directory');
  await write('a', '1');
  let isOut = false;
  const blobs = new SimulatedStore(bucket, { fate: () => (isOut ? 'lost-request' : 'good') });
  const ending = new AbortController();
  let pauses = 0;
  const pause = async (): Promise<void> => {
    pauses += 1;
    if (pauses % 12 === 3) isOut = true;
    if (pauses % 12 === 11) isOut = false;
    if (pauses % 5 === 0 && pauses < 100) await write(`key ${pauses}`, String(pauses));
    if (pauses > 120 && !isOut) ending.abort();
  };
  const told = new Told();
  const options = { source, blobs, key: KEY, observer: told, isFollowing: true, everyMs: 5000 } as const;
  await replicate({ ...quick, ...options, pause, signal: ending.signal });
  t.true(told.waits.length > 3);
  t.true(told.rounds.filter(({ kind }) => kind === 'increment').length > 5);
  t.is(told.wholes.length, 1);
  await once(source, new SimulatedStore(bucket));
  await restore(new SimulatedStore(bucket), copy('copy'));
  t.is(standing(copy('copy')), standing(source));
});

test('a fold log that is compacted at any moment while it is read is followed on', async (t) => {
  for (let moment = 1; moment <= 12; moment++) {
    const { source, bucket, copy, write } = place(t, 'log');
    const blobs = new SimulatedStore(bucket);
    await write('a', '1');
    let opened = 0;
    const fileSystem = interposed(realFileSystem(), (name, [at]) => {
      if (name !== 'openRead' || at !== source || ++opened !== moment) return;
      // Another file takes its place, as a compaction's does.
      copyFileSync(source, `${source}.new`);
      renameSync(`${source}.new`, source);
    });
    const ending = new AbortController();
    const told = new Told();
    told.onRound = () => {
      if (told.rounds.at(-1)!.kind === 'none') ending.abort();
    };
    const options = { source, blobs, key: KEY, observer: told, isFollowing: true, everyMs: 1000 } as const;
    await t.notThrowsAsync(
      replicate({ ...quick, ...options, fileSystem, signal: ending.signal }),
      `at ${moment}`,
    );
    await restore(blobs, copy('copy'));
    t.is(standing(copy('copy')), standing(source), `at ${moment}`);
  }
});

/** A disk of which each call is told before it is made. */
function interposed(disk: FileSystem, before: (name: string | symbol, all: unknown[]) => void): FileSystem {
  return new Proxy(disk, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...all: unknown[]) => {
        before(name, all);
        return Reflect.apply(value, target, all) as unknown;
      };
    },
  });
}

test('a writer that keeps its store open for long is followed within its epoch', async (t) => {
  const { source, bucket, copy } = place(t, 'directory');
  const blobs = new SimulatedStore(bucket);
  const store = await StateDirectory.open(source);
  const kinds: string[] = [];
  for (let round = 0; round < 6; round++) {
    store.put(Buffer.from(`key ${round}`), Buffer.from('value'));
    await store.sync();
    if (round === 3) await store.checkpoint();
    const { rounds } = await once(source, blobs);
    kinds.push(rounds[0]!.kind);
    await restore(blobs, copy(`copy-${round}`));
    t.is(digestOf(copy(`copy-${round}`)), digestOf(source));
  }
  store.close();
  t.deepEqual(kinds.slice(0, 3), ['full', 'increment', 'increment']);
});

function digestOf(store: string): string {
  return (JSON.parse(standing(store)) as { digest: string }).digest;
}

test('two who replicate at once end at where the store is; a bucket of another store is refused', async (t) => {
  const { source, bucket, copy, write } = place(t, 'directory');
  await write('a', '1');
  await once(source, new SimulatedStore(bucket));
  await write('b', '2');
  await Promise.all([once(source, new SimulatedStore(bucket)), once(source, new SimulatedStore(bucket))]);
  await restore(new SimulatedStore(bucket), copy('copy'));
  t.is(standing(copy('copy')), standing(source));
  const other = place(t, 'directory');
  await other.write('x', '1');
  const names = [...bucket.blobs.keys()];
  await t.throwsAsync(once(other.source, new SimulatedStore(bucket)), { code: 'SOURCE_MISMATCH' });
  t.deepEqual([...bucket.blobs.keys()], names);
});

test('an increment that another host put first stays, and what came after it follows', async (t) => {
  const { source, bucket, copy, write } = place(t, 'directory');
  await write('a', '1');
  await once(source, new SimulatedStore(bucket));
  await write('b', '2');
  let hasOvertaken = false;
  const overtaken = new SimulatedStore(bucket, {
    travel: async () => {
      if (hasOvertaken || overtaken.requests.at(-1) !== 'get') return;
      // The head was read: another run takes its number, of a store that is further.
      hasOvertaken = true;
      await once(source, new SimulatedStore(bucket));
      await write('c', '3');
      await once(source, new SimulatedStore(bucket));
    },
  });
  await once(source, overtaken);
  await restore(new SimulatedStore(bucket), copy('copy'));
  t.is(standing(copy('copy')), standing(source));
});

test('what is replicated is restored, to see that it can be, as often as asked, and damage is told', async (t) => {
  const { source, bucket, write } = place(t, 'directory');
  const blobs = new SimulatedStore(bucket);
  await write('a', '1');
  await once(source, blobs);
  t.is((await readMark(blobs, KEY))?.verified, null);
  await write('b', '2');
  t.deepEqual((await once(source, blobs, { verifyEveryMs: 60_000 })).verifieds, ['2']);
  bucket.nowMs += 59_000;
  t.deepEqual((await once(source, blobs, { verifyEveryMs: 60_000 })).verifieds, []);
  bucket.nowMs += 1000;
  t.deepEqual((await once(source, blobs, { verifyEveryMs: 60_000 })).verifieds, ['2']);
  const mark = await readMark(blobs, KEY);
  t.deepEqual(mark, {
    position: '2',
    verified: { position: '2', atMs: bucket.nowMs },
    modifiedMs: bucket.nowMs,
  });
  const payload = [...bucket.blobs.keys()].find((name) => name.endsWith('.tar'))!;
  const bytes = Buffer.from(bucket.blobs.get(payload)!.bytes);
  bytes[2000] = bytes[2000]! ^ 1;
  bucket.put(payload, bytes);
  bucket.nowMs += 60_000;
  await t.throwsAsync(once(source, blobs, { verifyEveryMs: 60_000 }));
  t.is((await readMark(blobs, KEY))?.verified?.atMs, bucket.nowMs - 60_000);
});

test('a fold whose pull said what it covers is replicated with its scope, as pull --resync asks for', async (t) => {
  const { source, bucket, write } = place(t, 'log');
  const blobs = new SimulatedStore(bucket);
  const scope = async (): Promise<readonly string[] | undefined> =>
    (await readPointer(blobs, KEY))!.manifest!.scope;
  await write('eu.a', '1');
  await once(source, blobs);
  t.is(await scope(), undefined, 'nobody said it');
  writeOrigin(realFileSystem(), source, { stream: 'KV_b', created: 'then', prefix: 'eu.' });
  await write('eu.a', '2');
  await once(source, blobs, { linksMax: 0 });
  t.deepEqual(await scope(), ['eu.']);
  writeFileSync(originPath(source), 'not ours');
  await write('eu.a', '3');
  await once(source, blobs, { linksMax: 0 });
  t.is(await scope(), undefined);
});

test('what is too much for an increment goes into a whole snapshot', async (t) => {
  const { source, bucket, copy, write } = place(t, 'directory');
  const blobs = new SimulatedStore(bucket);
  await write('a', '1');
  await once(source, blobs);
  const store = await StateDirectory.open(source);
  for (let index = 0; index < 5; index++)
    store.put(Buffer.from(`large ${index}`), Buffer.alloc(14 * 1024 * 1024, 97));
  await store.sync();
  store.close();
  await t.throwsAsync(extend(blobs, source), { code: 'LIMIT_EXCEEDED' });
  const { rounds, wholes } = await once(source, blobs, { partBytes: undefined });
  t.is(rounds[0]!.kind, 'full');
  t.regex(wholes[0]!, /more than 64 MiB changed since 1/);
  await restore(blobs, copy('copy'));
  t.is(digestOf(copy('copy')), digestOf(source));
});
