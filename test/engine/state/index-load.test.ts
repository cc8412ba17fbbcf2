import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { OrderedMapReader } from '../../../src/engine/rkyv/ordered-map/ordered-map-reader.js';
import { PagedSource } from '../../../src/engine/storage-io/paged/paged-source.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';

const HEADER_BYTES = 32;

/** A pair of LaminarDB's, which has no checksums, with its index changed. */
function changedPair(t: ExecutionContext, change: (index: Buffer) => void): string {
  const file = path.join(tempDir(t), 'state.db');
  copyFileSync(fixturePath('state-medium.db'), file);
  const index = readFileSync(fixturePath('state-medium.idx'));
  change(index);
  writeFileSync(file.replace(/db$/, 'idx'), index);
  return file;
}

/** The last key, and where its value is. */
function lastEntry(): { key: Buffer; offset: number; length: number } {
  const fileSystem = realFileSystem();
  const file = fixturePath('state-medium.idx');
  const descriptor = fileSystem.openRead(file);
  const length = readFileSync(file).length - HEADER_BYTES;
  const source = new PagedSource({ fileSystem, descriptor, path: file, start: HEADER_BYTES, length });
  const cursor = new OrderedMapReader(source, 0, length).cursor();
  cursor.last();
  const entry = { key: Buffer.from(cursor.key), offset: cursor.offset, length: cursor.length };
  fileSystem.close(descriptor);
  return entry;
}

test('an index whose keys do not ascend is not loaded, whether or not there are checksums', (t) => {
  const { key } = lastEntry();
  const file = changedPair(t, (index) => {
    const at = index.lastIndexOf(key);
    t.true(at >= HEADER_BYTES);
    index[at] = 0;
  });
  const before = readFileSync(file.replace(/db$/, 'idx'));
  t.throws(() => MmapStateStore.persistent(file, 0), { code: 'DAMAGED', message: /ascending/ });
  t.deepEqual(readFileSync(file.replace(/db$/, 'idx')), before);
});

test('an index with a value past the bytes in use is not loaded', (t) => {
  const { offset, length } = lastEntry();
  const place = Buffer.alloc(8);
  place.writeUInt32LE(offset, 0);
  place.writeUInt32LE(length, 4);
  const file = changedPair(t, (index) => {
    const at = index.indexOf(place, HEADER_BYTES);
    t.true(at >= HEADER_BYTES);
    index.writeUInt32LE(0xffff_0000, at);
  });
  t.throws(() => MmapStateStore.persistent(file, 0), { code: 'DAMAGED', message: /past the bytes in use/ });
});

test('a pair as LaminarDB wrote it is loaded', (t) => {
  const file = changedPair(t, () => undefined);
  const store = MmapStateStore.persistent(file, 0);
  const reader = MmapStateStore.openReadOnly(fixturePath('state-medium.db'));
  t.deepEqual([...store.scan()], [...reader.scan()]);
  reader.close();
  store.close();
});
