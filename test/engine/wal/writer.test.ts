import test from 'ava';
import { isStatelogError } from '../../../src/engine/errors.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import type { Clock } from '../../../src/engine/storage-io/interface/clock.js';
import { SimulatedFileSystem } from '../../simulated-disk/simulated-file-system.js';
import { CoreWalReader } from '../../../src/engine/wal/scan/reader.js';
import { CoreWalWriter } from '../../../src/engine/wal/write/writer.js';
import { entryOf } from './segment-builder.js';
import { manualClock } from './manual-clock.js';

const PATH = '/wal-3.log';
const key = toUtf8('key');
const value = toUtf8('a value');

function entriesOf(fileSystem: SimulatedFileSystem, path = PATH, coreId = 3) {
  const reader = CoreWalReader.open(coreId, path, { fileSystem });
  try {
    return reader.readAll();
  } finally {
    reader.close();
  }
}

test('every append returns where its record starts, and nothing is in the file before it is written', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const writer = CoreWalWriter.create(3, PATH, { fileSystem });
  t.is(writer.appendPut(key, value), 0);
  t.is(writer.appendDelete(key), 88);
  t.is(writer.appendCheckpoint(7n), 168);
  t.is(writer.appendEpochBarrier(), 240);
  t.is(writer.appendCommit(new Map([['source', 5n]]), undefined), 312);
  t.is(writer.entriesSinceSync, 5);
  t.is(writer.syncedPosition, 0);
  t.is(fileSystem.status(PATH)!.size, 0);
  writer.flush();
  t.is(fileSystem.status(PATH)!.size, writer.position);
  t.is(writer.syncedPosition, 0);
  writer.sync();
  t.is(writer.syncedPosition, writer.position);
  t.is(writer.entriesSinceSync, 0);
  t.is(writer.sequence, 5n);
  t.deepEqual(
    entriesOf(fileSystem).map(({ operation }) => operation.op),
    ['put', 'delete', 'checkpoint', 'epochBarrier', 'commit'],
  );
  writer.close();
});

test('the lag of a record is its distance from what was synced when it was appended', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const writer = CoreWalWriter.create(3, PATH, { fileSystem });
  writer.appendPut(key, value);
  writer.appendPut(key, value);
  writer.sync();
  writer.appendPut(key, value);
  writer.appendPut(key, value);
  writer.close();
  t.deepEqual(
    entriesOf(fileSystem).map(({ lag }) => lag),
    [0, 88, 0, 88],
  );
});

test('sequences go up by one, and time never goes back, whatever the clock does', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const clock = manualClock(1_000n);
  const writer = CoreWalWriter.create(3, PATH, { fileSystem, clock });
  for (const now of [1_000n, 5_000n, 2_000n, -9n, 6_000n]) {
    clock.ns = now;
    writer.appendPut(key, value);
    writer.sync();
  }
  writer.close();
  const entries = entriesOf(fileSystem);
  t.deepEqual(
    entries.map(({ sequence }) => sequence),
    [0n, 1n, 2n, 3n, 4n],
  );
  t.deepEqual(
    entries.map(({ timestampNs }) => timestampNs),
    [1_000n, 5_000n, 5_000n, 5_000n, 6_000n],
  );
});

test('within a group one reading of the clock serves several records, and the next group has its own', (t) => {
  const fileSystem = new SimulatedFileSystem();
  let readings = 0;
  const clock: Clock = {
    read: (into) => {
      readings += 1;
      into[0] = readings;
      into[1] = 0;
    },
    nowNs: () => BigInt(readings),
  };
  const writer = CoreWalWriter.create(3, PATH, { fileSystem, clock });
  for (let index = 0; index < 16; index++) writer.appendPut(key, value);
  t.is(readings, 2);
  writer.sync();
  writer.appendPut(key, value);
  t.is(readings, 3);
  writer.close();
});

test('a writer goes on where a recovery says that numbering stands', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const start = { nextSequence: 2n ** 32n - 1n, lastTimestampNs: 50n, epoch: 9n };
  const clock = manualClock(1n);
  const writer = CoreWalWriter.create(3, PATH, { fileSystem, clock, start });
  writer.appendPut(key, value);
  writer.appendPut(key, value);
  writer.close();
  t.like(entriesOf(fileSystem), [
    { sequence: 2n ** 32n - 1n, timestampNs: 50n, epoch: 9n, coreId: 3 },
    { sequence: 2n ** 32n, timestampNs: 50n, epoch: 9n, coreId: 3 },
  ]);
});

test('a segment that is there is not created again', (t) => {
  const fileSystem = new SimulatedFileSystem();
  CoreWalWriter.create(3, PATH, { fileSystem }).close();
  t.throws(() => CoreWalWriter.create(3, PATH, { fileSystem }), { message: /wal-3/ });
});

test('opening at a position reads what is before it, and goes on', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const first = CoreWalWriter.create(3, PATH, { fileSystem });
  first.setEpoch(4n);
  first.appendPut(key, value);
  first.appendPut(key, value);
  first.close();
  const second = CoreWalWriter.openAt(3, PATH, first.position, { fileSystem });
  t.is(second.sequence, 2n);
  t.is(second.epoch, 4n);
  t.is(second.syncedPosition, first.position);
  second.appendDelete(key);
  second.close();
  const entries = entriesOf(fileSystem);
  t.deepEqual(
    entries.map(({ sequence }) => sequence),
    [0n, 1n, 2n],
  );
  t.true(entries[2]!.timestampNs >= entries[1]!.timestampNs);
});

test('opening refuses to cut a good record, and any position where no record ends', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const writer = CoreWalWriter.create(3, PATH, { fileSystem });
  writer.appendPut(key, value);
  const middle = writer.position;
  writer.sync();
  writer.appendPut(key, value);
  writer.close();
  const before = entriesOf(fileSystem);
  for (const position of [0, 1, middle - 1, middle, middle + 8, writer.position - 1, writer.position + 1]) {
    const error = t.throws(() => CoreWalWriter.openAt(3, PATH, position, { fileSystem }));
    t.true(isStatelogError(error, 'DAMAGED'), String(position));
  }
  t.deepEqual(entriesOf(fileSystem), before);
  t.is(fileSystem.status(PATH)!.size, writer.position);
  t.deepEqual(fileSystem.openPaths, []);
  for (const position of [-1, 0.5, Number.NaN]) {
    t.throws(() => CoreWalWriter.openAt(3, PATH, position, { fileSystem }), { instanceOf: RangeError });
  }
});

test('opening copies a torn tail beside the segment before it cuts it', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const writer = CoreWalWriter.create(3, PATH, { fileSystem });
  writer.appendPut(key, value);
  writer.close();
  const descriptor = fileSystem.openReadWrite(PATH);
  fileSystem.write(descriptor, toUtf8('half a record'), 0, 13, writer.position);
  fileSystem.close(descriptor);
  const again = CoreWalWriter.openAt(3, PATH, writer.position, { fileSystem });
  again.close();
  t.is(fileSystem.status(PATH)!.size, writer.position);
  t.is(fileSystem.status(`${PATH}.at-${writer.position}`)!.size, 13);
});

test('a record over 256 MiB is refused before anything is written', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const writer = CoreWalWriter.create(3, PATH, { fileSystem });
  const large = new Uint8Array(256 * 1024 * 1024 - 63);
  const error = t.throws(() => writer.appendPut(new Uint8Array(), large));
  t.true(isStatelogError(error, 'LIMIT_EXCEEDED'));
  t.is(writer.position, 0);
  t.is(writer.appendPut(key, value), 0);
  writer.close();
  t.is(entriesOf(fileSystem).length, 1);
});

test('a record longer than the buffer is written by itself, in its place', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const writer = CoreWalWriter.create(3, PATH, { fileSystem, bufferBytes: 1024 });
  const large = new Uint8Array(5000).fill(7);
  writer.appendPut(key, value);
  t.is(writer.appendPut(key, large), 88);
  writer.appendPut(key, value);
  writer.close();
  const values = entriesOf(fileSystem).map(({ operation }) =>
    operation.op === 'put' ? operation.value : undefined,
  );
  t.deepEqual(values, [value, large, value]);
});

test('an entry appended as it is keeps its epoch, sequence and time, and must not break the order', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const writer = CoreWalWriter.create(3, PATH, { fileSystem });
  const entry = entryOf({ coreId: 3, sequence: 5n, epoch: 2n, timestampNs: 77n });
  writer.append(entry);
  t.is(writer.sequence, 6n);
  t.is(writer.epoch, 2n);
  for (const bad of [
    { coreId: 4 },
    { sequence: 5n },
    { timestampNs: 76n, sequence: 6n },
    { epoch: 1n, sequence: 6n },
  ]) {
    t.throws(() => writer.append({ ...entry, ...bad }), { instanceOf: RangeError });
  }
  t.throws(
    () => {
      writer.setEpoch(1n);
    },
    { instanceOf: RangeError },
  );
  writer.close();
  t.like(entriesOf(fileSystem), [{ sequence: 5n, epoch: 2n, timestampNs: 77n, lag: 0 }]);
});

test('truncating on purpose keeps the records before it, and numbering goes on behind them', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const writer = CoreWalWriter.create(3, PATH, { fileSystem });
  const positions = [0, 1, 2, 3].map(() => writer.appendPut(key, value));
  t.throws(() => writer.truncate(positions[2]! + 8), { message: /no good record ends/ });
  t.throws(() => writer.truncate(writer.position + 8), { instanceOf: RangeError });
  writer.truncate(positions[2]!);
  t.is(writer.position, positions[2]!);
  t.is(writer.syncedPosition, positions[2]!);
  t.is(writer.sequence, 2n);
  writer.appendDelete(key);
  writer.close();
  t.deepEqual(
    entriesOf(fileSystem).map(({ sequence }) => sequence),
    [0n, 1n, 2n],
  );
});

test('a reset segment is empty and numbers from 0, and time does not go back', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const clock = manualClock(500n);
  const writer = CoreWalWriter.create(3, PATH, { fileSystem, clock });
  writer.appendPut(key, value);
  writer.reset();
  t.is(writer.position, 0);
  t.is(writer.sequence, 0n);
  clock.ns = 1n;
  writer.appendPut(key, value);
  writer.close();
  t.like(entriesOf(fileSystem), [{ sequence: 0n, timestampNs: 500n }]);
});

test('closing syncs, closes the file, and ends all use', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const writer = CoreWalWriter.create(3, PATH, { fileSystem });
  writer.appendPut(key, value);
  writer.close();
  writer.close();
  t.deepEqual(fileSystem.openPaths, []);
  const error = t.throws(() => writer.appendPut(key, value));
  t.true(isStatelogError(error, 'CLOSED'));
});

test('a segment made durable by other means is told so, but not while appends are in memory', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const writer = CoreWalWriter.create(3, PATH, { fileSystem });
  writer.appendPut(key, value);
  t.throws(
    () => {
      writer.markSynced();
    },
    { instanceOf: RangeError },
  );
  writer.flush();
  writer.markSynced();
  t.is(writer.syncedPosition, writer.position);
  writer.close();
});
