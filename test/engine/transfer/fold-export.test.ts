import test from 'ava';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { SimulatedFileSystem } from '../../simulated-disk/index.js';
import { prepareExport } from '../../../src/engine/transfer/export-store.js';

const LOG = '/log.snap';
const ENTRIES = Array.from({ length: 200 }, (_, index) =>
  KvUpdate.put(`key ${String(index).padStart(3, '0')}`, Buffer.alloc((index * 97) % 9000, index)),
);

/** A log of the entries, and its compact form. */
function made(compact: boolean): { fileSystem: SimulatedFileSystem; expected: Buffer } {
  const fileSystem = new SimulatedFileSystem();
  const { store } = AppendLogFold.open(LOG, Infinity, { fileSystem });
  store.apply(ENTRIES.toReversed(), WatchCursor.fromU64(1n));
  store.apply([ENTRIES[7]!], WatchCursor.fromU64(2n));
  if (compact) store.compact();
  const expected = Buffer.concat([...store.compactChunks()].map((chunk) => chunk.slice()));
  store.close();
  return { fileSystem, expected };
}

const prepare = (fileSystem: SimulatedFileSystem) =>
  prepareExport({ fileSystem, source: LOG, createdAtUnix: 0, scratchBeside: '/artifact' });

function flip(fileSystem: SimulatedFileSystem, position: number): void {
  const descriptor = fileSystem.openReadWrite(LOG);
  const byte = new Uint8Array(1);
  fileSystem.read(descriptor, byte, 0, 1, position);
  byte[0]! ^= 1;
  fileSystem.write(descriptor, byte, 0, 1, position);
  fileSystem.close(descriptor);
}

for (const [how, compact] of [
  ['in its compact form', true],
  ['with overwritten values', false],
] as const) {
  test(`a fold log ${how} is exported in its compact form, whatever is appended meanwhile`, (t) => {
    const { fileSystem, expected } = made(compact);
    const prepared = prepare(fileSystem);
    const { store } = AppendLogFold.open(LOG, Infinity, { fileSystem, compactOnOpen: false });
    store.apply([KvUpdate.put('new', Buffer.from('value'))], WatchCursor.fromU64(3n));
    store.close();
    t.is(prepared.report.keys, ENTRIES.length);
    t.is(prepared.report.cursor, '2');
    prepared.writeTo('/artifact', 'folder');
    prepared.close();
    t.deepEqual(Buffer.from(fileSystem.disk.fileBytes('/artifact/data/fold.snap')), expected);
    t.deepEqual(fileSystem.openPaths, []);
  });
}

test('an unfinished end of a fold log is left out of its export', (t) => {
  const { fileSystem, expected } = made(true);
  const { store } = AppendLogFold.open(LOG, Infinity, { fileSystem });
  store.apply([], WatchCursor.fromU64(2n));
  store.close();
  const descriptor = fileSystem.openReadWrite(LOG);
  fileSystem.write(descriptor, new Uint8Array(9).fill(0x55), 0, 9, fileSystem.statusOf(descriptor).size);
  fileSystem.close(descriptor);
  const prepared = prepare(fileSystem);
  prepared.writeTo('/artifact', 'folder');
  prepared.close();
  t.deepEqual(Buffer.from(fileSystem.disk.fileBytes('/artifact/data/fold.snap')), expected);
});

test('a record of a compact fold log that rots after it was digested ends the export', (t) => {
  const { fileSystem, expected } = made(true);
  const prepared = prepare(fileSystem);
  flip(fileSystem, Math.floor(expected.length / 2));
  t.throws(() => prepared.writeTo('/artifact', 'folder'), { code: 'DAMAGED' });
  prepared.close();
  t.is(fileSystem.status('/artifact'), undefined);
  t.throws(() => prepare(fileSystem), { code: 'DAMAGED' });
  t.deepEqual(fileSystem.openPaths, []);
});
