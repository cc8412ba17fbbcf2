import test from 'ava';
import { blake3Hex } from '../../../src/engine/bytes/hash/blake3.js';
import { encodeCheckpointSummary } from '../../../src/engine/directory/manifest/checkpoint-summary.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { openReadable } from '../../../src/engine/inspect/open.js';
import { verifyPath } from '../../../src/engine/inspect/verify/verify-path.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import { SimulatedFileSystem } from '../../simulated-disk/index.js';
import { writeArtifact } from '../../../src/engine/artifact/write/write-artifact.js';
import { buildDirectoryStore } from '../../../src/engine/transfer/build-store.js';
import { prepareExport } from '../../../src/engine/transfer/export-store.js';
import { importStore } from '../../../src/engine/transfer/import-store.js';

const ENTRIES = Array.from({ length: 300 }, (_, index) => ({
  key: Buffer.from(`key ${String(index).padStart(3, '0')}`),
  value: Buffer.alloc((index * 37) % 500, index),
}));

function newFileSystem(): SimulatedFileSystem {
  const fileSystem = new SimulatedFileSystem();
  for (const folder of ['/a', '/b', '/c']) fileSystem.makeDirectory(folder);
  return fileSystem;
}

/** A state directory of the entries, its checkpoint of epoch 4 in key order without holes. */
function build(fileSystem: FileSystem, root: string, cores: number, entries = ENTRIES): void {
  const numbering = { nextSequence: 0n, lastTimestampNs: 0n };
  buildDirectoryStore(fileSystem, root, {
    forEachEntry: (visit) => {
      for (const { key, value } of entries) visit(key, value);
    },
    summary: {
      epoch: 4n,
      sources: new Map([['orders', 7n]]),
      watermark: 5n,
      cores: Array.from({ length: cores }, () => numbering),
    },
  });
}

function exportTo(fileSystem: FileSystem, source: string, destination: string): void {
  const prepared = prepareExport({ fileSystem, source, createdAtUnix: 1, scratchBeside: destination });
  prepared.writeTo(destination, 'folder');
  prepared.close();
}

/** A header, and the part of an index's block that names its epoch. */
const HEAD_BYTES = 112;

/** The digest of each state file and index in a folder, of its bytes from `from` on. */
function filesOf(fileSystem: SimulatedFileSystem, folder: string, from = 0): Record<string, string> {
  const names = fileSystem.readDirectory(folder).filter((name) => name.startsWith('state-'));
  return Object.fromEntries(
    names.map((name) => {
      const start = name.endsWith('.idx') ? from : Math.min(from, 32);
      return [name, blake3Hex(fileSystem.disk.fileBytes(`${folder}/${name}`).subarray(start))];
    }),
  );
}

function contentOf(fileSystem: FileSystem, place: string): string[] {
  const store = openReadable(place, { fileSystem });
  const lines = [...store.entries()].map(
    ({ key, value }) => `${Buffer.from(key).toString()} ${Buffer.from(value).toString('hex')}`,
  );
  store.close();
  return lines;
}

/** As `contentOf` has it, of the entries that every store here comes to hold. */
const CONTENT = ENTRIES.map(({ key, value }) => `${key.toString()} ${value.toString('hex')}`);

function findingsOf(fileSystem: FileSystem, place: string): string[] {
  return [...verifyPath(fileSystem, place, { quick: false })].map(({ message }) => message);
}

for (const cores of [1, 3]) {
  test(`a checkpoint that is exported as it lies has the bytes of one that is written anew, with ${cores} cores`, async (t) => {
    const fileSystem = newFileSystem();
    build(fileSystem, '/a/store', cores);
    const store = await StateDirectory.open('/a/store', { fileSystem });
    for (const { key } of ENTRIES) store.put(key, Buffer.from('x'));
    await store.checkpoint();
    // Epoch 6 holds the same as epoch 4, in a log of changes; a checkpoint of it has holes.
    for (const { key, value } of ENTRIES.toReversed()) store.put(key, value);
    await store.sync();
    exportTo(fileSystem, '/a/store', '/b/changes');
    await store.checkpoint();
    exportTo(fileSystem, '/a/store', '/b/holes');
    await store.compact();
    store.close();
    exportTo(fileSystem, '/a/store', '/b/as-it-lies');
    t.deepEqual(contentOf(fileSystem, '/b/as-it-lies'), CONTENT);
    t.deepEqual(filesOf(fileSystem, '/b/holes/data'), filesOf(fileSystem, '/b/changes/data'));
    // Compacting is an epoch of its own: it stands in the heads alone.
    const written = filesOf(fileSystem, '/b/changes/data', HEAD_BYTES);
    t.is(Object.keys(written).length, 2 * cores);
    t.deepEqual(filesOf(fileSystem, '/b/as-it-lies/data', HEAD_BYTES), written);
  });

  test(`a state artifact becomes the checkpoint of a store that can be written, with ${cores} cores`, async (t) => {
    const fileSystem = newFileSystem();
    build(fileSystem, '/a/store', cores);
    exportTo(fileSystem, '/a/store', '/b/artifact');
    const report = await importStore({ fileSystem, source: '/b/artifact', destination: '/c/store' });
    t.is(report.epoch, '4');
    t.deepEqual(fileSystem.readDirectory('/c'), ['store']);
    t.deepEqual(findingsOf(fileSystem, '/c/store'), []);
    t.deepEqual(contentOf(fileSystem, '/c/store'), CONTENT);
    exportTo(fileSystem, '/c/store', '/b/again');
    t.deepEqual(filesOf(fileSystem, '/b/again/data'), filesOf(fileSystem, '/b/artifact/data'));
    const store = await StateDirectory.open('/c/store', { fileSystem });
    t.is(store.progress.sources.get('orders'), 7n);
    t.notDeepEqual(store.manifest.storeId, new Uint8Array(16));
    store.put(Buffer.from('new'), Buffer.from('value'));
    await store.sync();
    await store.checkpoint();
    store.close();
    t.deepEqual(findingsOf(fileSystem, '/c/store'), []);
    t.is(contentOf(fileSystem, '/c/store').length, ENTRIES.length + 1);
  });
}

test('an artifact is the same whether the index it comes from was patched or written whole', async (t) => {
  const fileSystem = newFileSystem();
  const keys = Array.from({ length: 200 }, (_, number) =>
    Buffer.from(`key ${String(number).padStart(4, '0')}`),
  );
  for (const [place, parts] of [
    ['/a', [200]],
    ['/b', [190, 194, 200]],
  ] as const) {
    StateDirectory.create(`${place}/store`, { fileSystem });
    const store = await StateDirectory.open(`${place}/store`, { fileSystem });
    let next = 0;
    for (const end of parts) {
      for (; next < end; next++) store.put(keys[next]!, keys[next]!);
      await store.sync();
      await store.checkpoint();
    }
    store.close();
    exportTo(fileSystem, `${place}/store`, `${place}/artifact`);
  }
  t.deepEqual(
    filesOf(fileSystem, '/b/artifact/data', HEAD_BYTES),
    filesOf(fileSystem, '/a/artifact/data', HEAD_BYTES),
  );
});

test('a checkpoint without holes, whose values lie in another order than the keys, is written anew', async (t) => {
  const fileSystem = newFileSystem();
  build(
    fileSystem,
    '/a/store',
    1,
    ENTRIES.filter((_, index) => index % 2 === 0),
  );
  const store = await StateDirectory.open('/a/store', { fileSystem });
  for (const { key, value } of ENTRIES) if (store.get(key) === undefined) store.put(key, value);
  await store.checkpoint();
  exportTo(fileSystem, '/a/store', '/b/scattered');
  await store.compact();
  store.close();
  exportTo(fileSystem, '/a/store', '/b/compact');
  t.deepEqual(
    filesOf(fileSystem, '/b/scattered/data', HEAD_BYTES),
    filesOf(fileSystem, '/b/compact/data', HEAD_BYTES),
  );
});

test('a state artifact with holes, or another number of cores, is written anew', async (t) => {
  const fileSystem = newFileSystem();
  build(fileSystem, '/a/store', 1);
  const store = await StateDirectory.open('/a/store', { fileSystem });
  for (const { key, value } of ENTRIES.slice(0, 50)) store.put(key, value);
  await store.checkpoint();
  store.close();
  const summary = {
    epoch: 5n,
    sources: new Map(),
    watermark: undefined,
    cores: [{ nextSequence: 9n, lastTimestampNs: 3n }],
  };
  const files = [
    { path: 'data/CHECKPOINT.json', bytes: encodeCheckpointSummary(summary) },
    ...['db', 'idx'].map((extension) => ({
      path: `data/state-0.${extension}`,
      bytes: fileSystem.disk.fileBytes(`/a/store/checkpoints/5/state-0.${extension}`),
    })),
  ].map(({ path, bytes }) => ({ path, size: bytes.length, chunks: () => [bytes] }));
  const content = {
    backend: 'mmap-state',
    backendVersion: '1',
    cursor: WatchCursor.fromU64(5n),
    createdAtUnix: 1,
  };
  writeArtifact(fileSystem, { ...content, files }, '/b/holes', 'folder');
  await importStore({ fileSystem, source: '/b/holes', destination: '/c/store' });
  t.deepEqual(findingsOf(fileSystem, '/c/store'), []);
  t.deepEqual(contentOf(fileSystem, '/c/store'), CONTENT);
  const sizeOf = (place: string): number => fileSystem.status(`${place}/state-0.db`)!.size;
  t.true(sizeOf('/c/store/checkpoints/5') < sizeOf('/a/store/checkpoints/5'));
  await importStore({ fileSystem, source: '/b/holes', destination: '/c/more', cores: 2 });
  t.deepEqual(findingsOf(fileSystem, '/c/more'), []);
  t.deepEqual(contentOf(fileSystem, '/c/more'), CONTENT);
});

test('an export whose files are put together writes them once, and leaves none with two names', async (t) => {
  const fileSystem = newFileSystem();
  build(fileSystem, '/a/store', 1);
  const store = await StateDirectory.open('/a/store', { fileSystem });
  store.put(Buffer.from('key 000'), Buffer.from('another value'));
  await store.sync();
  store.close();
  let written = 0;
  const counting = withReplaced(fileSystem, {
    write: (descriptor, bytes, start, length, position) => {
      written += length;
      return fileSystem.write(descriptor, bytes, start, length, position);
    },
  });
  exportTo(counting, '/a/store', '/b/artifact');
  const files = ['state-0.db', 'state-0.idx'].map((name) => `/b/artifact/data/${name}`);
  const sizes = files.map((file) => fileSystem.status(file)!.size);
  t.true(written < 1.2 * (sizes[0]! + sizes[1]!), String(written));
  for (const file of files) t.is(fileSystem.status(file)!.linkCount, 1);
  t.deepEqual(fileSystem.readDirectory('/b'), ['artifact']);
});
