import test from 'ava';
import { verifyPath } from '../../../src/engine/inspect/verify/verify-path.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import {
  SimulatedCrash,
  SimulatedDisk,
  SimulatedFileSystem,
  powerLossImages,
  type Fault,
  type FaultPlan,
  type SimulatedOperation,
} from '../../simulated-disk/index.js';
import { STORE, emptyStoreDisk } from '../../torture/crash/directory-book.js';

const SEGMENT = `${STORE}/wal/1/wal-0.log`;
const PAGE_BYTES = 512;
const text = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value).toString();
const bytes = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

/** Dies at the first call that the test names, or lets it fail. */
function at(fault: Fault, isIt: (operation: SimulatedOperation) => boolean): FaultPlan {
  let isOver = false;
  return (operation) => {
    if (isOver || !isIt(operation)) return undefined;
    isOver = true;
    return fault;
  };
}

const DEATH: Fault = { kind: 'crash', when: 'before' };

/** A store with `first` acknowledged, and a group of two large values that is written and not synced. */
async function unsyncedGroup(disk: SimulatedDisk): Promise<void> {
  emptyStoreDisk(disk, 1);
  let isArmed = false;
  const plan = at(DEATH, ({ name, path }) => isArmed && name === 'fdatasync' && path === SEGMENT);
  const store = await StateDirectory.open(STORE, { fileSystem: new SimulatedFileSystem({ disk, plan }) });
  store.put(bytes('first'), bytes('acknowledged'));
  await store.sync();
  isArmed = true;
  store.put(bytes('second'), bytes('2'.repeat(3 * PAGE_BYTES)));
  store.put(bytes('third'), bytes('3'.repeat(3 * PAGE_BYTES)));
  store.put(bytes('fourth'), bytes('4'));
  await dies(store.sync());
}

async function dies(promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof SimulatedCrash) return;
    throw error;
  }
  throw new Error('the process did not die');
}

test('a later page of a group that was not synced may be kept and an earlier one lost: what was acknowledged is there', async (t) => {
  const disk = new SimulatedDisk({ pageBytes: PAGE_BYTES });
  await unsyncedGroup(disk);
  let holes = 0;
  for (const image of powerLossImages(disk, { tears: 'none' })) {
    const { fileSystem } = image;
    const log = image.disk.fileBytes(SEGMENT);
    // The first page of the second record is lost, the last record is there whole.
    if (!log.subarray(PAGE_BYTES, 2 * PAGE_BYTES).every((byte) => byte === 0) || !log.includes(0x34))
      continue;
    if (log.length <= 2 * PAGE_BYTES) continue;
    holes += 1;
    const store = await StateDirectory.open(STORE, { fileSystem });
    t.is(text(store.get(bytes('first'))), 'acknowledged');
    t.is(store.get(bytes('second')), undefined);
    t.is(store.get(bytes('fourth')), undefined);
    t.like(store.recovery, { cut: [{ path: SEGMENT }] });
    store.close();
  }
  t.true(holes > 0);
});

test('the same hole in a group that was acknowledged is damage, and nothing is changed', async (t) => {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  const fileSystem = new SimulatedFileSystem({ disk });
  const store = await StateDirectory.open(STORE, { fileSystem });
  store.put(bytes('first'), bytes('acknowledged'));
  await store.sync();
  store.put(bytes('second'), bytes('2'.repeat(3 * PAGE_BYTES)));
  store.put(bytes('third'), bytes('3'.repeat(3 * PAGE_BYTES)));
  await store.sync();
  store.put(bytes('fourth'), bytes('4'));
  await store.sync();
  store.close();
  const descriptor = fileSystem.openReadWrite(SEGMENT);
  fileSystem.write(descriptor, new Uint8Array(PAGE_BYTES), 0, PAGE_BYTES, PAGE_BYTES);
  fileSystem.sync(descriptor);
  fileSystem.close(descriptor);
  const before = disk.fileBytes(SEGMENT);
  await t.throwsAsync(StateDirectory.open(STORE, { fileSystem }), { code: 'DAMAGED' });
  t.throws(() => StateDirectory.openReadOnly(STORE, { fileSystem }), { code: 'DAMAGED' });
  t.deepEqual(disk.fileBytes(SEGMENT), before);
});

test('after a sync that failed the writer never syncs again, and the next one takes over without loss', async (t) => {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  let isArmed = false;
  const calls: string[] = [];
  const failure: Fault = { kind: 'error', errno: 'EIO', when: 'before' };
  const failing = at(failure, ({ name, path }) => isArmed && name === 'fdatasync' && path === SEGMENT);
  const fileSystem = new SimulatedFileSystem({
    disk,
    plan: (operation) => {
      if (isArmed) calls.push(operation.name);
      return failing(operation);
    },
  });
  const store = await StateDirectory.open(STORE, { fileSystem });
  store.put(bytes('first'), bytes('acknowledged'));
  await store.sync();
  isArmed = true;
  store.put(bytes('second'), bytes('lost'));
  await t.throwsAsync(store.sync(), { code: 'IO_FAILED' });
  await t.throwsAsync(store.sync(), { code: 'POISONED' });
  t.throws(() => store.put(bytes('third'), bytes('3')), { code: 'POISONED' });
  t.throws(() => store.get(bytes('first')), { code: 'POISONED' });
  t.is(calls.filter((name) => name === 'fdatasync').length, 1, 'no second sync');
  fileSystem.kill();

  // The page cache still shows what the failed sync may have lost: whatever the power loss keeps, it opens.
  const taken = await StateDirectory.open(STORE, { fileSystem: new SimulatedFileSystem({ disk, pid: 7 }) });
  t.true(taken.recovery?.tookOver);
  const shown = text(taken.get(bytes('second')));
  taken.put(bytes('third'), bytes('3'));
  await taken.sync();
  for (const image of powerLossImages(disk)) {
    const again = StateDirectory.openReadOnly(STORE, image);
    t.is(text(again.get(bytes('first'))), 'acknowledged');
    t.is(text(again.get(bytes('second'))), shown, 'what the taker showed stays');
    t.is(text(again.get(bytes('third'))), '3');
    again.close();
  }
  taken.close();
});

test('a writer killed between the manifest’s rename and the folder’s sync is taken over without loss', async (t) => {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  let isRenamed = false;
  const plan = at(DEATH, ({ name, path }) => {
    if (name === 'rename' && path.endsWith('MANIFEST.json')) isRenamed = true;
    return isRenamed && name === 'fsyncFolder' && path === STORE;
  });
  const store = await StateDirectory.open(STORE, { fileSystem: new SimulatedFileSystem({ disk, plan }) });
  store.put(bytes('first'), bytes('acknowledged'));
  await store.sync();
  await dies(store.checkpoint());

  // The process died: the new manifest is seen. Then the power goes as well, at once or after a takeover.
  for (const image of powerLossImages(disk)) {
    const reader = StateDirectory.openReadOnly(STORE, image);
    t.is(text(reader.get(bytes('first'))), 'acknowledged');
    reader.close();
  }
  const taken = await StateDirectory.open(STORE, { fileSystem: new SimulatedFileSystem({ disk, pid: 7 }) });
  t.is(text(taken.get(bytes('first'))), 'acknowledged');
  taken.put(bytes('second'), bytes('in the epoch that the new manifest began'));
  await taken.sync();
  for (const image of powerLossImages(disk)) {
    const again = await StateDirectory.open(STORE, image);
    t.is(text(again.get(bytes('first'))), 'acknowledged');
    t.is(text(again.get(bytes('second'))), 'in the epoch that the new manifest began');
    again.close();
  }
  taken.close();
  t.throws(() => taken.get(bytes('first')), { code: 'CLOSED' });
});

test('whatever a power cut keeps after a checkpoint, verify finds all of it whole, the closed log too', async (t) => {
  const disk = emptyStoreDisk(new SimulatedDisk(), 2);
  const fileSystem = new SimulatedFileSystem({ disk });
  const store = await StateDirectory.open(STORE, { fileSystem });
  // The log between two checkpoints is kept.
  for (const value of ['first', 'second']) {
    for (const key of ['a', 'b', 'c', 'd']) store.put(bytes(key), bytes(value));
    await store.sync();
    await store.checkpoint();
  }
  let images = 0;
  for (const image of powerLossImages(disk)) {
    images += 1;
    const found = [...verifyPath(image.fileSystem, STORE, { quick: false })];
    t.deepEqual(
      found.filter(({ severity }) => severity !== 'notice'),
      [],
      image.describe(),
    );
  }
  t.true(images > 0);
  store.close();
});
