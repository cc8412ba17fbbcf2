import test from 'ava';
import fc from 'fast-check';
import { crc32c } from '../../../src/engine/bytes/crc/checksum.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import type { Mapping } from '../../../src/engine/storage-io/interface/file-system.js';
import { PAGE_BYTES, PagedSource } from '../../../src/engine/storage-io/paged/paged-source.js';
import { SeededRandom, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { writeFully } from '../../../src/engine/storage-io/whole/write-fully.js';

const START = 37;

function sumsOf(bytes: Uint8Array): Uint32Array {
  const sums = new Uint32Array(Math.ceil(bytes.length / PAGE_BYTES));
  return sums.map((_, page) => {
    const start = page * PAGE_BYTES;
    return crc32c(bytes, start, Math.min(start + PAGE_BYTES, bytes.length));
  });
}

/** A file of `START` other bytes and then these, and what a source over them needs. */
function fileOf(bytes: Uint8Array, windowBytes?: number) {
  const fileSystem = new SimulatedFileSystem({ log: true });
  const whole = new Uint8Array(START + bytes.length).fill(0xee);
  whole.set(bytes, START);
  fileSystem.disk.plantFile('/f', whole);
  const descriptor = fileSystem.openReadWrite('/f');
  const options = { fileSystem, descriptor, path: '/f', start: START, length: bytes.length };
  const mapping = windowBytes === undefined ? undefined : mappingOf(whole, windowBytes);
  return { fileSystem, descriptor, options: { ...options, mapping }, mapping };
}

function mappingOf(bytes: Uint8Array, windowBytes: number): Mapping {
  const windows: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += windowBytes) windows.push(bytes.slice(at, at + windowBytes));
  return { length: bytes.length, windowBytes, windows, unmap: () => undefined };
}

function look(source: PagedSource, offset: number, length: number): Buffer {
  source.window(offset, length);
  return Buffer.from(source.bytes.subarray(source.at, source.at + length));
}

for (const [how, windowBytes] of Object.entries({
  read: undefined,
  mapped: 1 << 30,
  'mapped in pieces': 8192,
})) {
  test(`any window shows the bytes of the file (${how})`, (t) => {
    const bytes = new SeededRandom(3).fill(new Uint8Array(41_003));
    const { options } = fileOf(bytes, windowBytes);
    for (const pageSums of [undefined, sumsOf(bytes)]) {
      const source = new PagedSource({ ...options, pageSums, slots: 4 });
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat(bytes.length), fc.nat(30_000)), { maxLength: 30 }),
          (windows) => {
            for (const [offset, wanted] of windows) {
              const length = Math.min(wanted % 3 === 0 ? wanted : wanted % 100, bytes.length - offset);
              const found = look(source, offset, length);
              if (!found.equals(bytes.subarray(offset, offset + length)))
                throw new Error(`${offset}+${length}`);
            }
          },
        ),
        { numRuns: 300 },
      );
    }
    t.pass();
  });

  test(`a window past the end is refused (${how})`, (t) => {
    const { options } = fileOf(new Uint8Array(5000), windowBytes);
    const source = new PagedSource(options);
    for (const [offset, length] of [
      [0, 5001],
      [5000, 1],
      [5001, 0],
      [-1, 1],
      [0, -1],
    ] as const) {
      t.throws(() => source.window(offset, length), { instanceOf: RangeError });
    }
    t.notThrows(() => source.window(5000, 0));
    t.notThrows(() => new PagedSource(fileOf(new Uint8Array(0), windowBytes).options).window(0, 0));
  });

  test(`a damaged page fails whenever it is touched, and no other does (${how})`, (t) => {
    const bytes = new SeededRandom(4).fill(new Uint8Array(30_000));
    const pageSums = sumsOf(bytes);
    bytes[9_000]! ^= 1;
    const { options } = fileOf(bytes, windowBytes);
    const source = new PagedSource({ ...options, pageSums });
    const isBad = (offset: number, length: number): boolean => offset < 12_288 && offset + length > 8_192;
    for (const [offset, length] of [
      [0, 10],
      [8_192, 1],
      [8_000, 500],
      [12_287, 1],
      [12_288, 9],
      [0, 30_000],
      [9_000, 1],
    ] as const) {
      if (!isBad(offset, length)) {
        t.deepEqual(look(source, offset, length), Buffer.from(bytes.subarray(offset, offset + length)));
        continue;
      }
      const error = t.throws(() => source.window(offset, length));
      if (!isStatelogError(error, 'DAMAGED')) throw error;
      t.like(error.details, { path: '/f', offset: START + 8_192, class: 'value-mismatch' });
      t.regex(error.details.expected ?? '', /^crc32c [0-9a-f]{8}$/);
    }
  });
}

test('the last page may be short, and is checked as far as it goes', (t) => {
  const bytes = new SeededRandom(5).fill(new Uint8Array(PAGE_BYTES + 3));
  const pageSums = sumsOf(bytes);
  const { options, fileSystem, descriptor } = fileOf(bytes);
  writeFully(fileSystem, descriptor, new Uint8Array(50).fill(1), 0, 50, START + bytes.length);
  const source = new PagedSource({ ...options, pageSums, damageClass: 'index-mismatch' });
  t.deepEqual(look(source, PAGE_BYTES, 3), Buffer.from(bytes.subarray(PAGE_BYTES)));
  writeFully(fileSystem, descriptor, Uint8Array.of(bytes[PAGE_BYTES + 2]! ^ 1), 0, 1, START + PAGE_BYTES + 2);
  const error = t.throws(() =>
    new PagedSource({ ...options, pageSums, damageClass: 'index-mismatch' }).window(PAGE_BYTES, 1),
  );
  t.true(isStatelogError(error, 'DAMAGED') && error.details.class === 'index-mismatch');
});

test('a page that is still in memory is not read again', (t) => {
  const { options, fileSystem } = fileOf(new Uint8Array(100_000));
  const source = new PagedSource(options);
  const reads = (): number => fileSystem.log.filter(({ name }) => name === 'read').length;
  for (let round = 0; round < 5; round += 1) {
    for (const offset of [10, 50_000, 4_090, 99_990]) source.window(offset, 10);
  }
  // 4,090 and the ten bytes from there lie in two pages.
  t.is(reads(), 4);
  source.window(0, 100_000);
  t.is(reads(), 5, 'a long window is read in one go');
});

test('a walk is read many pages at a time, and a page that cannot be read fails when it is touched', (t) => {
  const pages = 100;
  const bytes = new SeededRandom(4).fill(new Uint8Array(pages * PAGE_BYTES - 9));
  const { options, fileSystem } = fileOf(bytes);
  const pageSums = sumsOf(bytes);
  const rotted = pageSums[60]!;
  pageSums[60]! ^= 1;
  const source = new PagedSource({ ...options, pageSums });
  const reads = (): number => fileSystem.log.filter(({ name }) => name === 'read').length;
  for (let page = 0; page < pages; page += 1) {
    const length = Math.min(PAGE_BYTES, bytes.length - page * PAGE_BYTES);
    if (page === 60) t.throws(() => source.window(page * PAGE_BYTES, length), { code: 'DAMAGED' });
    else look(source, page * PAGE_BYTES, length);
  }
  t.true(reads() < 20, `${reads()} reads`);
  pageSums[60] = rotted;
  const before = reads();
  for (const page of [3, 99, 41]) look(new PagedSource({ ...options, pageSums }), page * PAGE_BYTES, 1);
  t.is(reads() - before, 3, 'a lookup reads what it needs');
});

test('of the pages in memory the least recently used makes room', (t) => {
  const { options, fileSystem } = fileOf(new Uint8Array(10 * PAGE_BYTES));
  const source = new PagedSource({ ...options, slots: 4 });
  const readsFor = (pages: readonly number[]): number => {
    const before = fileSystem.operationCount;
    for (const page of pages) source.window(page * PAGE_BYTES, 1);
    return fileSystem.operationCount - before;
  };
  t.is(readsFor([0, 1, 2, 3]), 4);
  t.is(readsFor([0, 4]), 1, 'page 1 makes room');
  t.is(readsFor([0, 2, 3, 4]), 0);
  t.is(readsFor([1]), 1);
});

test('pages take memory as they are asked for, up to the limit, and stay right while it grows', (t) => {
  const pages = 90;
  const bytes = new SeededRandom(9).fill(new Uint8Array(pages * PAGE_BYTES - 9));
  const { options, fileSystem } = fileOf(bytes);
  const source = new PagedSource({ ...options, pageSums: sumsOf(bytes), slots: 128 });
  const reads = (): number => fileSystem.log.filter(({ name }) => name === 'read').length;
  // Steps of 7 pages, so that each is asked for, and no row is read ahead.
  const lookAtAll = (): void => {
    for (let step = 0; step < pages; step += 1) {
      const offset = ((step * 7) % pages) * PAGE_BYTES + 5;
      t.is(look(source, offset, 70).compare(bytes, offset, offset + 70), 0);
      // Two pages joined, of which the first may be the current one.
      const joined = Math.max(0, offset - 40);
      t.is(look(source, joined, 70).compare(bytes, joined, joined + 70), 0);
    }
  };
  source.window(0, 1);
  t.is(source.bytes.length, 16 * PAGE_BYTES);
  lookAtAll();
  source.window(0, 1);
  t.is(source.bytes.length, 92 * PAGE_BYTES, 'all pages, and no more');
  lookAtAll();
  const before = reads();
  lookAtAll();
  t.is(reads(), before);
});

test('a damaged page is never taken for the one whose place it took', (t) => {
  const bytes = new SeededRandom(8).fill(new Uint8Array(5 * PAGE_BYTES));
  const pageSums = sumsOf(bytes);
  bytes[4 * PAGE_BYTES]! ^= 1;
  const source = new PagedSource({ ...fileOf(bytes).options, pageSums, slots: 4 });
  for (const page of [0, 1, 2, 3]) source.window(page * PAGE_BYTES, 1);
  t.throws(() => source.window(4 * PAGE_BYTES, 1), { code: 'DAMAGED' });
  for (const page of [0, 1, 2, 3]) {
    t.is(look(source, page * PAGE_BYTES, 9).compare(bytes, page * PAGE_BYTES, page * PAGE_BYTES + 9), 0);
  }
});

test('the bytes of a window stay as they are until the next call', (t) => {
  const bytes = new SeededRandom(6).fill(new Uint8Array(60_000));
  const source = new PagedSource({ ...fileOf(bytes).options, slots: 4 });
  for (let offset = 0; offset < 50_000; offset += 777) {
    source.window(offset, 300);
    t.deepEqual(
      Buffer.from(source.bytes.subarray(source.at, source.at + 300)),
      Buffer.from(bytes.subarray(offset, offset + 300)),
    );
  }
});

test('a source takes no memory for pages that it does not have', (t) => {
  const source = new PagedSource(fileOf(new Uint8Array(5_000)).options);
  source.window(4_999, 1);
  t.is(source.bytes.length, 4 * PAGE_BYTES);
});

test('a file that was cut under the source is an error, not zeros', (t) => {
  const { options, fileSystem, descriptor } = fileOf(new Uint8Array(20_000));
  const source = new PagedSource(options);
  fileSystem.truncate(descriptor, 5_000);
  const error = t.throws(() => source.window(19_000, 10));
  t.true(isStatelogError(error, 'IO_FAILED'));
});

test('sums and a mapping that do not fit are refused', (t) => {
  const { options } = fileOf(new Uint8Array(5_000));
  t.throws(() => new PagedSource({ ...options, pageSums: new Uint32Array(1) }), { instanceOf: RangeError });
  const mapping = mappingOf(new Uint8Array(5_000), 8192);
  t.throws(() => new PagedSource({ ...options, mapping }), { instanceOf: RangeError });
  t.throws(() => new PagedSource({ ...options, slots: 6 }), { instanceOf: RangeError });
});
