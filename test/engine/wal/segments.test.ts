import test from 'ava';
import fc from 'fast-check';
import { isStatelogError } from '../../../src/engine/errors.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import type { WalEntry } from '../../../src/engine/rkyv/entry/wal-entry-format.js';
import { SimulatedFileSystem } from '../../simulated-disk/simulated-file-system.js';
import { createSynchronousStorageIo } from '../../../src/engine/storage-io/submission/create-storage-io.js';
import { writeFully } from '../../../src/engine/storage-io/whole/write-fully.js';
import { MergedScanner } from '../../../src/engine/wal/scan/merged-scanner.js';
import { listSegments } from '../../../src/engine/wal/folder/segment-folder.js';
import { WalSegments } from '../../../src/engine/wal/write/segments.js';
import { entryOf, joined, recordOf, records } from './segment-builder.js';

const FOLDER = '/wal';
const key = toUtf8('key');
const value = toUtf8('value');

function write(fileSystem: SimulatedFileSystem, path: string, bytes: Uint8Array): void {
  const descriptor = fileSystem.createExclusive(path);
  writeFully(fileSystem, descriptor, bytes);
  fileSystem.close(descriptor);
}

/** All that is merged: core and sequence of each record, and the class of each finding. */
function mergedOf(fileSystem: SimulatedFileSystem, folder = FOLDER): string[] {
  const merged = MergedScanner.open(listSegments(fileSystem, folder), { fileSystem });
  const told: string[] = [];
  for (let event = merged.next(); event !== 'end'; event = merged.next()) {
    told.push(event === 'record' ? `${merged.view.coreId}:${merged.view.sequence}` : merged.finding!.class);
  }
  merged.close();
  if (fileSystem.openPaths.length > 0) throw new Error(`left open: ${fileSystem.openPaths.join()}`);
  return told;
}

test('a folder of segments is made, written, merged and opened again', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const segments = WalSegments.create(FOLDER, 3, { fileSystem });
  t.is(segments.cores, 3);
  for (let core = 0; core < 3; core++) segments.writer(core).appendPut(key, value);
  t.is(segments.advanceEpoch(), 1n);
  segments.writer(1).appendDelete(key);
  segments.syncAll();
  t.deepEqual(segments.positions, segments.syncedPositions);
  t.is(
    segments.totalBytes,
    segments.positions.reduce((sum, position) => sum + position, 0),
  );
  const merged = segments.merge();
  const epochs: bigint[] = [];
  for (let event = merged.next(); event !== 'end'; event = merged.next()) epochs.push(merged.view.epoch);
  merged.close();
  t.deepEqual(epochs, [0n, 0n, 0n, 1n, 1n, 1n, 1n]);
  segments.close();

  const again = WalSegments.open(FOLDER, { fileSystem });
  t.is(again.epoch, 1n);
  t.deepEqual(
    again.reports.map((report) => [report.records, report.nextSequence]),
    [
      [2, 2n],
      [3, 3n],
      [2, 2n],
    ],
  );
  t.is(again.writer(2).epoch, 1n);
  again.close();
  t.deepEqual(fileSystem.openPaths, []);
});

test('the barrier of a new epoch is its first record in every segment, and carries it', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const segments = WalSegments.create(FOLDER, 2, { fileSystem });
  segments.writer(0).appendPut(key, value);
  segments.advanceEpoch();
  segments.setEpochAll(5n);
  segments.appendEpochBarrierAll();
  const merged = segments.merge();
  const barriers: string[] = [];
  for (let event = merged.next(); event !== 'end'; event = merged.next()) {
    const operation = merged.view.operation();
    if (operation.op === 'epochBarrier') barriers.push(`${merged.view.epoch}: ${operation.barrierEpoch}`);
  }
  merged.close();
  segments.close();
  t.deepEqual(barriers, ['1: 1', '1: 1', '5: 5', '5: 5']);
});

test('a missing segment is damage, and nothing is left open', (t) => {
  const fileSystem = new SimulatedFileSystem();
  WalSegments.create(FOLDER, 3, { fileSystem }).close();
  fileSystem.remove(`${FOLDER}/wal-1.log`);
  const error = t.throws(() => WalSegments.open(FOLDER, { fileSystem }));
  t.true(isStatelogError(error, 'DAMAGED'));
  t.like(error, { details: { path: `${FOLDER}/wal-1.log`, class: 'missing-segment' } });
  const fewer = t.throws(() => WalSegments.open(FOLDER, { fileSystem, cores: 4 }));
  t.like(fewer, { details: { class: 'missing-segment' } });
  t.deepEqual(fileSystem.openPaths, []);
});

test('segments are told by name, in the order of their cores', (t) => {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.makeDirectory(FOLDER);
  const names = [
    'wal-10.log',
    'wal-2.log',
    'wal-0.log',
    'wal-02.log',
    'wal-65536.log',
    'wal-1.log.at-5',
    'x',
  ];
  for (const name of names) write(fileSystem, `${FOLDER}/${name}`, new Uint8Array());
  t.deepEqual(
    listSegments(fileSystem, FOLDER).map(({ coreId }) => coreId),
    [0, 2, 10],
  );
});

test('completions go to every writer, and a failure is thrown after all were told', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const storageIo = createSynchronousStorageIo(fileSystem);
  const segments = WalSegments.create(FOLDER, 2, { fileSystem });
  for (let core = 0; core < 2; core++) {
    segments.writer(core).appendPutViaStorageIo(key, value, storageIo);
    segments.writer(core).syncViaStorageIo(storageIo);
  }
  t.true(segments.isAnySyncPending);
  t.is(segments.checkAllCompletions(storageIo.pollCompletions()), 2);
  t.false(segments.isAnySyncPending);
  segments.close();
});

test('all segments are truncated together, to a position each', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const segments = WalSegments.create(FOLDER, 2, { fileSystem });
  for (let index = 0; index < 4; index++) segments.writer(index % 2).appendPut(key, value);
  const [first] = segments.positions;
  t.throws(
    () => {
      segments.truncateAll([0]);
    },
    { instanceOf: RangeError },
  );
  segments.truncateAll([first! / 2, 0]);
  t.deepEqual(segments.positions, [first! / 2, 0]);
  segments.resetAll();
  t.deepEqual(segments.positions, [0, 0]);
  segments.close();
});

test('findings come where reading meets them, and the rest is merged all the same', (t) => {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.makeDirectory(FOLDER);
  const pieces = records(4, 0n, { lag: 0 });
  pieces[1]![40]! ^= 1;
  write(fileSystem, `${FOLDER}/wal-0.log`, joined(...pieces));
  write(fileSystem, `${FOLDER}/wal-1.log`, joined(...records(4, 0n, { lag: 0, coreId: 1 })));
  t.deepEqual(mergedOf(fileSystem), ['0:0', 'checksum-mismatch', '1:0', '1:1', '0:2', '1:2', '0:3', '1:3']);
});

test('a segment that LaminarDB reopened merges as LaminarDB sorts it', (t) => {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.makeDirectory(FOLDER);
  const at = (sequence: bigint, epoch: bigint, time: bigint): Uint8Array =>
    recordOf(entryOf({ sequence, epoch, timestampNs: time }));
  write(
    fileSystem,
    `${FOLDER}/wal-0.log`,
    joined(at(0n, 0n, 10n), at(1n, 2n, 20n), at(2n, 2n, 30n), at(0n, 0n, 40n), at(1n, 2n, 25n)),
  );
  t.deepEqual(mergedOf(fileSystem), [
    'sequence-repeat',
    'misplaced-epoch',
    '0:0',
    '0:0',
    '0:1',
    '0:1',
    '0:2',
  ]);
});

/** Entries of one core as LaminarDB may write them: time and epoch move either way, numbering restarts. */
const foreign = (coreId: number): fc.Arbitrary<WalEntry[]> =>
  fc
    .array(
      fc.record({
        epoch: fc.bigInt({ min: 0n, max: 2n }),
        timestampNs: fc.bigInt({ min: 0n, max: 6n }),
        isRestart: fc.boolean(),
      }),
      { maxLength: 25 },
    )
    .map((steps) => {
      let sequence = -1n;
      let epoch = 0n;
      let latest = 0n;
      return steps.map((step, index) => {
        const isRestart = step.isRestart && index % 5 === 4;
        sequence = isRestart ? 0n : sequence + 1n;
        epoch = isRestart ? 0n : step.epoch > epoch ? step.epoch : epoch;
        const timestampNs = isRestart ? latest + 1n : step.timestampNs + latest / 2n;
        if (timestampNs > latest) latest = timestampNs;
        return entryOf({ coreId, sequence, epoch, timestampNs });
      });
    });

test('any mixture of restarts and clocks that go back merges to the sorted order', (t) => {
  fc.assert(
    fc.property(foreign(0), foreign(1), foreign(2), (...cores) => {
      const fileSystem = new SimulatedFileSystem();
      fileSystem.makeDirectory(FOLDER);
      for (const [core, entries] of cores.entries()) {
        write(fileSystem, `${FOLDER}/wal-${core}.log`, joined(...entries.map(recordOf)));
      }
      const keyOf = (entry: WalEntry): bigint =>
        (((entry.epoch << 40n) + entry.timestampNs) << 40n) + (BigInt(entry.coreId) << 20n) + entry.sequence;
      const sorted = cores
        .flat()
        .map((entry) => ({ entry, order: keyOf(entry) }))
        .sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
        .map(({ entry }) => `${entry.coreId}:${entry.sequence}`);
      const notices = new Set(['sequence-repeat', 'misplaced-epoch']);
      const found = mergedOf(fileSystem).filter((told) => !notices.has(told));
      if (found.join() !== sorted.join()) throw new Error(`${found.join()} is not ${sorted.join()}`);
    }),
    { numRuns: 500, includeErrorInReport: true },
  );
  t.pass();
});
