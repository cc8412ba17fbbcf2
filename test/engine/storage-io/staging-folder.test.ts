import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { realFileSystem } from '../../../src/engine/storage-io/real-file-system.js';
import { StagingFolder, withStagingFolder } from '../../../src/engine/storage-io/staging-folder.js';
import { tempDir } from '../../support/temp-dir.js';

const fileSystem = realFileSystem();

test('what a dead process left is removed when the next one begins, what a living one has is not', (t) => {
  const folder = tempDir(t);
  const destination = path.join(folder, 'store');
  const living = StagingFolder.make(fileSystem, destination);
  writeFileSync(path.join(living.path, 'file'), 'being written');
  // Of a process that was killed the folder stays, and its lock is free.
  const dead = path.join(folder, '.store.tmp-0123456789ab');
  mkdirSync(path.join(dead, 'content', 'wal'), { recursive: true });
  writeFileSync(path.join(dead, 'LOCK'), '');
  writeFileSync(path.join(dead, 'content', 'wal', 'file'), 'half');
  mkdirSync(path.join(folder, '.store.tmp-ba9876543210'));

  withStagingFolder(fileSystem, destination, (work) => {
    t.deepEqual(readdirSync(work), []);
    t.is(readdirSync(folder).length, 2);
  });
  t.deepEqual(readdirSync(living.path), ['file']);
  living.remove();
  t.deepEqual(readdirSync(folder), []);
});

test('what is not a staging folder of this very place stays', (t) => {
  const folder = tempDir(t);
  const names = [
    '.other.tmp-0123456789ab',
    '.store.tmp-x',
    'store.tmp-0123456789ab',
    '.store.tmp-0123456789ab',
  ];
  for (const name of names.slice(0, 3)) {
    mkdirSync(path.join(folder, name));
    writeFileSync(path.join(folder, name, 'LOCK'), '');
  }
  // Of this name, but nothing says that it is ours.
  mkdirSync(path.join(folder, names[3]!, 'photos'), { recursive: true });
  withStagingFolder(fileSystem, path.join(folder, 'store'), () => undefined);
  t.deepEqual(readdirSync(folder), [...names].sort());
});

test('work that fails leaves nothing', (t) => {
  const folder = tempDir(t);
  t.throws(() =>
    withStagingFolder(fileSystem, path.join(folder, 'store'), (work) => {
      mkdirSync(path.join(work, 'data'));
      throw new Error('no');
    }),
  );
  t.deepEqual(readdirSync(folder), []);
});
