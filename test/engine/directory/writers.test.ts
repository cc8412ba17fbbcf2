import test from 'ava';
import { StateChangelogBuffer } from '../../../src/engine/changelog/buffer.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { STORE, emptyStoreDisk } from '../../torture/crash/directory-book.js';

const bytes = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

test('more changes than a changelog holds reach the log, all of them', async (t) => {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  const fileSystem = new SimulatedFileSystem({ disk });
  const store = await StateDirectory.open(STORE, { fileSystem });
  const changes = StateChangelogBuffer.DEFAULT_CAPACITY + 100;
  for (let number = 0; number < changes; number++) store.put(bytes(`key-${number}`), bytes('value'));
  await store.sync();
  const reader = StateDirectory.openReadOnly(STORE, { fileSystem });
  t.is(reader.count(), changes);
  reader.close();
  store.close();
});

test('of two writers the second is refused until the first has closed', async (t) => {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  const first = await StateDirectory.open(STORE, { fileSystem: new SimulatedFileSystem({ disk }) });
  const other = new SimulatedFileSystem({ disk, pid: 7 });
  await t.throwsAsync(StateDirectory.open(STORE, { fileSystem: other }), { code: 'LOCKED' });
  first.put(bytes('key'), bytes('value'));
  await first.sync();
  await t.throwsAsync(StateDirectory.open(STORE, { fileSystem: other }), { code: 'LOCKED' });
  first.close();
  const second = await StateDirectory.open(STORE, { fileSystem: other });
  t.deepEqual(second.get(bytes('key')), bytes('value'));
  t.false(second.recovery?.tookOver);
  second.close();
});

test('a writer that failed leaves its text in LOCK when it is closed, and the next one takes over', async (t) => {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  let fails = false;
  const fileSystem = new SimulatedFileSystem({
    disk,
    plan: ({ name }) =>
      fails && name === 'fdatasync' ? { kind: 'error', errno: 'EIO', when: 'before' } : undefined,
  });
  const store = await StateDirectory.open(STORE, { fileSystem });
  store.put(bytes('key'), bytes('value'));
  await store.sync();
  fails = true;
  store.put(bytes('key'), bytes('lost'));
  await t.throwsAsync(store.sync(), { code: 'IO_FAILED' });
  store.close();
  const next = await StateDirectory.open(STORE, { fileSystem: new SimulatedFileSystem({ disk, pid: 7 }) });
  t.true(next.recovery?.tookOver);
  next.close();
});
