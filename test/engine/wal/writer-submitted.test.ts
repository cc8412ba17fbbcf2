import test from 'ava';
import { SimulatedFileSystem } from '../../simulated-disk/simulated-file-system.js';
import { createSynchronousStorageIo } from '../../../src/engine/storage-io/submission/create-storage-io.js';
import { CoreWalReader } from '../../../src/engine/wal/scan/reader.js';
import { CoreWalWriter } from '../../../src/engine/wal/write/writer.js';
import { manualClock } from './manual-clock.js';

const key = Buffer.from('key');
const value = Buffer.from('value');

test('a record of any kind that comes first in a buffer that was exchanged is written whole', (t) => {
  const appends: [string, (writer: CoreWalWriter) => number][] = [
    ['checkpoint', (writer) => writer.appendCheckpoint(7n)],
    ['epochBarrier', (writer) => writer.appendEpochBarrier()],
    ['commit', (writer) => writer.appendCommit(new Map([['orders', 9n]]), 5n)],
  ];
  for (const [op, append] of appends) {
    const fileSystem = new SimulatedFileSystem();
    const storageIo = createSynchronousStorageIo(fileSystem);
    const writer = CoreWalWriter.create(0, '/wal-0.log', { fileSystem, clock: manualClock(1n) });
    writer.appendPutViaStorageIo(key, value, storageIo);
    for (let group = 0; group < 3; group++) {
      append(writer);
      writer.syncViaStorageIo(storageIo);
      writer.checkCompletions(storageIo.pollCompletions());
      append(writer);
    }
    writer.syncViaStorageIo(storageIo);
    writer.checkCompletions(storageIo.pollCompletions());
    writer.close();
    const reader = CoreWalReader.open(0, '/wal-0.log', { fileSystem });
    const found: string[] = [];
    for (let result = reader.readNext(); result.kind !== 'end'; result = reader.readNext()) {
      found.push(result.kind === 'entry' ? result.entry.operation.op : result.finding.class);
    }
    reader.close();
    t.deepEqual(found, ['put', ...Array<string>(6).fill(op)]);
  }
});
