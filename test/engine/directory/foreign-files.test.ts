import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { readWholeFile, writeFully } from '../../../src/engine/storage-io/whole/write-fully.js';
import { STORE, emptyStoreDisk } from '../../torture/crash/directory-book.js';

const MANIFEST = `${STORE}/MANIFEST.json`;
const bytes = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

/** Puts a key and closes the epoch; returns the manifest's bytes. */
async function checkpointWith(disk: SimulatedDisk, value: string): Promise<Uint8Array> {
  const fileSystem = new SimulatedFileSystem({ disk });
  const store = await StateDirectory.open(STORE, { fileSystem });
  store.put(bytes('key'), bytes(value));
  await store.checkpoint();
  store.close();
  return fileOf(disk, MANIFEST);
}

function fileOf(disk: SimulatedDisk, path: string): Uint8Array {
  return readWholeFile(new SimulatedFileSystem({ disk }), path, 1024 * 1024);
}

function putInPlace(disk: SimulatedDisk, path: string, content: Uint8Array): void {
  const fileSystem = new SimulatedFileSystem({ disk });
  const descriptor = fileSystem.openReadWrite(path);
  fileSystem.truncate(descriptor, 0);
  writeFully(fileSystem, descriptor, content);
  fileSystem.close(descriptor);
}

test('the checkpoint of a copy of the store that went another way is not taken for its own', async (t) => {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  const copy = disk.clone();
  await checkpointWith(disk, 'ours');
  await checkpointWith(copy, 'else');
  // Of the same store, epoch and core, whole, and as long.
  for (const name of ['state-0.db', 'state-0.idx']) {
    const path = `${STORE}/checkpoints/1/${name}`;
    putInPlace(disk, path, fileOf(copy, path));
  }
  const fileSystem = new SimulatedFileSystem({ disk });
  t.throws(() => StateDirectory.openReadOnly(STORE, { fileSystem }), { code: 'DAMAGED' });
  await t.throwsAsync(StateDirectory.open(STORE, { fileSystem }), { code: 'DAMAGED' });
});

test('a log of an epoch that the manifest does not know is damage where it holds changes, and stays', async (t) => {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  const older = await checkpointWith(disk, 'first');
  await checkpointWith(disk, 'second');
  const store = await StateDirectory.open(STORE, { fileSystem: new SimulatedFileSystem({ disk }) });
  store.put(bytes('key'), bytes('third'));
  await store.sync();
  store.close();
  const newer = fileOf(disk, MANIFEST);
  putInPlace(disk, MANIFEST, older);
  const log = fileOf(disk, `${STORE}/wal/3/wal-0.log`);
  const fileSystem = new SimulatedFileSystem({ disk });
  const error = await t.throwsAsync(StateDirectory.open(STORE, { fileSystem }), { code: 'DAMAGED' });
  t.like(error, { details: { class: 'misplaced-epoch' } });
  t.deepEqual(fileOf(disk, `${STORE}/wal/3/wal-0.log`), log);

  putInPlace(disk, MANIFEST, newer);
  const again = await StateDirectory.open(STORE, { fileSystem });
  t.deepEqual(again.get(bytes('key')), bytes('third'));
  again.close();
});

test('a shorter log of another store under the next epoch’s name is damage, and stays', async (t) => {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  const other = disk.clone();
  for (const [one, values] of [
    [disk, ['a', 'b', 'c']],
    [other, ['other']],
  ] as const) {
    const store = await StateDirectory.open(STORE, { fileSystem: new SimulatedFileSystem({ disk: one }) });
    for (const value of values) store.put(bytes('key'), bytes(value));
    await store.sync();
    store.close();
  }
  const stray = fileOf(other, `${STORE}/wal/1/wal-0.log`);
  disk.plantFile(`${STORE}/wal/2/wal-0.log`, stray);
  const fileSystem = new SimulatedFileSystem({ disk });
  const error = await t.throwsAsync(StateDirectory.open(STORE, { fileSystem }), { code: 'DAMAGED' });
  t.like(error, { details: { class: 'misplaced-epoch' } });
  t.deepEqual(fileOf(disk, `${STORE}/wal/2/wal-0.log`), stray);
});

test('the sweep of folded logs leaves segments there that are not the store’s', async (t) => {
  const other = await storeOfEpochs(1);
  const disk = await storeOfEpochs(3);
  const segments = ['1/wal-0.log', '3/wal-0.log', '3/wal-9.log', '4/wal-0.log'].map((name) => {
    return `${STORE}/wal/${name}`;
  }) as [string, string, string, string];
  const own = fileOf(disk, segments[1]);
  // Of the same epoch and core, with other numbers than the checkpoints say.
  const otherNumbers = fileOf(other, segments[1]);
  disk.plantFile(segments[0], own);
  disk.plantFile(segments[2], own);
  putInPlace(disk, segments[1], otherNumbers);
  const fileSystem = new SimulatedFileSystem({ disk });
  const store = await StateDirectory.open(STORE, { fileSystem });
  await store.checkpoint({ keep: 1 });
  store.close();
  t.deepEqual(fileOf(disk, segments[0]), own);
  t.deepEqual(fileOf(disk, segments[1]), otherNumbers);
  t.deepEqual(fileOf(disk, segments[2]), own);
  t.is(fileSystem.status(segments[3]), undefined, 'its own log went');
});

/** A store at epoch 4 that keeps the logs of epochs 3 and 4. */
async function storeOfEpochs(putsAnEpoch: number): Promise<SimulatedDisk> {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  const store = await StateDirectory.open(STORE, { fileSystem: new SimulatedFileSystem({ disk }) });
  for (let epoch = 1; epoch < 4; epoch++) {
    for (let put = 0; put < putsAnEpoch; put++) store.put(bytes('key'), bytes(`${epoch}-${put}`));
    await store.checkpoint({ keep: 2 });
  }
  store.put(bytes('key'), bytes('last'));
  await store.sync();
  store.close();
  return disk;
}
