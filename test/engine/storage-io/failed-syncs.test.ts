import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import test from 'ava';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { tempDir } from '../../support/temp-dir.js';

/* What the real disk's adapter does with a sync that fails: it says so, and never asks for another. */

/** Calls that Node makes to the system, replaced for as long as the work goes on. */
async function withFailing<T>(
  name: 'fsyncSync' | 'fdatasyncSync' | 'fdatasync',
  errno: string,
  work: () => T | Promise<T>,
): Promise<{ readonly result: T; readonly calls: number }> {
  const original = fs[name];
  let calls = 0;
  const failure = (): Error => {
    calls += 1;
    return Object.assign(new Error(errno), { code: errno, errno: -5, syscall: name });
  };
  const failing =
    name === 'fdatasync'
      ? (_descriptor: number, done: (error: Error) => void): void => {
          process.nextTick(done, failure());
        }
      : (): void => {
          throw failure();
        };
  Object.assign(fs, { [name]: failing });
  syncBuiltinESMExports();
  try {
    return { result: await work(), calls };
  } finally {
    Object.assign(fs, { [name]: original });
    syncBuiltinESMExports();
  }
}

const ERRNOS = ['EIO', 'ENOSPC', 'EDQUOT', 'EINTR', 'EAGAIN'];

for (const [method, call] of [
  ['sync', 'fsyncSync'],
  ['dataSync', 'fdatasyncSync'],
] as const) {
  test.serial(`a failed ${method} of a file is said, and not asked for again`, async (t) => {
    const fileSystem = realFileSystem();
    const file = path.join(tempDir(t), 'file');
    for (const errno of ERRNOS) {
      const descriptor = fileSystem.openOrCreate(file);
      const { calls } = await withFailing(call, errno, () => {
        const error = t.throws(() => fileSystem[method](descriptor), { name: 'StatelogError' });
        t.like(error, { details: { errno, path: file } });
      });
      t.is(calls, 1, errno);
      fileSystem.close(descriptor);
    }
  });
}

test.serial(
  'a failed sync in the background reaches whoever submitted it, and is not asked for again',
  async (t) => {
    const fileSystem = realFileSystem();
    const file = path.join(tempDir(t), 'file');
    for (const errno of ERRNOS) {
      const descriptor = fileSystem.openOrCreate(file);
      const { result, calls } = await withFailing(
        'fdatasync',
        errno,
        () =>
          new Promise((resolve) => {
            fileSystem.dataSyncInBackground(descriptor, resolve);
          }),
      );
      t.like(result, { name: 'StatelogError', details: { errno, path: file } });
      t.is(calls, 1, errno);
      fileSystem.close(descriptor);
    }
  },
);

test.serial('a failed sync of a folder is said, and not asked for again', async (t) => {
  const fileSystem = realFileSystem();
  const folder = tempDir(t);
  for (const errno of ERRNOS) {
    const { calls } = await withFailing('fsyncSync', errno, () => {
      const error = t.throws(() => fileSystem.syncDirectory(folder), { name: 'StatelogError' });
      t.like(error, { details: { errno, path: folder } });
    });
    t.is(calls, 1, errno);
  }
  await withFailing('fsyncSync', 'EINVAL', () => {
    t.notThrows(() => fileSystem.syncDirectory(folder), 'it has nothing to sync');
  });
});
