import type { ExecutionContext, TestFn } from 'ava';
import { isStatelogError } from '../../src/engine/errors.js';
import type { ErrorCode } from '../../src/engine/errors.js';
import type { FileSystem } from '../../src/engine/storage-io/interface/file-system.js';
import { readWholeFile, writeFully } from '../../src/engine/storage-io/whole/write-fully.js';

/** A file system under test, and an empty folder on it. */
export interface FileSystemSubject {
  readonly fileSystem: FileSystem;
  readonly folder: string;
  /** Puts what the interface cannot make where a test wants it. */
  readonly plant: (path: string, kind: 'fifo' | 'symlink', target?: string) => void;
}

type Subject = (t: ExecutionContext) => FileSystemSubject;
type Check = (t: ExecutionContext, subject: FileSystemSubject) => void | Promise<void>;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function put(fileSystem: FileSystem, path: string, text: string): void {
  const descriptor = fileSystem.createExclusive(path);
  writeFully(fileSystem, descriptor, bytesOf(text));
  fileSystem.close(descriptor);
}

function textOf(fileSystem: FileSystem, path: string): string {
  return new TextDecoder().decode(readWholeFile(fileSystem, path, 1 << 20));
}

/** Asserts that a call fails with this code, and says which path, call and errno it was. */
function refuses(
  t: ExecutionContext,
  call: () => unknown,
  code: ErrorCode,
  errno: string,
  path: string,
): void {
  const error = t.throws(call);
  if (!isStatelogError(error)) {
    t.fail(`not one of our errors: ${error.message}`);
    return;
  }
  t.is(error.code, code, error.message);
  t.is(error.details.errno, errno);
  t.is(error.details.path, path);
  t.truthy(error.details.operation);
  t.false(error.message.includes('\n'));
}

const opening: Record<string, Check> = {
  'opening what is not there says which path is missing': (t, { fileSystem, folder }) => {
    const path = `${folder}/none`;
    refuses(t, () => fileSystem.openRead(path), 'NOT_FOUND', 'ENOENT', path);
    refuses(t, () => fileSystem.openReadWrite(path), 'NOT_FOUND', 'ENOENT', path);
    refuses(t, () => fileSystem.createExclusive(`${path}/x`), 'NOT_FOUND', 'ENOENT', `${path}/x`);
    refuses(t, () => fileSystem.openOrCreate(`${path}/x`), 'NOT_FOUND', 'ENOENT', `${path}/x`);
  },
  'opening a folder is refused as no file': (t, { fileSystem, folder }) => {
    refuses(t, () => fileSystem.openRead(folder), 'NOT_A_FILE', 'EISDIR', folder);
    refuses(t, () => fileSystem.openReadWrite(folder), 'NOT_A_FILE', 'EISDIR', folder);
    refuses(t, () => fileSystem.openOrCreate(folder), 'NOT_A_FILE', 'EISDIR', folder);
  },
  'opening below a file is refused as no folder': (t, { fileSystem, folder }) => {
    put(fileSystem, `${folder}/file`, 'a');
    const path = `${folder}/file/x`;
    refuses(t, () => fileSystem.openRead(path), 'NOT_A_DIRECTORY', 'ENOTDIR', path);
    refuses(t, () => fileSystem.createExclusive(path), 'NOT_A_DIRECTORY', 'ENOTDIR', path);
  },
  'creating exclusively leaves an existing file alone': (t, { fileSystem, folder }) => {
    const path = `${folder}/file`;
    put(fileSystem, path, 'first');
    refuses(t, () => fileSystem.createExclusive(path), 'ALREADY_EXISTS', 'EEXIST', path);
    t.is(textOf(fileSystem, path), 'first');
  },
  'opening or creating keeps what is there, and makes what is not': (t, { fileSystem, folder }) => {
    const path = `${folder}/file`;
    fileSystem.close(fileSystem.openOrCreate(path));
    t.is(textOf(fileSystem, path), '');
    const descriptor = fileSystem.openOrCreate(path);
    writeFully(fileSystem, descriptor, bytesOf('kept'));
    fileSystem.close(descriptor);
    fileSystem.close(fileSystem.openOrCreate(path));
    t.is(textOf(fileSystem, path), 'kept');
  },
  'a FIFO is refused without waiting for its other end': (t, { fileSystem, folder, plant }) => {
    const path = `${folder}/fifo`;
    plant(path, 'fifo');
    refuses(t, () => fileSystem.openRead(path), 'NOT_A_FILE', 'ENXIO', path);
    refuses(t, () => fileSystem.openReadWrite(path), 'NOT_A_FILE', 'ENXIO', path);
    refuses(t, () => fileSystem.copyFile(path, `${folder}/copy`), 'NOT_A_FILE', 'ENXIO', path);
    t.is(fileSystem.status(path)?.kind, 'fifo');
  },
  'symbolic links to files are followed, or refused where that is asked for': (
    t,
    { fileSystem, folder, plant },
  ) => {
    put(fileSystem, `${folder}/file`, 'linked');
    const path = `${folder}/link`;
    plant(path, 'symlink', `${folder}/file`);
    t.is(textOf(fileSystem, path), 'linked');
    refuses(t, () => fileSystem.openRead(path, 'refuse'), 'NOT_A_FILE', 'ENXIO', path);
    refuses(t, () => fileSystem.openReadWrite(path, 'refuse'), 'NOT_A_FILE', 'ENXIO', path);
    refuses(t, () => fileSystem.openOrCreate(path, 'refuse'), 'NOT_A_FILE', 'ENXIO', path);
    fileSystem.close(fileSystem.openRead(`${folder}/file`, 'refuse'));
  },
  'a link that leads nowhere is missing, and is not created through': (t, { fileSystem, folder, plant }) => {
    const path = `${folder}/link`;
    plant(path, 'symlink', `${folder}/none`);
    refuses(t, () => fileSystem.openRead(path), 'NOT_FOUND', 'ENOENT', path);
    refuses(t, () => fileSystem.openOrCreate(path), 'NOT_FOUND', 'ENOENT', path);
    refuses(t, () => fileSystem.createExclusive(path), 'ALREADY_EXISTS', 'EEXIST', path);
    t.deepEqual(fileSystem.readDirectory(folder), ['link']);
  },
};

const contents: Record<string, Check> = {
  'reading stops at the end of the file': (t, { fileSystem, folder }) => {
    put(fileSystem, `${folder}/file`, 'abcdef');
    const descriptor = fileSystem.openRead(`${folder}/file`);
    const into = new Uint8Array(8).fill(0x2e);
    t.is(fileSystem.read(descriptor, into, 2, 3, 1), 3);
    t.is(new TextDecoder().decode(into), '..bcd...');
    t.is(fileSystem.read(descriptor, into, 0, 8, 4), 2);
    t.is(fileSystem.read(descriptor, into, 0, 8, 6), 0);
    t.is(fileSystem.read(descriptor, into, 0, 8, 600), 0);
    t.throws(() => fileSystem.read(descriptor, into, 4, 8, 0), { instanceOf: RangeError });
    fileSystem.close(descriptor);
  },
  'writing past the end leaves zeros between': (t, { fileSystem, folder }) => {
    const descriptor = fileSystem.createExclusive(`${folder}/file`);
    writeFully(fileSystem, descriptor, bytesOf('ab'));
    writeFully(fileSystem, descriptor, bytesOf('xyz'), 1, 2, 4);
    fileSystem.close(descriptor);
    t.is(textOf(fileSystem, `${folder}/file`), 'ab\0\0yz');
  },
  'cutting and growing a file shows zeros, never what was cut': (t, { fileSystem, folder }) => {
    const descriptor = fileSystem.createExclusive(`${folder}/file`);
    writeFully(fileSystem, descriptor, bytesOf('abcdef'));
    fileSystem.truncate(descriptor, 2);
    fileSystem.truncate(descriptor, 4);
    t.is(textOf(fileSystem, `${folder}/file`), 'ab\0\0');
    fileSystem.allocate(descriptor, 6);
    fileSystem.allocate(descriptor, 3);
    t.is(textOf(fileSystem, `${folder}/file`), 'ab\0\0\0\0');
    t.is(fileSystem.statusOf(descriptor).size, 6);
    fileSystem.close(descriptor);
  },
  'nothing but zeros lies before the data that is told of': (t, { fileSystem, folder }) => {
    const descriptor = fileSystem.createExclusive(`${folder}/file`);
    fileSystem.truncate(descriptor, 1 << 20);
    writeFully(fileSystem, descriptor, bytesOf('data'), 0, 4, 600_000);
    const found = fileSystem.dataFrom(descriptor, 10);
    t.true(found >= 10 && found <= 600_000);
    t.is(fileSystem.dataFrom(descriptor, 600_002), 600_002);
    t.true(fileSystem.dataFrom(descriptor, 700_000) >= 700_000);
    fileSystem.close(descriptor);
  },
  'a descriptor for reading cannot be written': (t, { fileSystem, folder }) => {
    const path = `${folder}/file`;
    put(fileSystem, path, 'kept');
    const descriptor = fileSystem.openRead(path);
    refuses(t, () => fileSystem.write(descriptor, bytesOf('x'), 0, 1, 0), 'IO_FAILED', 'EBADF', path);
    t.throws(() => fileSystem.truncate(descriptor, 0), { name: 'StatelogError' });
    fileSystem.close(descriptor);
    t.is(textOf(fileSystem, path), 'kept');
  },
  'a closed descriptor is refused': (t, { fileSystem, folder }) => {
    const descriptor = fileSystem.createExclusive(`${folder}/file`);
    fileSystem.close(descriptor);
    t.throws(() => fileSystem.statusOf(descriptor), { name: 'StatelogError' });
    t.throws(() => fileSystem.write(descriptor, bytesOf('x'), 0, 1, 0), { name: 'StatelogError' });
  },
  'syncs of files and folders succeed': (t, { fileSystem, folder }) => {
    const descriptor = fileSystem.createExclusive(`${folder}/file`);
    writeFully(fileSystem, descriptor, bytesOf('a'));
    fileSystem.dataSync(descriptor);
    fileSystem.sync(descriptor);
    fileSystem.close(descriptor);
    fileSystem.syncDirectory(folder);
    const none = `${folder}/none`;
    refuses(t, () => fileSystem.syncDirectory(none), 'NOT_FOUND', 'ENOENT', none);
    const file = `${folder}/file`;
    refuses(t, () => fileSystem.syncDirectory(file), 'NOT_A_DIRECTORY', 'ENOTDIR', file);
  },
  'work in the background ends with one call each': async (t, { fileSystem, folder }) => {
    const descriptor = fileSystem.createExclusive(`${folder}/file`);
    const written = await new Promise((done) => {
      fileSystem.writeInBackground(descriptor, bytesOf('abc'), 2, done);
    });
    const synced = await new Promise((done) => {
      fileSystem.dataSyncInBackground(descriptor, done);
    });
    const nothing = await new Promise((done) => {
      fileSystem.writeInBackground(descriptor, new Uint8Array(0), 9, done);
    });
    t.deepEqual([written, synced, nothing], [undefined, undefined, undefined]);
    fileSystem.close(descriptor);
    t.is(textOf(fileSystem, `${folder}/file`), '\0\0abc');
    const readOnly = fileSystem.openRead(`${folder}/file`);
    const failure = await new Promise((done) => {
      fileSystem.writeInBackground(readOnly, bytesOf('x'), 0, done);
    });
    t.true(isStatelogError(failure, 'IO_FAILED'));
    fileSystem.close(readOnly);
  },
};

const names: Record<string, Check> = {
  'status tells kind, size, names and identity': (t, { fileSystem, folder }) => {
    const path = `${folder}/file`;
    put(fileSystem, path, 'abc');
    fileSystem.link(path, `${folder}/again`);
    const status = fileSystem.status(path);
    t.is(status?.kind, 'file');
    t.is(status?.size, 3);
    t.is(status?.linkCount, 2);
    t.is(status?.mode, 0o600);
    t.is(fileSystem.status(`${folder}/again`)?.identity, status?.identity);
    t.is(fileSystem.status(folder)?.kind, 'directory');
    t.not(fileSystem.status(folder)?.identity, status?.identity);
    t.is(fileSystem.status(`${folder}/none`), undefined);
    t.is(fileSystem.status(`${path}/below`), undefined);
    t.is(fileSystem.statusFollowing(`${folder}/none/below`), undefined);
  },
  'only status of the link itself sees a symbolic link': (t, { fileSystem, folder, plant }) => {
    fileSystem.makeDirectory(`${folder}/real`);
    plant(`${folder}/link`, 'symlink', 'real');
    t.is(fileSystem.status(`${folder}/link`)?.kind, 'symlink');
    t.is(fileSystem.statusFollowing(`${folder}/link`)?.kind, 'directory');
    put(fileSystem, `${folder}/link/file`, 'a');
    t.deepEqual(fileSystem.readDirectory(`${folder}/real`), ['file']);
    t.is(fileSystem.realPath(`${folder}/link/file`), `${fileSystem.realPath(folder)}/real/file`);
    refuses(t, () => fileSystem.realPath(`${folder}/none`), 'NOT_FOUND', 'ENOENT', `${folder}/none`);
  },
  'a folder lists its names in the order of their bytes': (t, { fileSystem, folder }) => {
    const sorted = ['A', 'a', 'a.b', 'ab', 'é', '\uff61', '\u{10000}'];
    for (const name of [...sorted].reverse()) put(fileSystem, `${folder}/${name}`, '');
    t.deepEqual(fileSystem.readDirectory(folder), sorted);
    const file = `${folder}/a`;
    refuses(t, () => fileSystem.readDirectory(file), 'NOT_A_DIRECTORY', 'ENOTDIR', file);
    const none = `${folder}/none`;
    refuses(t, () => fileSystem.readDirectory(none), 'NOT_FOUND', 'ENOENT', none);
  },
  'folders are made one at a time, for their owner alone': (t, { fileSystem, folder }) => {
    const path = `${folder}/new`;
    refuses(t, () => fileSystem.makeDirectory(`${path}/below`), 'NOT_FOUND', 'ENOENT', `${path}/below`);
    fileSystem.makeDirectory(path);
    t.is(fileSystem.status(path)?.mode, 0o700);
    refuses(t, () => fileSystem.makeDirectory(path), 'ALREADY_EXISTS', 'EEXIST', path);
  },
  'a rename replaces a file, whose open descriptors keep it': (t, { fileSystem, folder }) => {
    put(fileSystem, `${folder}/old`, 'old');
    put(fileSystem, `${folder}/new`, 'new');
    const descriptor = fileSystem.openRead(`${folder}/old`);
    const { identity } = fileSystem.status(`${folder}/new`) ?? { identity: '' };
    fileSystem.rename(`${folder}/new`, `${folder}/old`);
    t.deepEqual(fileSystem.readDirectory(folder), ['old']);
    t.is(textOf(fileSystem, `${folder}/old`), 'new');
    t.is(fileSystem.status(`${folder}/old`)?.identity, identity);
    const into = new Uint8Array(3);
    fileSystem.read(descriptor, into, 0, 3, 0);
    t.is(new TextDecoder().decode(into), 'old');
    t.is(fileSystem.statusOf(descriptor).linkCount, 0);
    fileSystem.close(descriptor);
  },
  'a rename that cannot be is refused, and changes nothing': (t, { fileSystem, folder }) => {
    put(fileSystem, `${folder}/file`, 'file');
    fileSystem.makeDirectory(`${folder}/full`);
    put(fileSystem, `${folder}/full/x`, 'x');
    fileSystem.makeDirectory(`${folder}/empty`);
    const [file, full, empty, none] = ['file', 'full', 'empty', 'none'].map((name) => `${folder}/${name}`);
    refuses(t, () => fileSystem.rename(none!, file!), 'NOT_FOUND', 'ENOENT', none!);
    refuses(t, () => fileSystem.rename(empty!, full!), 'ALREADY_EXISTS', 'ENOTEMPTY', full!);
    refuses(t, () => fileSystem.rename(file!, full!), 'NOT_A_FILE', 'EISDIR', full!);
    refuses(t, () => fileSystem.rename(full!, file!), 'NOT_A_DIRECTORY', 'ENOTDIR', file!);
    refuses(t, () => fileSystem.rename(full!, `${full!}/in`), 'IO_FAILED', 'EINVAL', `${full!}/in`);
    t.deepEqual(fileSystem.readDirectory(folder), ['empty', 'file', 'full']);
    fileSystem.rename(full!, empty!);
    t.deepEqual(fileSystem.readDirectory(empty!), ['x']);
  },
  'an exclusive rename never replaces anything': (t, { fileSystem, folder }) => {
    put(fileSystem, `${folder}/a`, 'a');
    put(fileSystem, `${folder}/b`, 'b');
    const [a, b, c] = ['a', 'b', 'c'].map((name) => `${folder}/${name}`);
    refuses(t, () => fileSystem.renameExclusive(a!, b!), 'ALREADY_EXISTS', 'EEXIST', b!);
    refuses(
      t,
      () => fileSystem.renameExclusive(`${folder}/none`, c!),
      'NOT_FOUND',
      'ENOENT',
      `${folder}/none`,
    );
    fileSystem.renameExclusive(a!, c!);
    t.deepEqual(fileSystem.readDirectory(folder), ['b', 'c']);
    fileSystem.makeDirectory(a!);
    fileSystem.makeDirectory(`${folder}/d`);
    refuses(
      t,
      () => fileSystem.renameExclusive(a!, `${folder}/d`),
      'ALREADY_EXISTS',
      'EEXIST',
      `${folder}/d`,
    );
    fileSystem.renameExclusive(a!, `${folder}/e`);
    t.deepEqual(fileSystem.readDirectory(folder), ['b', 'c', 'd', 'e']);
  },
  'a link is a second name for the same bytes': (t, { fileSystem, folder }) => {
    const [a, b] = [`${folder}/a`, `${folder}/b`];
    put(fileSystem, a, 'one');
    fileSystem.link(a, b);
    const descriptor = fileSystem.openReadWrite(b);
    writeFully(fileSystem, descriptor, bytesOf('two'));
    fileSystem.close(descriptor);
    t.is(textOf(fileSystem, a), 'two');
    refuses(t, () => fileSystem.link(a, b), 'ALREADY_EXISTS', 'EEXIST', b);
    fileSystem.rename(a, b);
    t.deepEqual(
      fileSystem.readDirectory(folder),
      ['a', 'b'],
      'renaming one name to the other changes nothing',
    );
    fileSystem.remove(a);
    t.is(textOf(fileSystem, b), 'two');
  },
  'a copy has bytes of its own': (t, { fileSystem, folder }) => {
    const [a, b] = [`${folder}/a`, `${folder}/b`];
    put(fileSystem, a, 'one');
    fileSystem.copyFile(a, b);
    const descriptor = fileSystem.openReadWrite(a);
    writeFully(fileSystem, descriptor, bytesOf('two'));
    fileSystem.close(descriptor);
    t.is(textOf(fileSystem, b), 'one');
    t.is(fileSystem.status(b)?.mode, 0o600);
    refuses(t, () => fileSystem.copyFile(a, b), 'ALREADY_EXISTS', 'EEXIST', b);
    refuses(t, () => fileSystem.copyFile(folder, `${folder}/c`), 'NOT_A_FILE', 'EISDIR', folder);
    refuses(t, () => fileSystem.copyFile(`${folder}/none`, b), 'NOT_FOUND', 'ENOENT', `${folder}/none`);
  },
  'a removed file lives on while it is open': (t, { fileSystem, folder }) => {
    const path = `${folder}/file`;
    put(fileSystem, path, 'alive');
    const descriptor = fileSystem.openRead(path);
    fileSystem.remove(path);
    t.is(fileSystem.status(path), undefined);
    const into = new Uint8Array(5);
    t.is(fileSystem.read(descriptor, into, 0, 5, 0), 5);
    t.is(new TextDecoder().decode(into), 'alive');
    fileSystem.close(descriptor);
    refuses(t, () => fileSystem.remove(path), 'NOT_FOUND', 'ENOENT', path);
  },
  'removing takes a file for a file and a folder for a folder': (t, { fileSystem, folder }) => {
    const [file, sub] = [`${folder}/file`, `${folder}/sub`];
    put(fileSystem, file, '');
    fileSystem.makeDirectory(sub);
    put(fileSystem, `${sub}/x`, '');
    refuses(t, () => fileSystem.remove(sub), 'NOT_A_FILE', 'EISDIR', sub);
    refuses(t, () => fileSystem.removeDirectory(file), 'NOT_A_DIRECTORY', 'ENOTDIR', file);
    refuses(t, () => fileSystem.removeDirectory(sub), 'IO_FAILED', 'ENOTEMPTY', sub);
    fileSystem.remove(`${sub}/x`);
    fileSystem.removeDirectory(sub);
    t.deepEqual(fileSystem.readDirectory(folder), ['file']);
  },
};

const locks: Record<string, Check> = {
  'a lock belongs to one open file, and is free when that is closed': (t, { fileSystem, folder }) => {
    const path = `${folder}/LOCK`;
    const [first, second] = [fileSystem.openOrCreate(path), fileSystem.openOrCreate(path)];
    t.is(fileSystem.lockOwner(path), false);
    t.true(fileSystem.tryLock(first));
    t.true(fileSystem.tryLock(first), 'asking again changes nothing');
    t.false(fileSystem.tryLock(second));
    t.truthy(fileSystem.lockOwner(path));
    fileSystem.close(fileSystem.openRead(path));
    t.false(fileSystem.tryLock(second), 'another descriptor that is closed does not free it');
    fileSystem.close(first);
    t.is(fileSystem.lockOwner(path), false);
    t.true(fileSystem.tryLock(second));
    fileSystem.close(second);
    t.is(fileSystem.lockOwner(`${folder}/none`), false);
  },
  'files differ in their locks': (t, { fileSystem, folder }) => {
    const [a, b] = [fileSystem.openOrCreate(`${folder}/a`), fileSystem.openOrCreate(`${folder}/b`)];
    t.true(fileSystem.tryLock(a));
    t.is(fileSystem.lockOwner(`${folder}/b`), false);
    t.true(fileSystem.tryLock(b));
    fileSystem.close(a);
    fileSystem.close(b);
  },
};

/** The tests that every `FileSystem` passes; those of locks, where it has them. */
export function testFileSystemContract(
  test: TestFn,
  name: string,
  subject: Subject,
  options: { readonly locks: boolean } = { locks: true },
): void {
  const checks = { ...opening, ...contents, ...names, ...(options.locks ? locks : {}) };
  for (const [title, check] of Object.entries(checks)) {
    test(`${name}: ${title}`, (t) => check(t, subject(t)));
  }
}
