import test from 'ava';
import { DirectoryLayout } from '../../../src/engine/directory/manifest/layout.js';
import { findLeftovers } from '../../../src/engine/directory/leftovers/leftovers.js';
import { readManifest } from '../../../src/engine/directory/manifest/manifest-file.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { Replay } from '../../../src/engine/inspect/replay/replay.js';
import { findLogs } from '../../../src/engine/inspect/replay/replay-logs.js';
import { verifyPath } from '../../../src/engine/inspect/verify/verify-path.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { contentOf, emptyStoreDisk, STORE } from '../../torture/crash/directory-book.js';
import {
  ROUNDS,
  bytes,
  crashAtMoments,
  damageIn,
  failAtCalls,
  openStepByStep,
  sorted,
  work,
} from './checkpointing-work.js';
import { Follower } from '../inspect/follow/following.js';

/* A checkpoint is made beside its writer: each group of changes does a step of it, and what comes meanwhile is in both logs. */

/** The records that a replay of all kept logs shows, by core and sequence. */
function replayed(fileSystem: FileSystem): string[] {
  const replay = new Replay(fileSystem, findLogs(fileSystem, STORE), true);
  const told: string[] = [];
  for (let event = replay.next(); event !== 'end'; event = replay.next()) {
    const { coreId, sequence } = replay.segment.view;
    told.push(event === 'finding' ? String(replay.finding?.class) : `${coreId}: ${sequence}`);
  }
  return told;
}

for (const cores of [1, 2]) {
  test(`while checkpoints are made nothing is missed, told twice or called damage, ${cores} cores`, async (t) => {
    const disk = emptyStoreDisk(new SimulatedDisk(), cores);
    const fileSystem = new SimulatedFileSystem({ disk });
    const store = await openStepByStep(fileSystem);
    const contents = [new Map<string, string>()];
    const follower = new Follower(disk, cores);
    let published = 0;
    await work(store, contents, ROUNDS, () => {
      follower.look();
      const reader = StateDirectory.openReadOnly(STORE, { fileSystem });
      t.deepEqual(sorted(contentOf(reader)), sorted(contents.at(-1)!));
      t.deepEqual(sorted(contentOf(store)), sorted(contents.at(-1)!));
      published = Math.max(published, reader.manifest.checkpoints.length);
      reader.close();
      t.deepEqual(damageIn(fileSystem), []);
      const told = replayed(fileSystem);
      t.is(new Set(told).size, told.length, told.join());
    });
    t.is(published, 2);
    const { manifest } = store;
    t.true(manifest.checkpoints.at(-1)!.epoch >= 3n, `epoch ${manifest.checkpoints.at(-1)!.epoch}`);
    store.close();
    follower.look();
    t.is(
      follower.complaint(
        StateDirectory.openReadOnly(STORE, { fileSystem }).segments.map((one) => one.nextSequence),
      ),
      undefined,
    );
    follower.close();
    const late = new Follower(disk, cores);
    late.look();
    t.deepEqual(late.findings, []);
    t.deepEqual(
      late.told.flatMap((told, core) => told.map((sequence) => `${core}: ${sequence}`)).sort(),
      replayed(fileSystem).sort(),
    );
    late.close();
  });
}

test('a kept checkpoint has what was there when its epoch was closed, and nothing of what came while it was made', async (t) => {
  const fileSystem = new SimulatedFileSystem({ disk: emptyStoreDisk(new SimulatedDisk(), 1) });
  const store = await openStepByStep(fileSystem);
  store.put(bytes('first'), bytes('1'));
  await store.commit(new Map([['lines', 1n]]));
  for (let round = 0; store.manifest.checkpoints.length === 0; round++) {
    store.put(bytes('while it is made'), bytes(`${round}`));
    await store.commit(new Map([['lines', BigInt(2 + round)]]));
  }
  const reader = StateDirectory.openReadOnly(STORE, { fileSystem, at: store.manifest.checkpoints[0]!.epoch });
  t.deepEqual([...contentOf(reader)], [['first', '1']]);
  t.is(reader.progress.sources.get('lines'), 1n);
  reader.close();
  store.close();
});

test('a crash at moments of a checkpoint beside its writer leaves no damage, and nothing that was acknowledged is lost', async (t) => {
  await crashAtMoments(t, 7);
});

for (const errno of ['ENOSPC', 'EIO']) {
  test(`whatever call fails with ${errno} beside the puts, what was acknowledged stays, and the store goes on or says why`, async (t) => {
    const abandoned = await failAtCalls(t, errno, 17);
    t.true(abandoned > 0, `${abandoned} checkpoints were given up`);
  });
}

test('subscribers are told of each change once and in order while checkpoints are made and others put', async (t) => {
  const fileSystem = new SimulatedFileSystem({ disk: emptyStoreDisk(new SimulatedDisk(), 1) });
  const store = await openStepByStep(fileSystem);
  const subscription = store.subscribe();
  const told: string[] = [];
  const take = (): void => {
    for (let change = subscription.poll(); change !== undefined; change = subscription.poll()) {
      told.push(Buffer.from(change.value!).toString());
    }
  };
  let number = 0;
  const put = (): void => {
    store.put(bytes(`key ${number % 5}`), bytes(`${number++}`));
  };
  for (let round = 0; round < 6; round++) {
    put();
    // It takes turns with what is put here and not synced.
    const isMade = store.checkpoint();
    for (let turn = 0; turn < 8; turn++) {
      put();
      await new Promise(setImmediate);
    }
    await isMade;
    await store.sync();
    take();
  }
  t.deepEqual(
    told,
    Array.from({ length: number }, (_, index) => `${index}`),
  );
  const content = sorted(contentOf(store));
  store.close();
  const again = await StateDirectory.open(STORE, { fileSystem });
  t.deepEqual(sorted(contentOf(again)), content);
  again.close();
});

test('what others put while a checkpoint is made, and have not synced when it is there, is on disk once they have', async (t) => {
  const fileSystem = new SimulatedFileSystem({ disk: emptyStoreDisk(new SimulatedDisk(), 1) });
  const store = await openStepByStep(fileSystem);
  store.put(bytes('first'), bytes('value'));
  const isMade = store.checkpoint();
  let number = 0;
  for (let turn = 0; turn < 6; turn++) {
    // More than a changelog is drained at: part of it is in the log's buffer by then.
    for (let change = 0; change < 1500; change++)
      store.put(bytes(`key ${number % 4000}`), bytes(`${number++}`));
    await new Promise(setImmediate);
  }
  await isMade;
  await store.sync();
  const content = sorted(contentOf(store));
  store.close();
  const again = await StateDirectory.open(STORE, { fileSystem });
  // A difference of thousands of lines would take minutes to show.
  t.true(sorted(contentOf(again)).join() === content.join());
  again.close();
});

test('the log fills the time that a checkpoint takes: whoever puts faster waits until it is there', async (t) => {
  const fileSystem = new SimulatedFileSystem({ disk: emptyStoreDisk(new SimulatedDisk(), 1) });
  const tailBytesMax = 20_000;
  const pace = { logBytesMax: 4000, tailBytesMax, sliceSteps: 2, groupStepsMin: 1 };
  const store = await StateDirectory.open(STORE, { fileSystem, pace });
  for (let round = 0; round < 40; round++) {
    for (let key = 0; key < 40; key++)
      store.put(bytes(`key ${(round * 40 + key) % 1000}`), new Uint8Array(100));
    await store.sync();
    const [segment] = store.segments;
    t.true(segment!.goodEnd < 2 * (tailBytesMax + 2 * 40 * 200), `round ${round}: ${segment!.goodEnd} bytes`);
  }
  t.true(store.manifest.checkpoints.at(-1)!.epoch > 5n);
  store.close();
});

test('closing brings a checkpoint that is under way to its end', async (t) => {
  const fileSystem = new SimulatedFileSystem({ disk: emptyStoreDisk(new SimulatedDisk(), 1) });
  for (let life = 1n; life <= 3n; life++) {
    const store = await openStepByStep(fileSystem);
    store.put(bytes(`key ${life}`), bytes('value'));
    await store.sync();
    store.close();
    const layout = new DirectoryLayout(STORE);
    const manifest = readManifest(fileSystem, layout);
    t.is(manifest.checkpoints.at(-1)?.epoch, life);
    const leftovers = findLeftovers(fileSystem, layout, manifest, () => true);
    t.deepEqual(leftovers, []);
  }
});

async function repairInto(fileSystem: FileSystem, into: string): Promise<void> {
  const events = repairPath({ fileSystem, path: STORE, into });
  while ((await events.next()).done !== true);
}

test('a store whose logs share records is repaired, with and without its manifest, and keeps them once', async (t) => {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  const fileSystem = new SimulatedFileSystem({ disk });
  const store = await openStepByStep(fileSystem);
  const contents = [new Map<string, string>()];
  await work(store, contents);
  const records = replayed(fileSystem).length;
  store.close();
  for (const [into, isLost] of [
    ['/stores/new', false],
    ['/stores/newer', true],
  ] as const) {
    if (isLost) fileSystem.remove(new DirectoryLayout(STORE).manifest);
    await repairInto(fileSystem, into);
    const repaired = StateDirectory.openReadOnly(into, { fileSystem });
    t.deepEqual(sorted(contentOf(repaired)), sorted(contents.at(-1)!), into);
    repaired.close();
    const replay = new Replay(fileSystem, findLogs(fileSystem, into), true);
    let count = 0;
    for (let event = replay.next(); event !== 'end'; event = replay.next())
      count += event === 'record' ? 1 : 0;
    t.true(count >= records, into);
    t.deepEqual(
      [...verifyPath(fileSystem, into, { quick: false })].map(({ class: kind }) => kind),
      [],
      into,
    );
  }
});
