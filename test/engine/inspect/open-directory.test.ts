import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { openReadableDirectory, openWritableDirectory } from '../../../src/engine/inspect/open-directory.js';
import { createStore } from '../../../src/engine/inspect/open.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import { failureOf } from '../../support/failure.js';
import { tempDir } from '../../support/temp-dir.js';

const KEY = Buffer.from('key');
const VALUE = Buffer.from('value');

/** The machine's files, and the reads made of each, by the files' names. */
function countingReads(): { readonly fileSystem: FileSystem; readonly reads: Map<string, number> } {
  const disk = realFileSystem();
  const reads = new Map<string, number>();
  const names = new Map<number, string>();
  const fileSystem = withReplaced(disk, {
    openRead: (file, links) => {
      const descriptor = disk.openRead(file, links);
      names.set(descriptor, path.basename(file));
      return descriptor;
    },
    read: (descriptor, ...rest) => {
      const name = names.get(descriptor) ?? '';
      reads.set(name, (reads.get(name) ?? 0) + 1);
      return disk.read(descriptor, ...rest);
    },
  });
  return { fileSystem, reads };
}

test('a put reads the manifest once before the lock and once under it, a get an index’s head once', async (t) => {
  const store = path.join(tempDir(t), 'store');
  createStore(store);
  const first = (await openWritableDirectory(store, {}))!;
  first.put(KEY, VALUE);
  await first.checkpoint({});
  first.close();

  const writing = countingReads();
  const writer = (await openWritableDirectory(store, { fileSystem: writing.fileSystem }))!;
  writer.put(KEY, VALUE);
  await writer.sync();
  writer.close();
  t.is(writing.reads.get('MANIFEST.json'), 2);

  const reading = countingReads();
  const reader = openReadableDirectory(store, { fileSystem: reading.fileSystem, only: Buffer.from('none') })!;
  t.is(reading.reads.get('state-0.idx'), 3, 'the head, a page, and its sum');
  reader.close();
});

test('what is no state directory is left to those who know other kinds, and a damaged one is not locked', async (t) => {
  const folder = tempDir(t);
  const log = path.join(folder, 'log.snap');
  createStore(log);
  for (const place of [folder, log, path.join(folder, 'nothing')]) {
    t.is(openReadableDirectory(place, {}), undefined);
    t.is(await openWritableDirectory(place, {}), undefined);
  }
  const store = path.join(folder, 'store');
  createStore(store);
  const manifest = path.join(store, 'MANIFEST.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"keep": 2', '"keep": 3'));
  t.is(failureOf(() => openReadableDirectory(store, {})).code, 'DAMAGED');
  await t.throwsAsync(openWritableDirectory(store, {}), { code: 'DAMAGED' } as never);
  t.is(realFileSystem().status(path.join(store, 'LOCK')), undefined);
});
