import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import {
  composedFileSystem,
  placeInSlices,
  slicedFileSystem,
  type FileSlice,
} from '../../../src/engine/storage-io/views/composed-file-system.js';
import { failureOf } from '../../support/failure.js';
import { tempDir } from '../../support/temp-dir.js';

const fileSystem = realFileSystem();

function sliceOf(file: string, start: number, length: number): FileSlice {
  return { path: file, start, length, holder: fileSystem.statusFollowing(file)! };
}

test('a slice reads like a file that holds its bytes alone', (t) => {
  const folder = tempDir(t);
  const [whole, alone] = [path.join(folder, 'whole'), path.join(folder, 'alone')];
  const place = (max: number) => fc.nat({ max });
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      place(40),
      place(40),
      place(50),
      place(50),
      (bytes, from, to, position, length) => {
        const start = Math.min(from, to, bytes.length);
        const end = Math.min(Math.max(from, to), bytes.length);
        writeFileSync(whole, bytes);
        writeFileSync(alone, bytes.subarray(start, end));
        const slices = new Map([[path.join(folder, 'slice'), sliceOf(whole, start, end - start)]]);
        const sliced = slicedFileSystem(fileSystem, slices);
        const seen = [path.join(folder, 'slice'), alone].map((file) => {
          const descriptor = sliced.openRead(file);
          const into = Buffer.alloc(length);
          const count = sliced.read(descriptor, into, 0, length, position);
          const sizes = [sliced.statusOf(descriptor), sliced.status(file)!, sliced.statusFollowing(file)!];
          sliced.close(descriptor);
          return { count, into, sizes: sizes.map(({ size }) => size) };
        });
        t.deepEqual(seen[0], seen[1]);
      },
    ),
  );
});

test('a hole is a hole in a slice too, as far as it reaches', (t) => {
  const file = path.join(tempDir(t), 'sparse');
  writeFileSync(file, 'head');
  truncateSync(file, 4 * 1024 * 1024);
  const slices = new Map([
    ['hole', sliceOf(file, 0, 2 * 1024 * 1024)],
    ['data', sliceOf(file, 1, 3)],
  ]);
  const sliced = slicedFileSystem(fileSystem, slices);
  const hole = sliced.openRead('hole');
  t.is(sliced.dataFrom(hole, 0), 0);
  const next = sliced.dataFrom(hole, 1024 * 1024);
  t.true(next === Infinity || next === 1024 * 1024);
  const data = sliced.openRead('data');
  t.is(sliced.dataFrom(data, 0), 0);
  t.is(sliced.dataFrom(data, 3), Infinity);
  for (const descriptor of [hole, data]) sliced.close(descriptor);
});

test('other files are as they are, and a holder that was changed since is refused', (t) => {
  const folder = tempDir(t);
  const file = path.join(folder, 'file');
  writeFileSync(file, 'abcdef');
  const sliced = slicedFileSystem(fileSystem, new Map([['part', sliceOf(file, 2, 2)]]));
  t.deepEqual(sliced.readDirectory(folder), ['file']);
  t.is(sliced.statusFollowing(file)!.size, 6);
  t.is(sliced.map(0, 1), undefined);
  writeFileSync(file, readFileSync(file, 'utf8').toUpperCase());
  const { code, details } = failureOf(() => sliced.openRead('part'));
  t.deepEqual([code, details.path], ['IO_FAILED', file]);
});

test('a file that is put together from slices of several reads like one that holds their bytes', (t) => {
  const folder = tempDir(t);
  const [one, other, alone] = ['one', 'other', 'alone'].map((name) => path.join(folder, name));
  const composedPath = path.join(folder, 'composed');
  const cut = fc.record({
    isOther: fc.boolean(),
    start: fc.nat({ max: 19 }),
    length: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(
      fc.array(cut, { minLength: 1, maxLength: 6 }),
      fc.nat(50),
      fc.nat(50),
      (cuts, position, length) => {
        const bytes = [one!, other!].map((file, which) => {
          const content = Uint8Array.from({ length: 28 }, (_, at) => which * 100 + at);
          writeFileSync(file, content);
          return content;
        });
        const slices = cuts.map(({ isOther, start, length: count }) =>
          sliceOf(isOther ? other! : one!, start, count),
        );
        const expected = Buffer.concat(
          cuts.map(({ isOther, start, length: count }) =>
            bytes[Number(isOther)]!.subarray(start, start + count),
          ),
        );
        writeFileSync(alone!, expected);
        const composed = composedFileSystem(fileSystem, { files: new Map([[composedPath, slices]]) });
        const seen = [composedPath, alone!].map((file) => {
          const descriptor = composed.openRead(file);
          const into = Buffer.alloc(length);
          const count = composed.read(descriptor, into, 0, length, position);
          const { size } = composed.statusOf(descriptor);
          composed.close(descriptor);
          return { count, into, size };
        });
        t.deepEqual(seen[0], seen[1]);
        if (position >= expected.length) return;
        const place = placeInSlices(slices, position);
        t.is(bytes[place.path === one ? 0 : 1]![place.offset], expected[position]);
      },
    ),
  );
});

test('a composed folder holds what it is said to hold, and nothing else that lies there', (t) => {
  const folder = tempDir(t);
  const [there, hidden] = [path.join(folder, 'a', 'there'), path.join(folder, 'a', 'hidden')];
  mkdirSync(path.join(folder, 'a'));
  writeFileSync(hidden, 'hidden');
  writeFileSync(path.join(folder, 'far'), 'content');
  const composed = composedFileSystem(fileSystem, {
    root: folder,
    folders: new Map([[path.join(folder, 'a'), ['there']]]),
    files: new Map([[there, [sliceOf(path.join(folder, 'far'), 3, 4)]]]),
  });
  t.deepEqual(composed.readDirectory(path.join(folder, 'a')), ['there']);
  t.is(composed.status(path.join(folder, 'a'))?.kind, 'directory');
  t.is(composed.status(hidden), undefined);
  t.is(failureOf(() => composed.openRead(hidden)).code, 'NOT_FOUND');
  composed.copyFile(there, path.join(folder, 'copy'));
  t.is(readFileSync(path.join(folder, 'copy'), 'utf8'), 'tent');
});
