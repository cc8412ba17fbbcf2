import { readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { isStatelogError } from '../../../src/engine/errors.js';
import { Overlay } from '../../../src/engine/directory/state/overlay.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { tempDir } from '../../support/temp-dir.js';
import { STORE, emptyStoreDisk } from '../../torture/crash/directory-book.js';

const bytes = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

test('a swap of the manifest that fails, and has happened all the same, ends the writer', async (t) => {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  let isArmed = false;
  const fileSystem = new SimulatedFileSystem({
    disk,
    plan: ({ name, path }) =>
      isArmed && name === 'rename' && path.includes('MANIFEST')
        ? { kind: 'error', errno: 'EIO', when: 'after' }
        : undefined,
  });
  const store = await StateDirectory.open(STORE, { fileSystem });
  store.put(bytes('key'), bytes('first'));
  await store.sync();
  isArmed = true;
  await t.throwsAsync(store.checkpoint(), { code: 'IO_FAILED' });
  isArmed = false;
  // Whatever it acknowledged from here on would stand in a log that the manifest no longer reaches.
  const error = await t.throwsAsync(async () => {
    store.put(bytes('key'), bytes('second'));
    await store.sync();
  });
  t.true(isStatelogError(error, 'POISONED'));
  store.close();
  const again = await StateDirectory.open(STORE, { fileSystem });
  t.deepEqual(again.get(bytes('key')), bytes('first'));
  again.close();
});

test('a checkpoint keeps the watermark and the sources that were committed before it', async (t) => {
  const fileSystem = new SimulatedFileSystem({ disk: emptyStoreDisk(new SimulatedDisk(), 1) });
  const store = await StateDirectory.open(STORE, { fileSystem });
  store.put(bytes('key'), bytes('value'));
  await store.commit(new Map([['source', 7n]]), -5n);
  await store.checkpoint();
  store.close();
  const reader = StateDirectory.openReadOnly(STORE, { fileSystem });
  t.is(reader.progress.watermark, -5n);
  t.deepEqual([...reader.progress.sources], [['source', 7n]]);
  reader.close();
});

test('of what a crash left over only names that are ours are removed', async (t) => {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  const fileSystem = new SimulatedFileSystem({ disk });
  const leftover = `${STORE}/checkpoints/9`;
  fileSystem.makeDirectory(leftover);
  for (const name of ['state-0.db', 'state-0.idx', 'notes.txt'])
    fileSystem.close(fileSystem.createExclusive(`${leftover}/${name}`));
  (await StateDirectory.open(STORE, { fileSystem })).close();
  t.deepEqual(fileSystem.readDirectory(leftover), ['notes.txt']);
});

test('a checkpoint leaves nothing of what it replaced behind', async (t) => {
  const root = path.join(tempDir(t), 'store');
  StateDirectory.create(root, { cores: 2 });
  const store = await StateDirectory.open(root, {});
  for (const key of ['a', 'b', 'c', 'd']) {
    store.put(Buffer.from(key), Buffer.from(key));
    await store.checkpoint({ keep: 1 });
  }
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  t.deepEqual(
    names.filter((name) => /^(wal|checkpoints)\/\d+$/.test(name)),
    ['checkpoints/4', 'wal/5'],
  );
  store.close();
});

test('scans go on over checkpoints, and show what was there, while later changes use the memory of earlier ones', async (t) => {
  const fileSystem = new SimulatedFileSystem({ disk: emptyStoreDisk(new SimulatedDisk(), 1) });
  const store = await StateDirectory.open(STORE, { fileSystem });
  const keys = Array.from({ length: 600 }, (_, index) => bytes(`key ${String(index)}`));
  const scans = [];
  for (let round = 1; round <= 4; round++) {
    for (const key of keys) store.put(key, new Uint8Array(1000).fill(round));
    await store.sync();
    const scan = store.scan();
    scan.next();
    scans.push({ round, scan });
    await store.checkpoint();
  }
  for (const { round, scan } of scans) {
    const seen = [...scan];
    t.is(seen.length, keys.length - 1);
    t.deepEqual([...new Set(seen.flatMap(({ value }) => [...value]))], [round]);
  }
  t.deepEqual(store.get(keys[0]!), new Uint8Array(1000).fill(4));
  store.close();
});

test('a layer of changes takes the memory of one that its last holder let go, and nothing of what that held', (t) => {
  // What other tests let go is taken first.
  for (const earlier of [new Overlay(), new Overlay()]) earlier.put(bytes('earlier'), bytes(''));
  const value = new Uint8Array(300_000).fill(7);
  const first = new Overlay();
  const { buffer } = first.bufferAt(first.put(bytes('first'), value));
  first.delete(bytes('second'));
  first.hold();
  first.release();
  t.deepEqual(first.find(bytes('first')), value);
  first.release();
  t.throws(() => first.find(bytes('first')), { code: 'CLOSED' });

  const next = new Overlay();
  t.is(next.count + next.keyBytes + next.valueBytes, 0);
  t.is(next.find(bytes('first')), 'unknown');
  t.false(next.cursor().first());
  t.is(next.bufferAt(next.put(bytes('third'), value)).buffer, buffer);
});
