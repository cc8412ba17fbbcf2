import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { fixturePath } from '../../support/fixtures.js';
import { failureOf } from '../../support/failure.js';
import { tempDir } from '../../support/temp-dir.js';

const KEY = Buffer.from('key');

/** A store on a simulated disk that holds one value, saved. */
function storeWith(value: string, fileSystem: SimulatedFileSystem, file = '/state.db'): void {
  const store = MmapStateStore.persistent(file, 0, { fileSystem });
  store.put(KEY, Buffer.from(value));
  store.flush();
  store.close();
}

function valueIn(
  fileSystem: SimulatedFileSystem,
  open: 'persistent' | 'openReadOnly',
  file = '/state.db',
): string {
  const store =
    open === 'persistent'
      ? MmapStateStore.persistent(file, 0, { fileSystem })
      : MmapStateStore.openReadOnly(file, { fileSystem });
  const value = store.get(KEY);
  store.close();
  return Buffer.from(value ?? []).toString();
}

/** The files of two generations of one store, under names of the caller's choice. */
function diskWithGenerations(names: Readonly<Record<string, 'old' | 'new'>>): SimulatedFileSystem {
  const fileSystem = new SimulatedFileSystem();
  storeWith('old', fileSystem);
  const old = { db: fileSystem.disk.fileBytes('/state.db'), idx: fileSystem.disk.fileBytes('/state.idx') };
  const store = MmapStateStore.persistent('/state.db', 0, { fileSystem });
  store.clear();
  store.put(KEY, Buffer.from('new'));
  store.flush();
  store.close();
  const fresh = { db: fileSystem.disk.fileBytes('/state.db'), idx: fileSystem.disk.fileBytes('/state.idx') };
  const disk = new SimulatedDisk();
  for (const [name, generation] of Object.entries(names)) {
    disk.plantFile(`/${name}`, (generation === 'old' ? old : fresh)[name.includes('.db') ? 'db' : 'idx']);
  }
  return new SimulatedFileSystem({ disk });
}

const COMPLETE_PAIRS: readonly (readonly [Readonly<Record<string, 'old' | 'new'>>, string])[] = [
  [{ 'state.db': 'old', 'state.idx': 'old' }, 'old'],
  [{ 'state.db': 'old', 'state.idx': 'old', 'state.db.new': 'new' }, 'old'],
  [{ 'state.db': 'old', 'state.idx': 'old', 'state.idx.new': 'new' }, 'old'],
  [{ 'state.db': 'old', 'state.idx': 'old', 'state.db.new': 'new', 'state.idx.new': 'new' }, 'new'],
  [{ 'state.db': 'new', 'state.idx': 'old', 'state.idx.new': 'new' }, 'new'],
  [{ 'state.db': 'old', 'state.idx': 'new', 'state.db.new': 'new' }, 'new'],
  [{ 'state.db': 'new', 'state.idx': 'new' }, 'new'],
  [{ 'state.db': 'new', 'state.idx': 'new', 'state.db.new': 'old', 'state.idx.new': 'old' }, 'new'],
];

for (const [names, expected] of COMPLETE_PAIRS) {
  const described = Object.entries(names).map(([name, generation]) => `${name} (${generation})`);
  test(`of ${described.join(', ')} the ${expected} pair is opened, and a writer tidies up`, (t) => {
    const fileSystem = diskWithGenerations(names);
    t.is(valueIn(fileSystem, 'openReadOnly'), expected);
    t.deepEqual(fileSystem.readDirectory('/'), Object.keys(names).sort());
    t.is(valueIn(fileSystem, 'persistent'), expected);
    t.deepEqual(fileSystem.readDirectory('/'), ['state.db', 'state.idx']);
    t.is(valueIn(fileSystem, 'openReadOnly'), expected);
  });
}

test('a state file without its index, and an index without its state file, are told and left alone', (t) => {
  const lone = diskWithGenerations({ 'state.db': 'old' });
  for (const open of ['openReadOnly', 'persistent'] as const) {
    t.like(
      failureOf(() => valueIn(lone, open)),
      { code: 'DAMAGED', details: { class: 'missing-file', path: '/state.idx' } },
    );
  }
  const orphan = diskWithGenerations({ 'state.idx': 'old' });
  for (const open of ['openReadOnly', 'persistent'] as const) {
    t.like(
      failureOf(() => valueIn(orphan, open)),
      { code: 'DAMAGED', details: { class: 'missing-file', path: '/state.db' } },
    );
  }
  t.deepEqual(orphan.readDirectory('/'), ['state.idx']);
});

test('nothing there is NOT_FOUND to a reader, and a new store to a writer', (t) => {
  const fileSystem = new SimulatedFileSystem();
  t.throws(() => MmapStateStore.openReadOnly('/state.db', { fileSystem }), { code: 'NOT_FOUND' });
  const store = MmapStateStore.persistent('/state.db', 0, { fileSystem });
  t.true(store.isPersistent);
  t.is(store.path, '/state.db');
  store.close();
  t.is(MmapStateStore.openReadOnly('/state.db', { fileSystem }).length, 0);
});

test('what is no state file is not taken for one, nor written over', (t) => {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.disk.plantFile('/text.db', Buffer.from('a text that is longer than a header of 32 bytes'));
  for (const open of ['openReadOnly', 'persistent'] as const) {
    t.throws(() => valueIn(fileSystem, open, '/text.db'), { code: 'UNKNOWN_FORMAT' });
  }
  t.is(Buffer.from(fileSystem.disk.fileBytes('/text.db')).toString('utf8', 0, 6), 'a text');
  fileSystem.makeDirectory('/folder.db');
  t.throws(() => valueIn(fileSystem, 'persistent', '/folder.db'), { code: 'NOT_A_FILE' });
  fileSystem.disk.plantOddity('/pipe.db', 'fifo');
  t.throws(() => valueIn(fileSystem, 'openReadOnly', '/pipe.db'), { code: 'NOT_A_FILE' });
  t.throws(() => valueIn(fileSystem, 'persistent', '/state.idx'), { code: 'INVALID_ARGUMENT' });
});

test('files of another version are told from damaged ones', (t) => {
  const fileSystem = diskWithGenerations({ 'state.db': 'old', 'state.idx': 'old' });
  const db = fileSystem.disk.fileBytes('/state.db');
  const idx = fileSystem.disk.fileBytes('/state.idx');
  const withVersion = (bytes: Uint8Array, version: number): Uint8Array => {
    const copy = bytes.slice();
    copy[8] = version;
    return copy;
  };
  const open = (values: Uint8Array, index: Uint8Array): unknown => {
    const disk = new SimulatedDisk();
    disk.plantFile('/state.db', values);
    disk.plantFile('/state.idx', index);
    return MmapStateStore.openReadOnly('/state.db', { fileSystem: new SimulatedFileSystem({ disk }) });
  };
  t.like(
    failureOf(() => open(db, withVersion(idx, 2))),
    { code: 'DAMAGED', details: { class: 'bad-version' } },
  );
  t.like(
    failureOf(() => open(withVersion(db, 2), idx)),
    { code: 'DAMAGED', details: { class: 'bad-version' } },
  );
  t.throws(() => open(withVersion(db, 2), withVersion(idx, 2)), { code: 'UNSUPPORTED_VERSION' });
});

test('of two writers one is refused, readers never are', (t) => {
  const file = path.join(tempDir(t), 'state.db');
  const first = MmapStateStore.persistent(file, 0);
  first.put(KEY, Buffer.from('value'));
  first.flush();
  t.like(
    failureOf(() => MmapStateStore.persistent(file, 0)),
    { code: 'LOCKED', details: { holder: { pid: process.pid } } },
  );
  const reader = MmapStateStore.openReadOnly(file);
  t.is(reader.length, 1);
  // The lock goes along to the file that takes the first one's place.
  first.compact();
  t.throws(() => MmapStateStore.persistent(file, 0), { code: 'LOCKED' });
  first.close();
  t.is(Buffer.from(reader.get(KEY) ?? []).toString(), 'value');
  reader.close();
  MmapStateStore.persistent(file, 0).close();
});

test('without locks a store opens to be read, and not to be written', (t) => {
  const fileSystem = new SimulatedFileSystem();
  storeWith('value', fileSystem);
  const withoutLocks = new Proxy(fileSystem, {
    get: (target, name) => {
      if (name === 'canLock') return false;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  t.throws(() => MmapStateStore.persistent('/state.db', 0, { fileSystem: withoutLocks }), {
    code: 'READ_ONLY',
  });
  t.is(valueIn(fileSystem, 'openReadOnly'), 'value');
});

test('a store opened read-only refuses whatever writes', (t) => {
  const fileSystem = new SimulatedFileSystem();
  storeWith('value', fileSystem);
  const store = MmapStateStore.openReadOnly('/state.db', { fileSystem });
  const writes = [
    () => store.put(KEY, KEY),
    () => store.delete(KEY),
    () => store.getOrInsert(Buffer.from('other'), KEY),
    () => store.compact(),
    () => store.clear(),
    () => store.restore(store.snapshot()),
  ];
  for (const write of writes) t.throws(write, { code: 'READ_ONLY' });
  t.notThrows(() => store.flush());
  t.throws(() => store.allocate(KEY, 0, KEY.length, 1), { instanceOf: TypeError });
  store.close();
});

test('a closed store refuses everything, and closing twice does no harm', (t) => {
  const fileSystem = new SimulatedFileSystem();
  storeWith('value', fileSystem);
  const stores = [
    MmapStateStore.inMemory(0),
    MmapStateStore.persistent('/state.db', 0, { fileSystem }),
    MmapStateStore.openReadOnly('/state.db', { fileSystem }),
  ];
  for (const store of stores) {
    const cursor = store.entryCursor();
    cursor.first();
    store.close();
    store.close();
    const calls = [
      () => store.get(KEY),
      () => store.getRef(KEY),
      () => store.put(KEY, KEY),
      () => store.delete(KEY),
      () => store.contains(KEY),
      () => [...store.scan()],
      () => store.compact(),
      () => store.clear(),
      () => store.flush(),
      () => store.snapshot(),
    ];
    for (const call of calls) t.throws(call, { code: 'CLOSED' });
  }
  t.deepEqual(fileSystem.openPaths, []);
});

test('a symbolic link is followed, and what it points to is replaced, not the link', (t) => {
  const folder = tempDir(t);
  mkdirSync(path.join(folder, 'real'));
  const link = path.join(folder, 'link.db');
  symlinkSync(path.join(folder, 'real', 'state.db'), link);
  MmapStateStore.persistent(path.join(folder, 'real', 'state.db'), 0).close();
  const store = MmapStateStore.persistent(link, 0);
  store.put(KEY, Buffer.from('value'));
  store.compact();
  store.close();
  t.deepEqual(readdirSync(folder), ['link.db', 'real']);
  t.deepEqual(readdirSync(path.join(folder, 'real')), ['state.db', 'state.idx']);
  const reader = MmapStateStore.openReadOnly(link);
  t.is(reader.length, 1);
  reader.close();
});

test('new files are for their owner alone, and as long as the capacity asked for', (t) => {
  const folder = tempDir(t);
  const umask = process.umask(0);
  t.teardown(() => process.umask(umask));
  const file = path.join(folder, 'state.db');
  MmapStateStore.persistent(file, 10_000).close();
  t.is(statSync(file).size, 10_000);
  for (const name of readdirSync(folder)) t.is(statSync(path.join(folder, name)).mode & 0o777, 0o600, name);
  const small = path.join(folder, 'small.db');
  MmapStateStore.persistent(small, 0).close();
  t.is(statSync(small).size, 32 + 1024);
});

test('leftovers of ours are removed by the next writer, and nothing else is', (t) => {
  const folder = tempDir(t);
  const file = path.join(folder, 'state.db');
  MmapStateStore.persistent(file, 0).close();
  const strangers = [
    'other.db.new',
    '.other.db.tmp-0123456789ab',
    'state.db.newer',
    'state.new',
    '.state.db.tmp-x',
  ];
  const ours = ['state.db.new', '.state.idx.tmp-0123456789ab', '.state.db.new.tmp-0123456789ab'];
  for (const name of [...strangers, ...ours]) writeFileSync(path.join(folder, name), 'x');
  MmapStateStore.persistent(file, 0).close();
  t.deepEqual(readdirSync(folder).sort(), [...strangers, 'state.db', 'state.idx'].sort());
});

test('a view stays as it is while the store grows, compacts and is cleared, until it is closed', (t) => {
  const store = MmapStateStore.persistent(path.join(tempDir(t), 'state.db'), 0);
  const views: (readonly [Uint8Array, number])[] = [];
  const look = (key: number): void => {
    const view = store.getRef(Buffer.from(`key ${key}`));
    if (view !== undefined) views.push([view, view[0]!]);
  };
  for (let round = 1; round <= 5; round += 1) {
    for (let key = 0; key < 110; key += 1) {
      store.put(Buffer.from(`key ${key}`), new Uint8Array(2000).fill(round));
      if (key % 10 === 0) look(key);
    }
    if (round === 2) store.flush();
    if (round === 3) store.compact();
    for (let key = 0; key < 110; key += 7) look(key);
  }
  store.clear();
  store.put(KEY, new Uint8Array(100_000).fill(99));
  store.flush();
  for (const [view, byte] of views) t.true(view.every((found) => found === byte));
  store.close();
});

test('a file that LaminarDB wrote stays without checksums until something is changed', (t) => {
  const folder = tempDir(t);
  for (const extension of ['db', 'idx']) {
    copyFileSync(fixturePath(`state-medium.${extension}`), path.join(folder, `state.${extension}`));
  }
  const file = path.join(folder, 'state.db');
  const store = MmapStateStore.persistent(file, 0);
  store.flush();
  t.deepEqual(readFileSync(path.join(folder, 'state.idx')), readFileSync(fixturePath('state-medium.idx')));
  store.delete(store.entryCursor().first() ? new Uint8Array(0) : KEY);
  store.flush();
  store.close();
  const index = readFileSync(path.join(folder, 'state.idx'));
  t.is(index.toString('latin1', 32, 36), 'SLB1');
  const reader = MmapStateStore.openReadOnly(file, { fileSystem: realFileSystem() });
  t.is(reader.length, 79);
  reader.close();
});
