import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { MAP_LAYOUT } from '../../../src/engine/rkyv/ordered-map/ordered-map-format.js';
import { readMapEnd } from '../../../src/engine/rkyv/ordered-map/ordered-map-layout.js';
import { MemorySource } from '../../../src/engine/bytes/byte-source.js';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { openBarePair } from '../../../src/engine/state/read/state-file-open.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { filePrints } from '../../support/file-prints.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';

/* State files of LaminarDB 0.1 to 0.16, whose index has a version beside each value's place. */

const COUNTS = [0, 1, 2, 5, 6, 7, 80, 2000];
const INDEX_HEADER_BYTES = 32;

function copyOf(t: ExecutionContext, count: number): string {
  const folder = tempDir(t);
  for (const extension of ['db', 'idx']) {
    copyFileSync(
      fixturePath(`laminar-0.16/old-${count}.${extension}`),
      path.join(folder, `old-${count}.${extension}`),
    );
  }
  return path.join(folder, `old-${count}.db`);
}

function contentOf(store: MmapStateStore): string[] {
  return [...store.scan()].map(({ key, value }) => Buffer.concat([key, Buffer.from('='), value]).toString());
}

function expected(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `key:${String(index).padStart(6, '0')}=value-${index}`);
}

for (const count of COUNTS) {
  for (const mapping of ['always', 'never', 'when-worth-it'] as const) {
    test(`${count} keys are read where they lie, mapping ${mapping}, and stay untouched`, (t) => {
      const file = copyOf(t, count);
      const before = filePrints(path.dirname(file));
      const store = MmapStateStore.openReadOnly(file, { mapping });
      t.deepEqual(contentOf(store), expected(count));
      t.is(Buffer.from(store.get(Buffer.from('key:000000')) ?? []).toString(), count > 0 ? 'value-0' : '');
      t.is(store.get(Buffer.from('key:000000x')), undefined);
      store.close();
      t.deepEqual(filePrints(path.dirname(file)), before);
    });
  }

  test(`a store of ${count} keys that is opened for writing and not written stays as it is`, (t) => {
    const file = copyOf(t, count);
    const bytes = [file, file.replace('.db', '.idx')].map((name) => readFileSync(name));
    const store = MmapStateStore.persistent(file, 0);
    t.deepEqual(contentOf(store), expected(count));
    store.close();
    t.deepEqual(
      [file, file.replace('.db', '.idx')].map((name) => readFileSync(name)),
      bytes,
    );
  });

  test(`a store of ${count} keys that is written gets a whole index of today, with checksums`, (t) => {
    const file = copyOf(t, count);
    const store = MmapStateStore.persistent(file, 0);
    store.put(Buffer.from('new'), Buffer.from('value'));
    if (count > 1) store.delete(Buffer.from('key:000001'));
    store.flush();
    store.close();
    const pair = openBarePair(realFileSystem(), file);
    t.truthy(pair.block);
    t.true(pair.nextVersion >= BigInt(count + 1));
    const map = readFileSync(pair.indexPath).subarray(pair.indexStart);
    t.is(readMapEnd(new MemorySource(map), 0, map.length).layout, MAP_LAYOUT);
    pair.close();
    const reader = MmapStateStore.openReadOnly(file);
    t.deepEqual(contentOf(reader), [
      ...expected(count).filter((line) => !line.startsWith('key:000001=')),
      'new=value',
    ]);
    reader.close();
  });
}

test('one whose index is damaged is not opened for writing, and nothing is changed', (t) => {
  const file = copyOf(t, 80);
  const index = file.replace('.db', '.idx');
  const bytes = readFileSync(index);
  for (const [at, value] of [
    [bytes.length - 8, 0xa8],
    [bytes.length - 4, 81],
    [bytes.length - 8 - 152, 9],
    [INDEX_HEADER_BYTES + 56 + 48 + 3, 0x7f],
  ] as const) {
    const damaged = Buffer.from(bytes);
    damaged[at] = value;
    writeFileSync(index, damaged);
    const before = filePrints(path.dirname(file));
    const error = t.throws(() => MmapStateStore.persistent(file, 0), { code: 'DAMAGED' });
    t.like(error, { details: { path: index } });
    t.deepEqual(filePrints(path.dirname(file)), before);
  }
});
