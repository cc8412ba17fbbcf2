import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type { FileStatus, FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { inheritingFromFolder } from '../../../src/engine/storage-io/views/inheriting-file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import { failureOf } from '../../support/failure.js';
import { tempDir } from '../../support/temp-dir.js';

/* What is made in another user's store becomes his: that, and nothing else. */

const disk = realFileSystem();
const OTHER = 65_534;

interface Giving {
  readonly fileSystem: FileSystem;
  readonly store: string;
  readonly given: string[];
}

/** A store of another user, whoever runs the test, and what is given to him. */
function storeOfAnother(folder: string, madeBy: (status: FileStatus) => Partial<FileStatus>): Giving {
  const store = path.join(folder, 'store');
  mkdirSync(store, 0o700);
  const given: string[] = [];
  const asAnothers = withReplaced(disk, {
    statusFollowing: (place) => {
      const status = disk.statusFollowing(place);
      return place === store && status !== undefined ? { ...status, owner: OTHER, group: OTHER } : status;
    },
    statusOf: (descriptor) => {
      const status = disk.statusOf(descriptor);
      return { ...status, ...madeBy(status) };
    },
    changeOwner: (_descriptor, owner, group) => {
      given.push(`${owner}:${group}`);
    },
  });
  return { fileSystem: inheritingFromFolder(asAnothers, store), store, given };
}

test('a file that was made is given to the owner of the store, with his group', (t) => {
  const { fileSystem, store, given } = storeOfAnother(tempDir(t), () => ({}));
  fileSystem.close(fileSystem.createExclusive(path.join(store, 'new')));
  fileSystem.makeDirectory(path.join(store, 'folder'));
  writeFileSync(path.join(store, 'from'), 'bytes');
  fileSystem.copyFile(path.join(store, 'from'), path.join(store, 'copy'));
  fileSystem.close(fileSystem.openOrCreate(path.join(store, 'opened')));
  t.deepEqual(given, Array(4).fill(`${OTHER}:${OTHER}`));
  fileSystem.close(fileSystem.openOrCreate(path.join(store, 'opened')));
  t.is(given.length, 4);
});

test('what another user owns by the time that it is to be given is not', (t) => {
  const { fileSystem, store, given } = storeOfAnother(tempDir(t), () => ({ owner: 4321 }));
  const error = failureOf(() => fileSystem.createExclusive(path.join(store, 'new')));
  t.is(error.code, 'OWNER_LOCKED_OUT');
  t.deepEqual(given, []);
});

test('a file that has another name by the time that it is to be given is not', (t) => {
  const folder = tempDir(t);
  const { fileSystem, store, given } = storeOfAnother(folder, (status) => {
    const place = path.join(folder, 'store', 'new');
    if (status.kind === 'file') linkSync(place, path.join(folder, 'second'));
    return status.kind === 'file' ? { linkCount: disk.status(place)!.linkCount } : {};
  });
  const error = failureOf(() => fileSystem.createExclusive(path.join(store, 'new')));
  t.is(error.code, 'OWNER_LOCKED_OUT');
  t.deepEqual(given, []);
});
