import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { crc32c } from '../../../src/engine/bytes/crc/checksum.js';
import { INDEX_BYTES_MAX, pageCount } from '../../../src/engine/state/format/format.js';
import { type IndexFileFields, IndexFileWriter } from '../../../src/engine/state/write/index-file-writer.js';
import { HEAD_CHECKED_BYTES, readIndexHead } from '../../../src/engine/state/format/index-head.js';
import {
  expectedIndexBytes,
  indexBytesMax,
  indexBytesMin,
} from '../../../src/engine/state/format/index-size.js';
import type { IndexMeasure } from '../../../src/engine/state/format/index-size.js';
import { openStateFile } from '../../../src/engine/state/read/state-file-open.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { SimulatedFileSystem } from '../../simulated-disk/index.js';
import { fixturePath } from '../../support/fixtures.js';

interface Place {
  readonly key: Uint8Array;
  readonly offset: number;
  readonly length: number;
}

const FIELDS: IndexFileFields = {
  writePos: 0,
  nextVersion: 1n,
  storeId: new Uint8Array(16).fill(9),
  generation: 3n,
  epoch: 4n,
  coreId: 5,
  valuePageSums: new Uint32Array(0),
};

interface Guess {
  readonly keyBytes?: number;
  readonly writePosExpected?: number;
  readonly similar?: IndexMeasure;
  readonly block?: boolean;
}

/** Writes an index to a simulated disk; the file's bytes, and what the writer says of it. */
function write(places: readonly Place[], fields: IndexFileFields, guess: Guess = {}) {
  const fileSystem = new SimulatedFileSystem();
  const descriptor = fileSystem.createExclusive('/a.idx');
  const keyBytes = places.reduce((sum, { key }) => sum + key.length, 0);
  const options = { fileSystem, descriptor, path: '/a.idx', count: places.length, keyBytes, ...guess };
  const writer = new IndexFileWriter(options);
  for (const { key, offset, length } of places) writer.add(key, offset, length);
  const result = writer.finish(fields);
  const { size } = fileSystem.statusOf(descriptor);
  const bytes = new Uint8Array(size);
  fileSystem.read(descriptor, bytes, 0, size, 0);
  return { bytes, result, head: readIndexHead(fileSystem, descriptor, '/a.idx') };
}

function placesOf(count: number, keyLength: (index: number) => number): Place[] {
  return Array.from({ length: count }, (_, index) => {
    const key = new Uint8Array(keyLength(index)).fill(0x61);
    new DataView(key.buffer).setUint32(0, index);
    return { key, offset: 0, length: 0 };
  });
}

for (const name of ['state-empty', 'state-one', 'state-small', 'state-medium', 'state-large']) {
  test(`the index of ${name}, written without a block, is the file that LaminarDB wrote`, (t) => {
    const file = openStateFile(realFileSystem(), fixturePath(`${name}.db`));
    const places: Place[] = [];
    const cursor = file.cursor();
    for (let valid = cursor.first(); valid; valid = cursor.next()) {
      places.push({ key: cursor.key, offset: cursor.offset, length: cursor.length });
    }
    const fields = { ...FIELDS, writePos: file.writePos, nextVersion: file.nextVersion };
    const { bytes } = write(places, fields, { block: false });
    t.deepEqual(Buffer.from(bytes), readFileSync(fixturePath(`${name}.idx`)));
    file.close();
  });
}

test('an index is the same whatever size was expected of it', (t) => {
  const places = placesOf(6000, (index) => 4 + (index % 37));
  const writePos = 200_000;
  const valuePageSums = new Uint32Array(pageCount(writePos)).map((_, page) => page * 77);
  const fields = { ...FIELDS, writePos, valuePageSums };
  const { bytes, result } = write(places, fields, { writePosExpected: writePos });
  const guesses: Guess[] = [
    {},
    { keyBytes: 0 },
    { keyBytes: 5_000_000, writePosExpected: 90_000_000 },
    { writePosExpected: 90_000_000 },
    { similar: { count: 1, keyBytes: 0, indexLength: 10_000 } },
  ];
  for (const guess of guesses) {
    const other = write(places, fields, guess);
    t.deepEqual(other.bytes, bytes);
    t.deepEqual(other.result, result);
  }
});

test('what is read back of an index is what was written', (t) => {
  const lengths = fc.array(fc.integer({ min: 4, max: 200 }), { maxLength: 700 });
  const property = fc.property(lengths, fc.nat(60_000), (keyLengths, writePos) => {
    const places = placesOf(keyLengths.length, (index) => keyLengths[index]!);
    const valuePageSums = new Uint32Array(pageCount(writePos)).map((_, page) => page + 1);
    const { bytes, result, head } = write(places, { ...FIELDS, writePos, valuePageSums });
    const { block } = head;
    return (
      block?.generation === 3n &&
      block.epoch === 4n &&
      block.coreId === 5 &&
      block.keyBytes === keyLengths.reduce((sum, length) => sum + length, 0) &&
      block.liveBytes === 0 &&
      block.valuePageSums.every((sum, page) => sum === page + 1) &&
      block.indexPageSums.every(
        (sum, page) =>
          crc32c(bytes, head.start + page * 4096, Math.min(bytes.length, head.start + (page + 1) * 4096)) ===
          sum,
      ) &&
      head.length === result.indexLength &&
      head.headCrc === result.headCrc &&
      head.headCrc === crc32c(bytes, 0, HEAD_CHECKED_BYTES)
    );
  });
  t.notThrows(() => fc.assert(property, { numRuns: 100 }));
});

test('the size of an index lies within what is told of it beforehand', (t) => {
  const lengths = fc.array(fc.integer({ min: 4, max: 40 }), { maxLength: 1500 });
  const property = fc.property(lengths, (keyLengths) => {
    const places = placesOf(keyLengths.length, (index) => keyLengths[index]!);
    const { result } = write(places, FIELDS);
    return (
      indexBytesMin(result) <= result.indexLength &&
      result.indexLength <= indexBytesMax(result) &&
      expectedIndexBytes(result, result) === result.indexLength
    );
  });
  t.notThrows(() => fc.assert(property, { numRuns: 60 }));
});

test('an index that would pass 2 GiB is refused before anything is written', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const descriptor = fileSystem.createExclusive('/a.idx');
  const options = { fileSystem, descriptor, path: '/a.idx', count: 10, keyBytes: INDEX_BYTES_MAX };
  t.throws(() => new IndexFileWriter(options), { code: 'LIMIT_EXCEEDED' });
  t.is(fileSystem.statusOf(descriptor).size, 0);
});

test('a key that is not above the last one is told from a good index', (t) => {
  const [first, second] = placesOf(2, () => 8) as [Place, Place];
  t.throws(() => write([second, first], FIELDS), { code: 'DAMAGED' });
  t.throws(() => write([first, first], FIELDS), { code: 'DAMAGED' });
});
