import test from 'ava';
import { isStatelogError } from '../../../src/engine/errors.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { FoldStore } from '../../../src/engine/store/fold-store.js';
import {
  SimulatedDisk,
  SimulatedFileSystem,
  powerLossImages,
  type Fault,
  type FaultPlan,
} from '../../simulated-disk/index.js';
import { STORE, emptyStoreDisk } from '../../torture/crash/directory-book.js';

/* A disk that is full: what was not acknowledged is cut, and what makes room can be written. */

const SEGMENT = /wal-\d\.log$/;
const LOG = '/store/a.snap';
const bytes = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

/** Once armed, a write to a matching file takes so many bytes, and the next finds the disk full; then there is room again. */
function fullAfter(path: RegExp, taken: number): { plan: FaultPlan; arm: () => void } {
  let step: 'not yet' | 'short' | 'full' | 'over' = 'not yet';
  const plan: FaultPlan = ({ name, path: file }): Fault | undefined => {
    if (name !== 'write' || !path.test(file)) return undefined;
    if (step === 'short' && taken > 0) {
      step = 'full';
      return { kind: 'short', bytes: taken };
    }
    if (step !== 'short' && step !== 'full') return undefined;
    step = 'over';
    return { kind: 'error', errno: 'ENOSPC', when: 'before' };
  };
  return { plan, arm: () => (step = 'short') };
}

/** No file can be made: a writer that opens the store has to do with what is there. */
const noNewFiles: FaultPlan = ({ name, path, mutating }) =>
  name === 'open' && mutating && !path.endsWith('LOCK')
    ? { kind: 'error', errno: 'ENOSPC', when: 'before' }
    : undefined;

for (const cores of [1, 3]) {
  for (const taken of [0, 1, 150, 400]) {
    test(`a state directory cuts what a full disk left of a group: ${cores} cores, ${taken} bytes`, async (t) => {
      const disk = new SimulatedDisk();
      emptyStoreDisk(disk, cores);
      const full = fullAfter(SEGMENT, taken);
      const fileSystem = new SimulatedFileSystem({ disk, plan: full.plan, log: true });
      const store = await StateDirectory.open(STORE, { fileSystem });
      for (let key = 0; key < 20; key++) store.put(bytes(`key ${key}`), bytes('acknowledged'));
      await store.sync();
      const ends = store.segments.map(({ goodEnd }) => goodEnd);
      full.arm();
      for (let key = 0; key < 20; key++) store.put(bytes(`more ${key}`), bytes('x'.repeat(100)));
      await t.throwsAsync(store.sync(), { code: 'DISK_FULL' });
      await t.throwsAsync(store.sync(), { code: 'POISONED' });
      t.throws(() => store.delete(bytes('key 1')), { code: 'POISONED' });
      store.close();
      t.deepEqual(fileSystem.openPaths, []);
      for (const [core, end] of ends.entries()) {
        t.true(disk.fileBytes(`${STORE}/wal/1/wal-${core}.log`).length <= (cores === 1 ? end : Infinity));
      }
      t.is(disk.fileBytes(`${STORE}/LOCK`).length, 0, 'closed well');
      for (const image of powerLossImages(disk, {})) {
        const reader = StateDirectory.openReadOnly(STORE, { fileSystem: image.fileSystem });
        for (let key = 0; key < 20; key++) t.true(reader.has(bytes(`key ${key}`)));
        reader.close();
        const closedWell = image.disk.fileBytes(`${STORE}/LOCK`).length === 0;
        if (closedWell && cores === 1)
          t.is(image.disk.fileBytes(`${STORE}/wal/1/wal-0.log`).length, ends[0]!);
      }

      const next = await StateDirectory.open(STORE, {
        fileSystem: new SimulatedFileSystem({ disk, plan: noNewFiles }),
      });
      t.true(next.delete(bytes('key 1')));
      await next.sync();
      t.deepEqual(next.recovery?.cut, []);
      next.close();
    });

    test(`a fold log cuts what a full disk left of a batch: ${cores} applies before, ${taken} bytes`, (t) => {
      const disk = new SimulatedDisk();
      disk.plantFile('/store/neighbour', Uint8Array.of(1));
      const full = fullAfter(/a\.snap/, taken);
      const fileSystem = new SimulatedFileSystem({ disk, plan: full.plan });
      for (let apply = 1; apply < cores; apply++) {
        const { store } = AppendLogFold.open(LOG, Infinity, { fileSystem });
        store.apply(
          [KvUpdate.put(`key ${apply}`, bytes('acknowledged'))],
          WatchCursor.fromU64(BigInt(apply)),
        );
        store.close();
      }
      const { store } = AppendLogFold.open(LOG, Infinity, { fileSystem });
      if (taken % 2 === 0) store.apply([KvUpdate.put('key 0', bytes('y'))], WatchCursor.fromU64(9n));
      const cursor = store.cursor.toHex();
      const count = store.count;
      full.arm();
      const more = Array.from({ length: 10 }, (_, key) =>
        KvUpdate.put(`more ${key}`, bytes('x'.repeat(100))),
      );
      t.throws(() => store.apply(more, WatchCursor.fromU64(10n)), { code: 'DISK_FULL' });
      store.close();
      t.deepEqual(fileSystem.openPaths, []);
      for (const image of powerLossImages(disk, {})) {
        const reader = FoldStore.load(LOG, image.fileSystem);
        t.is(reader.count(), count);
        t.is(Buffer.from(reader.cursor).toString('hex'), cursor);
        reader.close();
      }
      if (count === 0) return;
      const plan = noNewFiles;
      const { store: next } = AppendLogFold.open(LOG, Infinity, {
        fileSystem: new SimulatedFileSystem({ disk, plan }),
      });
      t.is(next.cutTail, undefined);
      const key = count === cores ? 'key 0' : 'key 1';
      next.apply([KvUpdate.delete(key)], next.cursor);
      t.is(next.count, count - 1);
      next.close();
    });
  }
}

test('after a failed sync nothing is cut and nothing synced: the next writer looks for itself', async (t) => {
  const disk = new SimulatedDisk();
  emptyStoreDisk(disk, 1);
  let failed = -1;
  const plan: FaultPlan = ({ name, path, index }) => {
    if (name !== 'fdatasync' || !SEGMENT.test(path) || failed >= 0) return undefined;
    failed = index;
    return { kind: 'error', errno: 'ENOSPC', when: 'before' };
  };
  const fileSystem = new SimulatedFileSystem({ disk, plan, log: true });
  const store = await StateDirectory.open(STORE, { fileSystem });
  store.put(bytes('k'), bytes('v'));
  await t.throwsAsync(store.sync(), { code: 'DISK_FULL' });
  store.close();
  const after = fileSystem.log.filter(({ index }) => index > failed).map(({ name }) => name);
  t.deepEqual(
    after.filter((name) => /sync|write|truncate/.test(name)),
    [],
  );
  t.not(disk.fileBytes(`${STORE}/LOCK`).length, 0);
});

for (const isTorn of [false, true]) {
  const left = isTorn ? 'torn end' : 'log';
  test(`a full disk without room for the ${left} of a killed writer is told with how much that takes; what is there is read`, async (t) => {
    const disk = new SimulatedDisk();
    emptyStoreDisk(disk, 1);
    const killed = await StateDirectory.open(STORE, { fileSystem: new SimulatedFileSystem({ disk }) });
    killed.put(bytes('k'), bytes('v'));
    await killed.sync();
    const image = disk.clone();
    const log = `${STORE}/wal/1/wal-0.log`;
    const whole = disk.fileBytes(log);
    const there = isTorn ? new Uint8Array([...whole, ...whole.subarray(0, 50)]) : whole;
    image.plantFile(log, there);
    const full = new SimulatedFileSystem({ disk: image, plan: noNewFiles });
    const error = await t.throwsAsync(StateDirectory.open(STORE, { fileSystem: full }), {
      code: 'DISK_FULL',
    });
    t.true(
      isStatelogError(error) && error.details.hint!.includes(`takes ${there.length} bytes: free so many`),
    );
    const reader = StateDirectory.openReadOnly(STORE, { fileSystem: full });
    t.true(reader.has(bytes('k')));
    reader.close();

    const next = await StateDirectory.open(STORE, { fileSystem: new SimulatedFileSystem({ disk: image }) });
    t.true(next.delete(bytes('k')));
    await next.sync();
    t.is(next.recovery?.cut.length, isTorn ? 1 : 0);
    next.close();
    killed.close();
  });
}

test('a full disk without room for the torn end of a fold log is told with how much that takes', (t) => {
  const disk = new SimulatedDisk();
  disk.plantFile('/store/neighbour', Uint8Array.of(1));
  const { store } = AppendLogFold.open(LOG, Infinity, { fileSystem: new SimulatedFileSystem({ disk }) });
  store.apply([KvUpdate.put('k', bytes('v'))], WatchCursor.fromU64(1n));
  store.close();
  const whole = disk.fileBytes(LOG);
  disk.plantFile(LOG, new Uint8Array([...whole, ...whole.subarray(12, 30)]));
  const full = new SimulatedFileSystem({ disk, plan: noNewFiles });
  const error = t.throws(() => AppendLogFold.open(LOG, Infinity, { fileSystem: full }), {
    code: 'DISK_FULL',
  });
  t.true(isStatelogError(error) && error.details.hint!.includes(`takes ${whole.length + 18} bytes`));
  t.deepEqual(disk.fileBytes(LOG).length, whole.length + 18);
});
