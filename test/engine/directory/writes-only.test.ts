import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { SimulatedFileSystem } from '../../simulated-disk/index.js';
import { toUtf8 as utf8 } from '../../../src/engine/bytes/text/text.js';

const VALUE = utf8('value');

/** A store of some records, opened for writing alone. */
async function openToWrite(fileSystem: SimulatedFileSystem, records = 3): Promise<StateDirectory> {
  StateDirectory.create('/store', { fileSystem });
  const first = await StateDirectory.open('/store', { fileSystem });
  for (let index = 0; index < records; index++) first.put(utf8(`before-${index}`), VALUE);
  await first.commit(new Map([['source', 7n]]));
  first.close();
  return StateDirectory.open('/store', { fileSystem, writesOnly: true });
}

function keysOf(store: StateDirectory): string[] {
  return [...store.keys()].map((key) => Buffer.from(key).toString());
}

test('a store that was opened to write alone knows its sources, numbers on, and keeps what it had', async (t) => {
  const fileSystem = new SimulatedFileSystem();
  const store = await openToWrite(fileSystem);
  t.is(store.recovery?.records, 4);
  t.is(store.progress.sources.get('source'), 7n);
  store.put(utf8('own'), VALUE);
  await store.sync();
  store.close();
  const reader = StateDirectory.openReadOnly('/store', { fileSystem });
  t.deepEqual(keysOf(reader), ['before-0', 'before-1', 'before-2', 'own']);
  reader.close();
});

test('its first lookup sees the log and its own puts, synced or not', async (t) => {
  const store = await openToWrite(new SimulatedFileSystem());
  store.put(utf8('synced'), VALUE);
  await store.sync();
  store.put(utf8('before-1'), utf8('changed'));
  t.deepEqual(store.get(utf8('before-1')), utf8('changed'));
  t.deepEqual(store.get(utf8('synced')), VALUE);
  t.deepEqual(store.get(utf8('before-2')), VALUE);
  t.true(store.delete(utf8('before-0')));
  t.deepEqual(keysOf(store), ['before-1', 'before-2', 'synced']);
  store.close();
});

test('a checkpoint that falls due holds the log that was not read', async (t) => {
  const fileSystem = new SimulatedFileSystem();
  const store = await openToWrite(fileSystem);
  store.put(utf8('own'), VALUE);
  t.true(await store.checkpoint());
  store.close();
  const reader = StateDirectory.openReadOnly('/store', { fileSystem, at: 1n });
  t.deepEqual(keysOf(reader), ['before-0', 'before-1', 'before-2', 'own']);
  reader.close();
});

test('who subscribes hears of what is put from then on', async (t) => {
  const store = await openToWrite(new SimulatedFileSystem());
  store.put(utf8('earlier'), VALUE);
  const subscription = store.subscribe();
  store.put(utf8('later'), VALUE);
  await store.sync();
  const change = await subscription.next();
  t.deepEqual(change?.key, utf8('later'));
  store.close();
});

test('where the log became shorter since it was checked, the first lookup fails, and nothing is answered any more', async (t) => {
  const fileSystem = new SimulatedFileSystem();
  const store = await openToWrite(fileSystem);
  const path = '/store/wal/1/wal-0.log';
  const descriptor = fileSystem.openReadWrite(path);
  fileSystem.truncate(descriptor, fileSystem.statusOf(descriptor).size - 1);
  fileSystem.close(descriptor);
  const first = t.throws(() => store.get(utf8('before-0')));
  const second = t.throws(() => store.get(utf8('before-0')));
  t.true(isStatelogError(first, 'DAMAGED'));
  t.true(isStatelogError(second, 'POISONED'));
  store.close();
});
