import { dirname } from 'node:path';
import test from 'ava';
import { isStatelogError } from '../../../src/engine/errors.js';
import {
  createDirectoryTree,
  createFile,
  isTemporaryName,
  isTemporaryNameOf,
  replaceFile,
  temporaryPath,
} from '../../../src/engine/storage-io/whole/atomic-write.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import type { CrashReport, PowerLossImage } from '../../simulated-disk/index.js';
import {
  CrashViolation,
  SimulatedDisk,
  SimulatedFileSystem,
  exploreCrashes,
  exploreCrashesInPlace,
  failAt,
} from '../../simulated-disk/index.js';
import { readWholeFile, writeFully } from '../../../src/engine/storage-io/whole/write-fully.js';

const OLD = new Uint8Array(700).fill(0x6f);
const NEW = new Uint8Array(900).fill(0x6e);
const PATH = '/store/MANIFEST.json';

type Replace = (fileSystem: FileSystem, path: string, bytes: Uint8Array) => void;

function diskWithOld(): SimulatedDisk {
  const disk = new SimulatedDisk();
  disk.plantFile(PATH, OLD);
  return disk;
}

function textAt(fileSystem: FileSystem, path: string): string {
  return new TextDecoder().decode(readWholeFile(fileSystem, path, 10_000));
}

/** Old or new, whole; new once the call has returned; and nothing but our own leftovers beside it. */
function checkImage({ fileSystem }: PowerLossImage, book: { replaced: boolean }): void {
  const text = textAt(fileSystem, PATH);
  const isNew = text === new TextDecoder().decode(NEW);
  const isOld = text === new TextDecoder().decode(OLD);
  if (!isNew && (book.replaced || !isOld))
    throw new Error(`neither whole nor expected: ${text.slice(0, 20)}`);
  for (const name of fileSystem.readDirectory(dirname(PATH))) {
    const ours = name === 'MANIFEST.json' || isTemporaryNameOf(name, 'MANIFEST.json');
    if (!ours) throw new Error(`a leftover that cannot be told: ${name}`);
  }
}

function explore(replace: Replace, explorer: typeof exploreCrashesInPlace): Promise<CrashReport> {
  return explorer({
    disk: diskWithOld(),
    book: () => ({ replaced: false }),
    run: (fileSystem, book) => {
      replace(fileSystem, PATH, NEW);
      book.replaced = true;
    },
    check: checkImage,
    options: { tears: 'all' },
  });
}

for (const [how, explorer] of Object.entries({ exploreCrashes, exploreCrashesInPlace })) {
  test(`after a power loss at any moment a replaced file is old or new (${how})`, async (t) => {
    const { moments, images } = await explore(replaceFile, explorer);
    t.is(moments, 6, 'create, write, sync, rename, sync of the folder, and the end');
    t.true(images > 2_000, `${images} images`);
  });

  test(`replacing without a sync before the rename is found out (${how})`, async (t) => {
    const error = await t.throwsAsync(explore(replaceWithoutSync, explorer), { instanceOf: CrashViolation });
    t.regex(error.message, /power loss before call \d+, fsyncFolder \/store/);
  });

  test(`replacing without a sync of the folder is found out (${how})`, async (t) => {
    const error = await t.throwsAsync(explore(replaceWithoutFolderSync, explorer), {
      instanceOf: CrashViolation,
    });
    t.regex(error.message, /power loss at the end[^]*lost: \/store\/\.MANIFEST/);
  });

  test(`writing in place is found out (${how})`, async (t) => {
    await t.throwsAsync(explore(replaceInPlace, explorer), { instanceOf: CrashViolation });
  });
}

function replaceWithoutSync(fileSystem: FileSystem, path: string, bytes: Uint8Array): void {
  const temporary = temporaryPath(path);
  const descriptor = fileSystem.createExclusive(temporary);
  writeFully(fileSystem, descriptor, bytes);
  fileSystem.close(descriptor);
  fileSystem.rename(temporary, path);
  fileSystem.syncDirectory(dirname(path));
}

function replaceWithoutFolderSync(fileSystem: FileSystem, path: string, bytes: Uint8Array): void {
  const temporary = temporaryPath(path);
  const descriptor = fileSystem.createExclusive(temporary);
  writeFully(fileSystem, descriptor, bytes);
  fileSystem.sync(descriptor);
  fileSystem.close(descriptor);
  fileSystem.rename(temporary, path);
}

function replaceInPlace(fileSystem: FileSystem, path: string, bytes: Uint8Array): void {
  const descriptor = fileSystem.openReadWrite(path);
  writeFully(fileSystem, descriptor, bytes);
  fileSystem.sync(descriptor);
  fileSystem.close(descriptor);
}

test('a failure at any call leaves old or new, closes all, and is told', (t) => {
  const dry = new SimulatedFileSystem({ disk: diskWithOld(), log: true });
  replaceFile(dry, PATH, NEW);
  for (const { index, name } of dry.log) {
    for (const when of ['before', 'after'] as const) {
      const fileSystem = new SimulatedFileSystem({ disk: diskWithOld(), plan: failAt(index, 'EIO', when) });
      const replace = (): void => {
        replaceFile(fileSystem, PATH, NEW);
      };
      const error = t.throws(replace, { name: 'StatelogError' }, `${name} ${when}`);
      t.false(error.message.includes('.tmp-'), error.message);
      const renamed = name === 'fsyncFolder' || (name === 'rename' && when === 'after');
      t.is(textAt(fileSystem, PATH)[0], renamed ? 'n' : 'o');
      t.deepEqual(fileSystem.openPaths, []);
      const leftovers = fileSystem.readDirectory('/store').filter((file) => file !== 'MANIFEST.json');
      // Only where it was made and said not to be is it left: nobody knows of it then.
      t.is(leftovers.length, name === 'open' && when === 'after' ? 1 : 0);
      t.true(leftovers.every(isTemporaryName));
    }
  }
});

test('a file is created whole, or not at all where something has its name', async (t) => {
  const fileSystem = new SimulatedFileSystem({ disk: diskWithOld() });
  const error = t.throws(() => createFile(fileSystem, PATH, NEW));
  t.true(isStatelogError(error, 'ALREADY_EXISTS'));
  t.is(textAt(fileSystem, PATH)[0], 'o');
  t.deepEqual(fileSystem.readDirectory('/store'), ['MANIFEST.json']);
  createFile(fileSystem, '/store/other', (descriptor) => {
    writeFully(fileSystem, descriptor, NEW);
  });
  t.is(textAt(fileSystem, '/store/other').length, NEW.length);

  const { images } = await exploreCrashesInPlace({
    disk: diskWithOld(),
    book: () => ({ created: false }),
    run: (session, book) => {
      createFile(session, '/store/new', NEW);
      book.created = true;
    },
    check: (image, book) => {
      const status = image.fileSystem.status('/store/new');
      if (status === undefined ? book.created : status.size !== NEW.length) throw new Error('not whole');
    },
  });
  t.true(images > 10);
});

test('a tree of folders is durable when it is made, also after a run that died', async (t) => {
  const tree = '/a/b/c';
  const afterDeath = new SimulatedFileSystem();
  afterDeath.makeDirectory('/a');
  afterDeath.kill();
  for (const disk of [new SimulatedDisk(), afterDeath.disk]) {
    const { moments } = await exploreCrashes({
      disk,
      book: () => ({ made: false }),
      run: (fileSystem, book) => {
        createDirectoryTree(fileSystem, tree);
        book.made = true;
      },
      check: ({ fileSystem }, book) => {
        if (book.made && fileSystem.status(tree)?.kind !== 'directory') throw new Error('a folder is gone');
      },
    });
    t.true(moments >= 6);
  }
});

test('a tree of folders stops at what is no folder', (t) => {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.disk.plantFile('/a/file', NEW);
  for (const path of ['/a/file', '/a/file/b', '/a/file/b/c']) {
    const error = t.throws(() => createDirectoryTree(fileSystem, path));
    t.true(isStatelogError(error, 'NOT_A_DIRECTORY'), path);
  }
  t.notThrows(() => createDirectoryTree(fileSystem, '/a'));
});

test('temporary names are told from all others, and say what they were for', (t) => {
  for (const name of ['MANIFEST.json', 'a', 'ä'.repeat(127), 'x'.repeat(255), '.hidden', 'a\nb']) {
    const temporary = temporaryPath(`/folder/${name}`);
    t.is(dirname(temporary), '/folder');
    const base = temporary.slice('/folder/'.length);
    t.true(Buffer.byteLength(base) <= 255);
    t.true(isTemporaryName(base), base);
    t.true(isTemporaryNameOf(base, name));
    t.false(isTemporaryNameOf(base, `${name.slice(0, 1)}other`));
  }
  for (const name of [
    'MANIFEST.json',
    '.a.tmp',
    '.a.tmp-12',
    'a.tmp-0123456789ab',
    '.tmp-0123456789ab',
    '.a.tmp-0123456789aB',
  ]) {
    t.false(isTemporaryName(name), name);
  }
});
