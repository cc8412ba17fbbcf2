import test from 'ava';
import { mapFile } from '../../../src/engine/storage-io/real/mapping.js';
import type { NativeLibrary } from '../../../src/engine/storage-io/real/native-library.js';
import {
  allocateBlocks,
  beginWriteback,
  lockIfFree,
  renameWithoutReplacing,
  seekData,
} from '../../../src/engine/storage-io/real/native-calls.js';
import { nativeLibrary } from '../../../src/engine/storage-io/real/native-library.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { SeededRandom } from '../../simulated-disk/index.js';
import { writeFully } from '../../../src/engine/storage-io/whole/write-fully.js';
import { tempDir } from '../../support/temp-dir.js';

const WINDOW_BYTES = 8192;

/** A library whose every call ends with these errors in turn, and then succeeds. */
function failingLibrary(...errnos: string[]): NativeLibrary & { readonly calls: string[] } {
  const calls: string[] = [];
  let last = '';
  const call = (name: string) => (): number => {
    calls.push(name);
    const errno = errnos.shift();
    last = errno ?? '';
    return errno === undefined ? 0 : -1;
  };
  return {
    calls,
    flock: call('flock'),
    sync_file_range: call('sync_file_range'),
    fallocate: call('fallocate'),
    renameat2: call('renameat2'),
    lseek: call('lseek'),
    fgetxattr: call('fgetxattr'),
    fsetxattr: call('fsetxattr'),
    mmap: () => 0xffff_ffff_ffff_ffffn,
    munmap: call('munmap'),
    _exit: () => undefined,
    view: () => new ArrayBuffer(0),
    errnoName: () => last,
  };
}

test('a file larger than a window is mapped in several, each of which is unmapped', (t) => {
  const fileSystem = realFileSystem();
  const bytes = new SeededRandom(1).fill(new Uint8Array(3 * WINDOW_BYTES + 100));
  const descriptor = fileSystem.createExclusive(`${tempDir(t)}/file`);
  writeFully(fileSystem, descriptor, bytes);
  const library = nativeLibrary();
  if (library === undefined) throw new Error('this machine has no native library');
  const unmapped: number[] = [];
  const counting = {
    ...library,
    munmap: (address: bigint, length: number) => {
      unmapped.push(length);
      return library.munmap?.(address, length) ?? -1;
    },
  };
  const mapping = mapFile(counting, descriptor, undefined, bytes.length, WINDOW_BYTES);
  t.is(mapping.windowBytes, WINDOW_BYTES);
  t.deepEqual(Buffer.concat(mapping.windows), Buffer.from(bytes));
  mapping.unmap();
  t.deepEqual(unmapped, [WINDOW_BYTES, WINDOW_BYTES, WINDOW_BYTES, 100]);
  fileSystem.close(descriptor);
});

test('a mapping that fails half-way leaves nothing mapped', (t) => {
  const library = failingLibrary();
  let mapped = 0;
  const halfWay = {
    ...library,
    mmap: () => {
      mapped += 1;
      return mapped < 3 ? 4096n : 0xffff_ffff_ffff_ffffn;
    },
    errnoName: () => 'ENOMEM',
  };
  t.throws(() => mapFile(halfWay, 3, 'big', 4 * WINDOW_BYTES, WINDOW_BYTES), { message: /mmap big.*ENOMEM/ });
  t.deepEqual(library.calls, ['munmap', 'munmap']);
});

test('native calls that are interrupted are made again', (t) => {
  for (const call of [
    (library: NativeLibrary) => lockIfFree(library, 'f', 3),
    (library: NativeLibrary) => allocateBlocks(library, 'f', 3, 10),
    (library: NativeLibrary) => renameWithoutReplacing(library, 'f', 'g'),
  ]) {
    const library = failingLibrary('EINTR', 'EINTR');
    t.true(call(library));
    t.is(library.calls.length, 3);
    t.throws(() => call(failingLibrary(...Array.from({ length: 200 }, () => 'EINTR'))), { message: /EINTR/ });
    t.throws(() => call(failingLibrary('EIO')), { message: /EIO/ });
  }
});

test('what a file system cannot do is said, not thrown', (t) => {
  t.false(lockIfFree(failingLibrary('EAGAIN'), 'f', 3));
  t.false(allocateBlocks(failingLibrary('EOPNOTSUPP'), 'f', 3, 10));
  t.false(renameWithoutReplacing(failingLibrary('EINVAL'), 'f', 'g'));
  t.false(allocateBlocks(undefined, 'f', 3, 10));
  t.false(renameWithoutReplacing(undefined, 'f', 'g'));
  t.throws(() => lockIfFree(undefined, 'f', 3), { message: /ENOSYS/ });
});

test('allocating on a full disk is told as such', (t) => {
  t.throws(() => allocateBlocks(failingLibrary('ENOSPC'), 'f', 3, 10), { code: 'DISK_FULL' });
});

test('only the end of all data is told as such, and where holes cannot be told nothing is skipped', (t) => {
  t.is(seekData(failingLibrary('ENXIO'), 3, 100), Infinity);
  t.is(seekData(failingLibrary('EINVAL'), 3, 100), 100);
  t.is(seekData(undefined, 3, 100), 100);
});

test('of a large write the disk may begin with the whole pages, and nothing is said of how that goes', (t) => {
  const ranges: number[][] = [];
  const library = {
    ...failingLibrary(),
    sync_file_range: (...range: number[]) => {
      ranges.push(range);
      return -1;
    },
  };
  beginWriteback(() => library, 3, 5000, 1_000_000);
  t.deepEqual(ranges, [[3, 4096, 999_424, 2]]);
  beginWriteback(() => undefined, 3, 5000, 1_000_000);
  const refuse = (): never => {
    throw new Error('a small write loads no native code');
  };
  beginWriteback(refuse, 3, 5000, 100_000);
});
