import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import test from 'ava';
import { isStatelogError } from '../../../src/engine/errors.js';
import { tryAcquireFileLock } from '../../../src/engine/storage-io/lock/file-lock.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { testFileSystemContract } from '../../contracts/file-system-contract.js';
import { tempDir } from '../../support/temp-dir.js';

// As where there is no binary for the platform. The variable is read at each call; a test file that sets one here runs in a
// process of its own.
process.env['STATELOG_NO_NATIVE'] = '1';

testFileSystemContract(
  test,
  'real disk without native code',
  (t) => ({
    fileSystem: realFileSystem(),
    folder: tempDir(t),
    plant: (path, kind, target = '') => {
      if (kind === 'symlink') symlinkSync(target, path);
      else execFileSync('mkfifo', [path]);
    },
  }),
  { locks: false },
);

test('without native code there are no locks and no mappings, and no crash', (t) => {
  const fileSystem = realFileSystem();
  const path = `${tempDir(t)}/file`;
  const descriptor = fileSystem.createExclusive(path);
  t.false(fileSystem.canLock);
  t.false(fileSystem.canMap);
  t.is(fileSystem.map(descriptor, 100), undefined);
  t.throws(() => fileSystem.tryLock(descriptor), { name: 'StatelogError' });
  const error = t.throws(() => tryAcquireFileLock(fileSystem, path));
  t.true(isStatelogError(error, 'READ_ONLY'));
  fileSystem.close(descriptor);
});
