import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { StatelogError } from '../../../src/engine/errors.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { moveIntoPlace } from '../../../src/engine/storage-io/whole/into-place.js';
import { StagingFolder, withStagingFolder } from '../../../src/engine/storage-io/whole/staging-folder.js';
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

test('where a process may open no more files, what it made is removed all the same', (t) => {
  for (let most = 0; most < 8; most++) {
    const folder = tempDir(t);
    const limited = openingAtMost(most);
    const held: number[] = [];
    const work = (): void => {
      withStagingFolder(limited, path.join(folder, 'store'), (place) => {
        for (;;) held.push(limited.createExclusive(path.join(place, String(held.length))));
      });
    };
    t.throws(work, { message: /too many files are open/ }, `${most}`);
    held.forEach((descriptor) => fileSystem.close(descriptor));
    t.deepEqual(readdirSync(folder), [], `${most} open files`);
  }
});

test('an error about what is put together names the place that it is for, not the hidden folder', (t) => {
  const destination = path.join(tempDir(t), 'store');
  let within = '';
  const create = (): unknown => fileSystem.createExclusive(within);
  const error = t.throws(
    () => {
      withStagingFolder(fileSystem, destination, (work) => {
        within = path.join(work, 'file');
        mkdirSync(within);
        create();
      });
    },
    { code: 'ALREADY_EXISTS', message: `open ${destination}: it exists already (EEXIST)` },
  );
  t.like(error, { details: { path: destination } });
  mkdirSync(within, { recursive: true });
  t.throws(create, { message: `open ${within}: it exists already (EEXIST)` }, 'it is over');
});

/** The real file system for a process that may have so many files open. */
function openingAtMost(most: number): FileSystem {
  let open = 0;
  const opened = <Result>(path: string, work: () => Result): Result => {
    if (open >= most)
      throw new StatelogError('IO_FAILED', `open ${path}: too many files are open`, { errno: 'EMFILE' });
    const result = work();
    open += 1;
    return result;
  };
  return withReplaced(fileSystem, {
    openRead: (path, links) => opened(path, () => fileSystem.openRead(path, links)),
    openReadWrite: (path, links) => opened(path, () => fileSystem.openReadWrite(path, links)),
    createExclusive: (path) => opened(path, () => fileSystem.createExclusive(path)),
    openDirectory: (path, links) => opened(path, () => fileSystem.openDirectory(path, links)),
    readDirectory: (path) => {
      const names = opened(path, () => fileSystem.readDirectory(path));
      open -= 1;
      return names;
    },
    close: (descriptor) => {
      fileSystem.close(descriptor);
      open -= 1;
    },
  });
}

/** A folder that a process which was killed left for `store`. */
function abandonedIn(folder: string): string {
  const name = '.store.tmp-0123456789ab';
  mkdirSync(path.join(folder, name, 'content'), { recursive: true });
  writeFileSync(path.join(folder, name, 'LOCK'), '');
  return name;
}

test('what a dead process left is taken over by one alone, which the next one does not disturb', (t) => {
  const folder = tempDir(t);
  const destination = path.join(folder, 'store');
  const name = abandonedIn(folder);
  const worth = (): number => 1;
  t.is(
    StagingFolder.takeAbandoned(fileSystem, destination, () => 0),
    undefined,
  );
  const taken = StagingFolder.takeAbandoned(fileSystem, destination, worth)!;
  t.is(taken.path, path.join(folder, name, 'content'));
  t.is(StagingFolder.takeAbandoned(fileSystem, destination, worth), undefined);
  withStagingFolder(fileSystem, destination, () => undefined);
  t.deepEqual(readdirSync(folder), [name]);
  taken.leave();
  chmodSync(folder, 0o777);
  t.is(StagingFolder.takeAbandoned(fileSystem, destination, worth), undefined);
  chmodSync(folder, 0o700);
  StagingFolder.takeAbandoned(fileSystem, destination, worth)!.remove();
  t.deepEqual(readdirSync(folder), []);
});

test('where others may write, what looks abandoned may be theirs, and stays', (t) => {
  const folder = tempDir(t);
  const name = abandonedIn(folder);
  chmodSync(folder, 0o777);
  withStagingFolder(fileSystem, path.join(folder, 'store'), () => undefined);
  t.deepEqual(readdirSync(folder), [name]);
  chmodSync(folder, 0o700);
  withStagingFolder(fileSystem, path.join(folder, 'store'), () => undefined);
  t.deepEqual(readdirSync(folder), []);
});

test('what another user left stays', (t) => {
  const folder = tempDir(t);
  const name = abandonedIn(folder);
  const ofAnother = withReplaced(fileSystem, {
    status: (place) => {
      const status = fileSystem.status(place);
      return path.basename(place) === name && status !== undefined ? { ...status, owner: 4321 } : status;
    },
  });
  withStagingFolder(ofAnother, path.join(folder, 'store'), () => undefined);
  t.deepEqual(readdirSync(folder), [name]);
});

test('an empty folder is filled with the manifest last', (t) => {
  const folder = tempDir(t);
  const [from, to] = [path.join(folder, 'from'), path.join(folder, 'to')];
  for (const place of [from, to]) mkdirSync(place);
  for (const name of ['LOCK', 'MANIFEST.json', 'checkpoints', 'wal', 'zzz'])
    writeFileSync(path.join(from, name), '');
  const renamed: string[] = [];
  const told = withReplaced(fileSystem, {
    renameExclusive: (one, other) => {
      renamed.push(path.basename(other));
      fileSystem.renameExclusive(one, other);
    },
  });
  moveIntoPlace(told, from, to);
  t.deepEqual(renamed, ['LOCK', 'checkpoints', 'wal', 'zzz', 'MANIFEST.json']);
  t.deepEqual(readdirSync(from), []);
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

test('a folder that another takes for abandoned as soon as it is made is given up for one that is left alone', (t) => {
  const folder = tempDir(t);
  let taken = 0;
  const makeDirectory = (place: string): void => {
    fileSystem.makeDirectory(place);
    if (taken++ > 0) return;
    fileSystem.removeDirectory(place);
    throw new StatelogError('NOT_FOUND', 'it is gone before it had its rights', { path: place });
  };
  const contested = new Proxy(fileSystem, {
    get: (target, name) => {
      if (name === 'makeDirectory') return makeDirectory;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  const staging = StagingFolder.make(contested, path.join(folder, 'store'));
  t.deepEqual(readdirSync(staging.path), []);
  staging.remove();
  t.deepEqual(readdirSync(folder), []);
});
