import test from 'ava';
import { isStatelogError } from '../../../src/engine/errors.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import {
  combinePlans,
  failAt,
  type FaultPlan,
  shortWriteAt,
} from '../../simulated-disk/faults/fault-plan.js';
import { powerLossImages } from '../../simulated-disk/power-loss/power-loss.js';
import { SimulatedFileSystem } from '../../simulated-disk/simulated-file-system.js';
import { createSynchronousStorageIo } from '../../../src/engine/storage-io/submission/create-storage-io.js';
import { recoverSegment } from '../../../src/engine/wal/recover/recovery.js';
import { CoreWalWriter } from '../../../src/engine/wal/write/writer.js';

const PATH = '/wal-0.log';
const key = toUtf8('key');
const value = new Uint8Array(40).fill(5);
const ERRORS = ['EIO', 'ENOSPC', 'EDQUOT', 'EFBIG'] as const;

/** Some groups, with a record longer than the buffer among them. @returns the sequences acknowledged */
function workload(writer: CoreWalWriter, acknowledged: bigint[]): void {
  for (let group = 0; group < 4; group++) {
    const first = writer.sequence;
    for (let index = 0; index <= group; index++) writer.appendPut(key, value);
    if (group === 2) writer.appendPut(key, new Uint8Array(2000));
    writer.appendDelete(key);
    writer.sync();
    for (let sequence = first; sequence < writer.sequence; sequence++) acknowledged.push(sequence);
  }
}

/** Runs the workload on a fresh disk. @returns how many calls it made */
function countCalls(): number {
  const fileSystem = new SimulatedFileSystem();
  const writer = CoreWalWriter.create(0, PATH, { fileSystem, bufferBytes: 512 });
  workload(writer, []);
  return fileSystem.operationCount;
}

/** Every method that a poisoned writer must refuse. */
function everyCall(writer: CoreWalWriter): (() => unknown)[] {
  return [
    () => writer.appendPut(key, value),
    () => writer.appendDelete(key),
    () => writer.appendCheckpoint(1n),
    () => writer.appendEpochBarrier(),
    () => writer.appendCommit(new Map(), undefined),
    () => {
      writer.sync();
    },
    () => {
      writer.flush();
    },
    () => {
      writer.setEpoch(9n);
    },
    () => {
      writer.markSynced();
    },
    () => {
      writer.truncate(0);
    },
    () => {
      writer.reset();
    },
    () => writer.checkCompletions([]),
  ];
}

test('whichever call fails, the writer is poisoned with its cause, and what was acknowledged is there', (t) => {
  const calls = countCalls();
  // Calls 0 and 1 make the file and lock it: before that there is no writer.
  for (let call = 2; call < calls; call++) {
    for (const errno of ERRORS) {
      for (const when of ['before', 'after'] as const) {
        const fileSystem = new SimulatedFileSystem({ plan: failAt(call, errno, when) });
        const writer = CoreWalWriter.create(0, PATH, { fileSystem, bufferBytes: 512 });
        const acknowledged: bigint[] = [];
        const cause = t.throws(() => {
          workload(writer, acknowledged);
        });
        t.true(isStatelogError(cause), String(cause));
        t.true(writer.isPoisoned);
        for (const refused of everyCall(writer)) {
          const error = t.throws(refused);
          t.true(isStatelogError(error, 'POISONED'));
          t.is(error.cause, cause);
        }
        writer.close();

        const after = new SimulatedFileSystem({ disk: fileSystem.disk });
        const found: bigint[] = [];
        recoverSegment({
          fileSystem: after,
          path: PATH,
          coreId: 0,
          takeOver: true,
          onRecord: (view) => found.push(view.sequence),
        });
        t.deepEqual(found.slice(0, acknowledged.length), acknowledged, `call ${call} ${errno} ${when}`);
      }
    }
  }
});

test('a poisoned writer never writes or syncs again', (t) => {
  let failed = false;
  const touched: string[] = [];
  const plan: FaultPlan = ({ name }) => {
    if (failed && ['write', 'fdatasync', 'fsync', 'ftruncate'].includes(name)) touched.push(name);
    if (name !== 'fdatasync' || failed) return undefined;
    failed = true;
    return { kind: 'error', errno: 'EIO', when: 'before' };
  };
  const fileSystem = new SimulatedFileSystem({ plan });
  const writer = CoreWalWriter.create(0, PATH, { fileSystem });
  writer.appendPut(key, value);
  t.throws(() => {
    writer.sync();
  });
  for (const refused of everyCall(writer)) t.throws(refused);
  writer.close();
  t.deepEqual(touched, []);
});

test('a write that takes few bytes at a time is gone on with', (t) => {
  for (let bytes = 1; bytes < 300; bytes += 7) {
    const plan = combinePlans(...Array.from({ length: 40 }, (_, call) => shortWriteAt(call, bytes)));
    const fileSystem = new SimulatedFileSystem({ plan });
    const writer = CoreWalWriter.create(0, PATH, { fileSystem });
    for (let index = 0; index < 20; index++) writer.appendPut(key, value);
    writer.sync();
    writer.close();
    const report = recoverSegment({ fileSystem, path: PATH, coreId: 0, takeOver: false });
    t.is(report.records, 20);
    t.is(report.cut, undefined);
  }
});

for (const way of ['direct', 'submitted'] as const) {
  test(`once a new segment's first sync has ended its name is on disk too, with what was appended (${way})`, (t) => {
    const fileSystem = new SimulatedFileSystem();
    const writer = CoreWalWriter.create(0, PATH, { fileSystem });
    if (way === 'direct') {
      writer.appendPut(key, value);
      writer.sync();
    } else {
      const storageIo = createSynchronousStorageIo(fileSystem);
      writer.appendPutViaStorageIo(key, value, storageIo);
      writer.syncViaStorageIo(storageIo);
      t.true(writer.checkCompletions(storageIo.pollCompletions()));
    }
    t.is(writer.syncedPosition, writer.position);
    for (const image of powerLossImages(fileSystem.disk)) {
      t.is(image.fileSystem.status(PATH)?.size, writer.position);
    }
  });
}

test('a close whose sync fails closes the file all the same', (t) => {
  const plan: FaultPlan = ({ name }) =>
    name === 'fdatasync' ? { kind: 'error', errno: 'EIO', when: 'before' } : undefined;
  const fileSystem = new SimulatedFileSystem({ plan });
  const writer = CoreWalWriter.create(0, PATH, { fileSystem });
  writer.appendPut(key, value);
  t.throws(() => {
    writer.close();
  });
  t.deepEqual(fileSystem.openPaths, []);
});

test('a submitted sync moves the synced position only to where it stood when it was submitted', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const storageIo = createSynchronousStorageIo(fileSystem);
  const writer = CoreWalWriter.create(0, PATH, { fileSystem });
  writer.appendPutViaStorageIo(key, value, storageIo);
  writer.appendDeleteViaStorageIo(key, storageIo);
  const boundary = writer.position;
  const token = writer.syncViaStorageIo(storageIo);
  t.true(writer.isSyncPending);
  writer.appendPutViaStorageIo(key, value, storageIo);
  t.is(writer.syncedPosition, 0);
  const busy = t.throws(() => writer.syncViaStorageIo(storageIo));
  t.true(isStatelogError(busy, 'SYNC_IN_FLIGHT'));
  const completions = storageIo.pollCompletions();
  t.true(completions.some((completion) => completion.token === token));
  t.true(writer.checkCompletions(completions));
  t.false(writer.isSyncPending);
  t.is(writer.syncedPosition, boundary);
  t.is(writer.entriesSinceSync, 1);
  t.false(writer.checkCompletions([{ token: 999, result: -5, error: undefined }]), 'another writer’s');
  const early = t.throws(() => {
    writer.close();
  });
  t.true(isStatelogError(early, 'SYNC_IN_FLIGHT'));
  writer.syncViaStorageIo(storageIo);
  writer.checkCompletions(storageIo.pollCompletions());
  writer.close();
  const lags: number[] = [];
  recoverSegment({
    fileSystem,
    path: PATH,
    coreId: 0,
    takeOver: false,
    onRecord: (view) => lags.push(view.lag),
  });
  t.deepEqual(lags, [0, 120, 200]);
});

test('barriers, checkpoints and commits go the way that the writer goes', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const storageIo = createSynchronousStorageIo(fileSystem);
  const writer = CoreWalWriter.create(0, PATH, { fileSystem, bufferBytes: 300 });
  for (let index = 0; index < 10; index++) {
    writer.appendPutViaStorageIo(key, index === 5 ? new Uint8Array(900) : value, storageIo);
  }
  writer.appendEpochBarrier();
  writer.appendCommit(new Map([['s', 1n]]), 3n);
  writer.syncViaStorageIo(storageIo);
  writer.checkCompletions(storageIo.pollCompletions());
  t.is(writer.syncedPosition, writer.position);
  writer.close();
  t.is(recoverSegment({ fileSystem, path: PATH, coreId: 0, takeOver: false }).records, 12);
});

test('the two ways of writing do not mix in one writer', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const storageIo = createSynchronousStorageIo(fileSystem);
  const direct = CoreWalWriter.create(0, PATH, { fileSystem });
  direct.appendPut(key, value);
  const submitted = CoreWalWriter.create(1, '/wal-1.log', { fileSystem });
  submitted.appendPutViaStorageIo(key, value, storageIo);
  const mixed = [
    () => direct.appendPutViaStorageIo(key, value, storageIo),
    () => direct.syncViaStorageIo(storageIo),
    () => submitted.appendPut(key, value),
    () => {
      submitted.sync();
    },
  ];
  for (const call of mixed) {
    const error = t.throws(call);
    t.true(isStatelogError(error, 'MIXED_WRITE_PATHS'));
  }
  t.throws(() => submitted.appendDeleteViaStorageIo(key, createSynchronousStorageIo(fileSystem)), {
    instanceOf: TypeError,
  });
  direct.close();
  submitted.abandon();
});

test('a submitted append or sync that failed poisons, with what it failed with', (t) => {
  for (const name of ['write', 'fdatasync']) {
    const plan: FaultPlan = (operation) =>
      operation.name === name ? { kind: 'error', errno: 'ENOSPC', when: 'before' } : undefined;
    const fileSystem = new SimulatedFileSystem({ plan });
    const storageIo = createSynchronousStorageIo(fileSystem);
    const writer = CoreWalWriter.create(0, PATH, { fileSystem });
    writer.appendPutViaStorageIo(key, value, storageIo);
    writer.syncViaStorageIo(storageIo);
    const cause = t.throws(() => writer.checkCompletions(storageIo.pollCompletions()));
    t.true(isStatelogError(cause, 'DISK_FULL'));
    t.is(writer.syncedPosition, 0);
    const error = t.throws(() => writer.appendPutViaStorageIo(key, value, storageIo));
    t.true(isStatelogError(error, 'POISONED'));
    t.is(error.cause, cause);
    writer.close();
  }
});
