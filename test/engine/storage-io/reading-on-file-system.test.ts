import { truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { isStatelogError } from '../../../src/engine/errors.js';
import { composedFileSystem } from '../../../src/engine/storage-io/views/composed-file-system.js';
import { readingOnFileSystem } from '../../../src/engine/storage-io/views/reading-on-file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { SimulatedFileSystem, unreadablePlaces } from '../../simulated-disk/index.js';
import { failingDisk, type DiskFaults } from '../../support/failing-disk.js';
import { tempDir } from '../../support/temp-dir.js';

const SECTOR = 512;

function fileOf(t: ExecutionContext, bytes: number): { readonly file: string; readonly content: Buffer } {
  const file = path.join(tempDir(t), 'file');
  const content = Buffer.from(Array.from({ length: bytes }, (_, at) => 1 + (at % 255)));
  writeFileSync(file, content);
  return { file, content };
}

function readAll(file: string, faults: DiskFaults, step: number) {
  const view = readingOnFileSystem(failingDisk(realFileSystem(), faults));
  const descriptor = view.openRead(file);
  const { size } = view.statusOf(descriptor);
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += step) {
    view.read(descriptor, bytes, at, Math.min(step, size - at), at);
  }
  view.close(descriptor);
  return { bytes, unreadable: view.unreadable! };
}

test('what the disk does not give out stands as zeros, sector by sector, and is told with its span', (t) => {
  const { file, content } = fileOf(t, 20_000);
  const stretch = fc.record({ offset: fc.nat(19_999), bytes: fc.integer({ min: 1, max: 3000 }) });
  fc.assert(
    fc.property(fc.array(stretch, { maxLength: 4 }), fc.integer({ min: 1, max: 9000 }), (stretches, step) => {
      const bad = stretches.map((one) => ({ name: 'file', ...one }));
      const { bytes, unreadable } = readAll(file, { bad }, step);
      const expected = Buffer.from(content);
      const lost = new Set<number>();
      for (const { offset, bytes: length } of bad) {
        const last = Math.min(offset + length, content.length) - 1;
        for (let at = Math.floor(offset / SECTOR); at <= Math.floor(last / SECTOR); at++) lost.add(at);
      }
      for (const sector of lost)
        expected.fill(0, sector * SECTOR, Math.min((sector + 1) * SECTOR, content.length));
      t.deepEqual(bytes, expected);
      const told = unreadable.of(file);
      t.is(unreadable.isEmpty, lost.size === 0);
      const sum = told.reduce((total, span) => total + span.bytes, 0);
      const lastSector = Math.floor((content.length - 1) / SECTOR);
      const short = lost.has(lastSector) ? (lastSector + 1) * SECTOR - content.length : 0;
      t.is(sum, lost.size * SECTOR - short);
      // As few as there can be.
      for (const [index, span] of told.entries()) {
        if (index > 0) t.true(span.offset > told[index - 1]!.offset + told[index - 1]!.bytes);
      }
    }),
    { numRuns: 60 },
  );
});

test('a sector that failed is not tried again, and what was told is not told twice', (t) => {
  const { file } = fileOf(t, 10_000);
  const failures: number[] = [];
  const faults = {
    bad: [{ name: 'file', offset: 5000, bytes: 10 }],
    onFailure: (position: number) => failures.push(position),
  };
  const view = readingOnFileSystem(failingDisk(realFileSystem(), faults));
  const descriptor = view.openRead(file);
  const bytes = Buffer.alloc(10_000);
  view.read(descriptor, bytes, 0, 10_000, 0);
  const tried = failures.length;
  t.deepEqual(view.unreadable!.takeNew(), [{ path: file, offset: 4608, bytes: 512 }]);
  view.read(descriptor, bytes, 0, 10_000, 0);
  t.is(failures.length, tried);
  t.deepEqual(view.unreadable!.takeNew(), []);
  view.close(descriptor);
});

test('other errors stay errors', (t) => {
  const { file } = fileOf(t, 100);
  const disk = failingDisk(realFileSystem(), {
    beforeRead: () => {
      throw new Error('something else');
    },
  });
  const view = readingOnFileSystem(disk);
  const descriptor = view.openRead(file);
  t.throws(() => view.read(descriptor, new Uint8Array(10), 0, 10, 0), { message: 'something else' });
  view.close(descriptor);
});

test('a file that is cut while it is read is an error, and one that grows is not', (t) => {
  const { file } = fileOf(t, 10_000);
  const view = readingOnFileSystem(realFileSystem());
  const descriptor = view.openRead(file);
  const bytes = Buffer.alloc(20_000);
  t.is(view.read(descriptor, bytes, 0, 20_000, 0), 10_000);
  writeFileSync(file, Buffer.alloc(15_000), { flag: 'r+' });
  t.is(view.read(descriptor, bytes, 0, 20_000, 0), 15_000);
  truncateSync(file, 4000);
  const error = t.throws(() => view.read(descriptor, bytes, 0, 20_000, 0));
  t.true(isStatelogError(error, 'IO_FAILED'));
  view.close(descriptor);
});

test('what cannot be read of a composed file is what cannot be read of its slices', (t) => {
  const { file } = fileOf(t, 4096);
  const bad = [{ name: 'file', offset: 1024, bytes: 1 }];
  const view = readingOnFileSystem(failingDisk(realFileSystem(), { bad }));
  const holder = view.status(file)!;
  const slices = [
    { path: file, start: 2048, length: 1000, holder },
    { path: file, start: 1000, length: 1000, holder },
  ];
  const composed = composedFileSystem(view, { files: new Map([['/composed', slices]]) });
  const descriptor = composed.openRead('/composed');
  composed.read(descriptor, new Uint8Array(2000), 0, 2000, 0);
  t.false(composed.unreadable!.touches('/composed', 0, 1024));
  t.true(composed.unreadable!.touches('/composed', 1024, 1));
  t.true(composed.unreadable!.touches('/composed', 1535, 1));
  t.false(composed.unreadable!.touches('/composed', 1536, 464));
  composed.close(descriptor);
});

test('a simulated disk fails in places, too', (t) => {
  const fileSystem = new SimulatedFileSystem({ plan: unreadablePlaces(/file$/, 600, 700) });
  const made = fileSystem.createExclusive('/file');
  fileSystem.write(made, new Uint8Array(2000).fill(7), 0, 2000, 0);
  fileSystem.close(made);
  const view = readingOnFileSystem(fileSystem);
  const descriptor = view.openRead('/file');
  const bytes = new Uint8Array(2000);
  t.is(view.read(descriptor, bytes, 0, 2000, 0), 2000);
  t.deepEqual(view.unreadable!.of('/file'), [{ path: '/file', offset: 512, bytes: 512 }]);
  t.deepEqual([bytes[511], bytes[512], bytes[1023], bytes[1024]], [7, 0, 0, 7]);
  view.close(descriptor);
});
