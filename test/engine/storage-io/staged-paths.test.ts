import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { createFile } from '../../../src/engine/storage-io/whole/atomic-write.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { onStaged, removeStaged } from '../../../src/engine/storage-io/whole/staged-paths.js';
import { StagingFolder } from '../../../src/engine/storage-io/whole/staging-folder.js';
import { tempDir } from '../../support/temp-dir.js';

const fileSystem = realFileSystem();

test.serial('what is being put together can be taken away at any moment, all of it and nothing else', (t) => {
  const folder = tempDir(t);
  const staging = StagingFolder.make(fileSystem, path.join(folder, 'store'));
  writeFileSync(path.join(staging.path, 'file'), 'half');
  createFile(fileSystem, path.join(folder, 'done'), new Uint8Array(1));
  const seen: (readonly string[])[] = [];
  t.throws(() => {
    createFile(fileSystem, path.join(folder, 'lines'), (descriptor) => {
      fileSystem.write(descriptor, new Uint8Array(1), 0, 1, 0);
      seen.push(readdirSync(folder));
      removeStaged();
      seen.push(readdirSync(folder));
    });
  });
  t.deepEqual([seen[0]?.length, seen[1]], [3, ['done']]);
  staging.remove();
  t.deepEqual(readdirSync(folder), ['done']);
});

test.serial('a listener is told before something is made and once it is gone, or has its name', (t) => {
  const folder = tempDir(t);
  const told: [string, boolean, number][] = [];
  t.teardown(() => {
    onStaged(() => undefined);
  });
  onStaged((place, isStaged) => told.push([path.dirname(place), isStaged, readdirSync(folder).length]));
  StagingFolder.make(fileSystem, path.join(folder, 'store')).remove();
  createFile(fileSystem, path.join(folder, 'lines'), new Uint8Array(1));
  t.deepEqual(told, [
    [folder, true, 0],
    [folder, false, 0],
    [folder, true, 0],
    [folder, false, 1],
  ]);
});
