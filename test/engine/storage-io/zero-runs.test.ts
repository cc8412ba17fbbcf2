import { closeSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { chunksWithData, copyRange, endOfZeros } from '../../../src/engine/storage-io/paged/zero-runs.js';
import { tempDir } from '../../support/temp-dir.js';

const SPARSE_BYTES = 2 ** 43;
const DATA_AT = 2 ** 42 + 12_345;

/** A file of 8 TiB with a few bytes at its start, in its middle and nowhere else. */
function sparseFile(t: ExecutionContext): string {
  const path = `${tempDir(t)}/sparse`;
  const descriptor = openSync(path, 'w');
  writeSync(descriptor, 'first');
  writeSync(descriptor, 'middle', DATA_AT);
  ftruncateSync(descriptor, SPARSE_BYTES);
  closeSync(descriptor);
  return path;
}

test('the data of a file of 8 TiB is found in the time that its data takes', (t) => {
  const fileSystem = realFileSystem();
  const descriptor = fileSystem.openRead(sparseFile(t));
  const found = [...chunksWithData(fileSystem, { descriptor, offset: 0, end: SPARSE_BYTES })];
  t.deepEqual(
    found.map(({ position }) => position),
    [0, DATA_AT - (DATA_AT % 65_536)],
  );
  t.is(endOfZeros(fileSystem, { descriptor, offset: 5, end: SPARSE_BYTES }), DATA_AT);
  t.is(endOfZeros(fileSystem, { descriptor, offset: 5, end: DATA_AT }), DATA_AT);
  t.is(endOfZeros(fileSystem, { descriptor, offset: DATA_AT + 6, end: SPARSE_BYTES }), SPARSE_BYTES);
  t.is(endOfZeros(fileSystem, { descriptor, offset: 3, end: 100 }), 3);
  fileSystem.close(descriptor);
});

test('a copy of a range with holes has its size and its bytes, and holes of its own', (t) => {
  const fileSystem = realFileSystem();
  const path = sparseFile(t);
  const from = fileSystem.openRead(path);
  const into = fileSystem.createExclusive(`${path}.copy`);
  copyRange(fileSystem, { descriptor: from, offset: 3, end: SPARSE_BYTES }, into);
  const bytes = Buffer.alloc(6);
  fileSystem.read(into, bytes, 0, 6, DATA_AT - 3);
  t.is(bytes.toString(), 'middle');
  fileSystem.read(into, bytes, 0, 6, 0);
  t.is(bytes.toString(), 'st\0\0\0\0');
  const { size, blocks } = statSync(`${path}.copy`);
  t.is(size, SPARSE_BYTES - 3);
  t.true(blocks * 512 < 1024 * 1024);
  fileSystem.close(from);
  fileSystem.close(into);
});
