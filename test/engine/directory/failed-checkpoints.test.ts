import test from 'ava';
import { DirectoryLayout } from '../../../src/engine/directory/manifest/layout.js';
import { findLeftovers } from '../../../src/engine/directory/leftovers/leftovers.js';
import { readManifest } from '../../../src/engine/directory/manifest/manifest-file.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import {
  SimulatedDisk,
  SimulatedFileSystem,
  SimulatedCrash,
  crashAt,
  failAt,
  failEvery,
  type FaultPlan,
} from '../../simulated-disk/index.js';
import { STORE, emptyStoreDisk } from '../../torture/crash/directory-book.js';

/* What a checkpoint or a compaction began and could not end is taken away again. */

const LOG = '/store/a.snap';
const bytes = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

let made: Promise<SimulatedDisk> | undefined;

/** A disk with a store that has a checkpoint, and changes behind it; each caller's own. */
async function storeWithOneCheckpoint(): Promise<SimulatedDisk> {
  return (await (made ??= makeStore())).clone();
}

async function makeStore(): Promise<SimulatedDisk> {
  const disk = emptyStoreDisk(new SimulatedDisk(), 2);
  const store = await StateDirectory.open(STORE, { fileSystem: new SimulatedFileSystem({ disk }) });
  for (let key = 0; key < 50; key++) store.put(bytes(`key ${key}`), bytes('x'.repeat(300)));
  await store.checkpoint();
  for (let key = 25; key < 75; key++) store.put(bytes(`key ${key}`), bytes('y'.repeat(300)));
  await store.sync();
  store.close();
  return disk;
}

/** Runs the call with a fault at one of its operations. @returns whether there was such an operation, and it failed */
async function withFault(disk: SimulatedDisk, call: 'checkpoint' | 'compact', fault: number, errno: string) {
  let start = Infinity;
  const plan: FaultPlan = (operation) =>
    operation.index === start + fault && operation.mutating
      ? failAt(operation.index, errno)(operation)
      : undefined;
  const fileSystem = new SimulatedFileSystem({ disk, plan, log: true });
  const store = await StateDirectory.open(STORE, { fileSystem });
  start = fileSystem.log.length;
  const error = await store[call]().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const isOver = fileSystem.log.length <= start + fault;
  const hasFailed = error !== undefined;
  const failedAt = fileSystem.log[start + fault];
  let goesOn = true;
  try {
    store.put(bytes('after'), bytes('it'));
    await store.sync();
  } catch {
    goesOn = false;
  }
  start = Infinity;
  store.close();
  return { isOver, hasFailed, goesOn, failedAt, openPaths: fileSystem.openPaths };
}

for (const call of ['checkpoint', 'compact'] as const) {
  for (const errno of ['ENOSPC', 'EIO']) {
    test(`what a ${call} began that failed with ${errno} is removed, and the store goes on`, async (t) => {
      let failures = 0;
      for (let fault = 0; ; fault++) {
        const disk = await storeWithOneCheckpoint();
        const run = await withFault(disk, call, fault, errno);
        if (run.isOver) break;
        t.deepEqual(run.openPaths, []);
        if (!run.hasFailed || !run.goesOn) continue;
        failures += 1;
        const fileSystem = new SimulatedFileSystem({ disk });
        const layout = new DirectoryLayout(STORE);
        const manifest = readManifest(fileSystem, layout);
        const leftovers = findLeftovers(fileSystem, layout, manifest, () => true);
        t.deepEqual(leftovers, [], `${run.failedAt?.name} ${run.failedAt?.path}`);
      }
      t.true(failures > 10, `${failures} failures`);
    });
  }
}

test('what a compaction of a fold log began that failed is removed', (t) => {
  for (let fault = 0; ; fault++) {
    const disk = new SimulatedDisk();
    disk.plantFile('/store/neighbour', Uint8Array.of(1));
    let start = Infinity;
    const plan: FaultPlan = (operation) => failAt(start + fault, 'ENOSPC')(operation);
    const fileSystem = new SimulatedFileSystem({ disk, plan, log: true });
    const { store } = AppendLogFold.open(LOG, Infinity, { fileSystem });
    store.apply([KvUpdate.put('key', bytes('value'))], WatchCursor.fromU64(1n));
    start = fileSystem.log.length;
    try {
      store.compact();
    } catch {
      start = Infinity;
    }
    if (start < Infinity && fileSystem.log.length <= start + fault) break;
    start = Infinity;
    store.close();
    t.deepEqual(fileSystem.readDirectory('/store'), ['a.snap', 'neighbour'], `operation ${fault}`);
  }
});

for (const [place, name] of [
  ['checkpoints', 'checkpoints/2'],
  ['wal', 'wal/3'],
] as const) {
  for (const kind of ['file', 'folder'] as const) {
    test(`something of somebody else's in a checkpoint's place is named, once, with what to do: ${name}, a ${kind}`, async (t) => {
      const disk = await storeWithOneCheckpoint();
      disk.plantFile(`${STORE}/${name}${kind === 'file' ? '' : '/mine'}`, Uint8Array.of(1));
      const fileSystem = new SimulatedFileSystem({ disk });
      const warnings: unknown[] = [];
      const store = await StateDirectory.open(STORE, {
        fileSystem,
        onWarning: (error) => warnings.push(error),
      });
      for (let tries = 0; tries < 2; tries++) {
        const error = await t.throwsAsync(store.checkpoint(), { code: 'ALREADY_EXISTS' });
        t.like(error, {
          details: {
            path: `${STORE}/${name}`,
            hint: `move it out of the store: 'mv ${STORE}/${name} ${STORE}.${place}-${name.split('/')[1]!}'`,
          },
        });
      }
      store.put(bytes('goes'), bytes('on'));
      await store.sync();
      store.close();
      fileSystem.rename(`${STORE}/${name}`, `${STORE}.${place}-x`);
      const next = await StateDirectory.open(STORE, { fileSystem });
      t.true(await next.checkpoint());
      next.close();
    });
  }
}

test('a checkpoint that the manifest names is there at every moment of the next one', async (t) => {
  for (let moment = 0; ; moment++) {
    const disk = await storeWithOneCheckpoint();
    let start = Infinity;
    const plan: FaultPlan = ({ index }) => crashAt(start + moment)({ index } as never);
    const fileSystem = new SimulatedFileSystem({ disk, plan, log: true });
    const store = await StateDirectory.open(STORE, { fileSystem });
    await store.checkpoint();
    store.put(bytes('third'), bytes('z'));
    await store.sync();
    start = fileSystem.log.length;
    try {
      await store.checkpoint();
      break;
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
    }
    const reader = new SimulatedFileSystem({ disk });
    for (const { epoch } of readManifest(reader, new DirectoryLayout(STORE)).checkpoints) {
      const seen = StateDirectory.openReadOnly(STORE, { fileSystem: reader, at: epoch });
      t.true(seen.count() > 0, `epoch ${epoch} at moment ${moment}`);
      seen.close();
    }
  }
});

test('where a file may have no second name a checkpoint copies it', async (t) => {
  for (const errno of ['EPERM', 'EMLINK', 'EOPNOTSUPP']) {
    const disk = await storeWithOneCheckpoint();
    const fileSystem = new SimulatedFileSystem({ disk, plan: failEvery('link', errno) });
    const store = await StateDirectory.open(STORE, { fileSystem });
    t.true(await store.checkpoint(), errno);
    t.is(store.count(), 75);
    t.is(Buffer.from(store.get(bytes('key 3'))!).toString(), 'x'.repeat(300));
    store.close();
  }
});

test('no closing cursor is written behind changes that were not checkpointed', (t) => {
  const disk = new SimulatedDisk();
  disk.plantFile('/store/neighbour', Uint8Array.of(1));
  const fileSystem = new SimulatedFileSystem({ disk });
  const { store } = AppendLogFold.open(LOG, Infinity, { fileSystem });
  store.apply([KvUpdate.put('acknowledged', bytes('value'))], WatchCursor.fromU64(1n));
  // More than the buffer: it is in the file before anybody said that it is on disk.
  for (let key = 0; key < 3; key++) store.write(KvUpdate.put(`key ${key}`, new Uint8Array(1_000_000)));
  const size = disk.fileBytes(LOG).length;
  t.true(size > 1_000_000);
  store.close();
  t.is(disk.fileBytes(LOG).length, size);
});

test('a manifest that is mounted by itself is the reason why no checkpoint can be made', async (t) => {
  const disk = new SimulatedDisk();
  emptyStoreDisk(disk, 1);
  const plan: FaultPlan = (operation) =>
    operation.name === 'rename' && operation.path.includes('MANIFEST')
      ? failAt(operation.index, 'EBUSY')(operation)
      : undefined;
  const store = await StateDirectory.open(STORE, { fileSystem: new SimulatedFileSystem({ disk, plan }) });
  store.put(bytes('a'), bytes('1'));
  const message = /MANIFEST\.json: it is mounted by itself, or in use \(EBUSY\)$/;
  await t.throwsAsync(store.checkpoint(), { code: 'IO_FAILED', message });
  store.put(bytes('b'), bytes('2'));
  await store.sync();
  store.close();
});
