import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { Tally } from '../../../src/engine/inspect/verify/tally.js';
import { verifyDirectory } from '../../../src/engine/inspect/verify/verify-directory.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { CoreWalReader } from '../../../src/engine/wal/scan/reader.js';
import { CoreWalWriter } from '../../../src/engine/wal/write/writer.js';
import { STORE, emptyStoreDisk } from '../../torture/crash/directory-book.js';

const KEPT = `${STORE}/wal/2/wal-0.log`;
const bytes = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

/** A store with two checkpoints, so that the log between them is kept. */
async function twoCheckpoints(): Promise<SimulatedFileSystem> {
  const fileSystem = new SimulatedFileSystem({ disk: emptyStoreDisk(new SimulatedDisk(), 1) });
  const store = await StateDirectory.open(STORE, { fileSystem });
  for (const value of ['first', 'second']) {
    store.put(bytes('key'), bytes(value));
    store.put(bytes('another'), bytes(value));
    await store.checkpoint();
  }
  store.close();
  return fileSystem;
}

function classesFound(fileSystem: SimulatedFileSystem): string[] {
  const found = [...verifyDirectory(fileSystem, STORE, true, new Tally())];
  return found.map(({ class: kind, file, severity }) => `${severity} ${kind} ${file}`);
}

/** Cuts the last so many records of the kept log. */
function cutRecords(fileSystem: SimulatedFileSystem, count: number): number {
  const reader = CoreWalReader.open(0, KEPT, { fileSystem });
  const ends = [0];
  while (reader.readNext().kind === 'entry') ends.push(reader.position);
  reader.close();
  const end = ends.at(-1 - count)!;
  const descriptor = fileSystem.openReadWrite(KEPT);
  fileSystem.truncate(descriptor, end);
  fileSystem.close(descriptor);
  return end;
}

test('a kept log that lost its barrier, or records before it, is damage, though each record is good', async (t) => {
  const whole = await twoCheckpoints();
  t.deepEqual(classesFound(whole), []);

  const withoutBarrier = await twoCheckpoints();
  cutRecords(withoutBarrier, 1);
  t.deepEqual(classesFound(withoutBarrier), [`damage missing-barrier ${KEPT}`]);

  const withoutRecord = await twoCheckpoints();
  const end = cutRecords(withoutRecord, 2);
  const writer = CoreWalWriter.openAt(0, KEPT, end, { fileSystem: withoutRecord });
  writer.appendEpochBarrier();
  writer.close();
  t.deepEqual(classesFound(withoutRecord), [`damage sequence-gap ${KEPT}`]);
});

test('a turned bit among the checksums in an index is a bad header, and what comes after it is verified too', async (t) => {
  const fileSystem = await twoCheckpoints();
  const index = `${STORE}/checkpoints/1/state-0.idx`;
  const descriptor = fileSystem.openReadWrite(index);
  const byte = new Uint8Array(1);
  const valueSumAt = 32 + 80 + 4;
  fileSystem.read(descriptor, byte, 0, 1, valueSumAt);
  byte[0]! ^= 1;
  fileSystem.write(descriptor, byte, 0, 1, valueSumAt);
  fileSystem.close(descriptor);
  cutRecords(fileSystem, 1);
  t.deepEqual(classesFound(fileSystem), [`damage bad-header ${index}`, `damage missing-barrier ${KEPT}`]);
});
