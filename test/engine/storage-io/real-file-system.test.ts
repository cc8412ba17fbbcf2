import { execFileSync } from 'node:child_process';
import { chmodSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { isStatelogError } from '../../../src/engine/errors.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { writeFully } from '../../../src/engine/storage-io/whole/write-fully.js';
import { testFileSystemContract } from '../../contracts/file-system-contract.js';
import { tempDir } from '../../support/temp-dir.js';

testFileSystemContract(test, 'real disk', (t) => ({
  fileSystem: realFileSystem(),
  folder: tempDir(t),
  plant: (path, kind, target = '') => {
    if (kind === 'symlink') symlinkSync(target, path);
    else execFileSync('mkfifo', [path]);
  },
}));

test.serial('files are 0600 and folders 0700 whatever the umask', (t) => {
  const folder = tempDir(t);
  const fileSystem = realFileSystem();
  const before = process.umask(0);
  try {
    for (const umask of [0, 0o022, 0o077, 0o277, 0o777]) {
      process.umask(umask);
      const name = `${folder}/${umask}`;
      fileSystem.makeDirectory(name);
      fileSystem.close(fileSystem.createExclusive(`${name}/created`));
      fileSystem.close(fileSystem.openOrCreate(`${name}/opened`));
      fileSystem.copyFile(`${name}/created`, `${name}/copied`);
      t.is(statSync(name).mode & 0o7777, 0o700);
      for (const file of ['created', 'opened', 'copied'])
        t.is(statSync(`${name}/${file}`).mode & 0o7777, 0o600);
    }
  } finally {
    process.umask(before);
  }
});

test('opening a file that is there does not change its rights', (t) => {
  const path = `${tempDir(t)}/file`;
  writeFileSync(path, 'x');
  chmodSync(path, 0o644);
  const fileSystem = realFileSystem();
  fileSystem.close(fileSystem.openOrCreate(path));
  t.is(statSync(path).mode & 0o777, 0o644);
});

test('a copy of a file that others may read is for its owner alone', (t) => {
  const folder = tempDir(t);
  writeFileSync(`${folder}/from`, 'x');
  chmodSync(`${folder}/from`, 0o4755);
  realFileSystem().copyFile(`${folder}/from`, `${folder}/to`);
  t.is(statSync(`${folder}/to`).mode & 0o7777, 0o600);
});

test('a device is refused', (t) => {
  const error = t.throws(() => realFileSystem().openRead('/dev/null'));
  t.true(isStatelogError(error, 'NOT_A_FILE'));
});

test('a path with a NUL byte is refused as an argument', (t) => {
  const fileSystem = realFileSystem();
  for (const call of [
    () => fileSystem.openRead('/tmp/a\0b'),
    () => fileSystem.rename('/tmp/a\0b', '/tmp/c'),
    () => fileSystem.renameExclusive('/tmp/a', '/tmp/c\0d'),
    () => fileSystem.status('/tmp/a\0b'),
  ]) {
    const error = t.throws(call);
    t.true(isStatelogError(error, 'INVALID_ARGUMENT'));
  }
});

test('a name that is too long fails as input or output', (t) => {
  const error = t.throws(() => realFileSystem().createExclusive(`${tempDir(t)}/${'x'.repeat(300)}`));
  t.true(isStatelogError(error, 'IO_FAILED'));
});

test('allocating reserves real blocks', (t) => {
  const path = `${tempDir(t)}/file`;
  const fileSystem = realFileSystem();
  const descriptor = fileSystem.createExclusive(path);
  fileSystem.allocate(descriptor, 1_000_000);
  fileSystem.close(descriptor);
  t.is(statSync(path).size, 1_000_000);
  t.true(statSync(path).blocks * 512 >= 1_000_000);
});

test('a lock shows this process as its owner', (t) => {
  const path = `${tempDir(t)}/LOCK`;
  const fileSystem = realFileSystem();
  const descriptor = fileSystem.openOrCreate(path);
  t.true(fileSystem.tryLock(descriptor));
  const owner = fileSystem.lockOwner(path);
  t.true(typeof owner === 'object' && owner.pid === process.pid);
  t.regex(typeof owner === 'object' ? owner.since : '', /^20\d\d-/);
  fileSystem.close(descriptor);
});

test('a mapping shows the bytes of the file, and later writes to it', (t) => {
  const path = `${tempDir(t)}/file`;
  const fileSystem = realFileSystem();
  const descriptor = fileSystem.createExclusive(path);
  writeFully(fileSystem, descriptor, new Uint8Array(10_000).fill(7));
  const mapping = fileSystem.map(descriptor, 10_000);
  t.is(mapping?.length, 10_000);
  t.deepEqual(
    mapping?.windows.map((window) => window.length),
    [10_000],
  );
  t.is(mapping?.windows[0]?.[9_999], 7);
  writeFully(fileSystem, descriptor, Uint8Array.of(9), 0, 1, 5_000);
  t.is(mapping?.windows[0]?.[5_000], 9);
  fileSystem.close(descriptor);
  t.is(mapping?.windows[0]?.[5_000], 9, 'a mapping outlives its descriptor');
  mapping?.unmap();
  t.is(mapping?.windows.length, 0);
  mapping?.unmap();
});

test('a mapping of nothing has no windows', (t) => {
  const fileSystem = realFileSystem();
  const descriptor = fileSystem.createExclusive(`${tempDir(t)}/file`);
  t.deepEqual(fileSystem.map(descriptor, 0)?.windows, []);
  fileSystem.close(descriptor);
});

test('a mapping that the kernel refuses fails with its reason', (t) => {
  const fileSystem = realFileSystem();
  const descriptor = fileSystem.createExclusive(`${tempDir(t)}/file`);
  fileSystem.close(descriptor);
  const error = t.throws(() => fileSystem.map(descriptor, 100));
  t.true(isStatelogError(error, 'IO_FAILED'));
  t.is(isStatelogError(error) ? error.details.errno : '', 'EBADF');
});
