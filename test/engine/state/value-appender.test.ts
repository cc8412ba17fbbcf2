import { ftruncateSync, openSync, closeSync, writeSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { crc32c } from '../../../src/engine/bytes/crc/checksum.js';
import { encodeStateHeader } from '../../../src/engine/state/format/state-header.js';
import { pageCount, VALUE_REGION_BYTES_MAX } from '../../../src/engine/state/format/format.js';
import { ValueFileAppender } from '../../../src/engine/state/write/value-appender.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { failEvery, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { tempDir } from '../../support/temp-dir.js';

const PATH = '/state.db';

function sumsOf(bytes: Uint8Array): number[] {
  return Array.from({ length: pageCount(bytes.length) }, (_, page) =>
    crc32c(bytes, page * 4096, Math.min(bytes.length, (page + 1) * 4096)),
  );
}

function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) bytes[at] = at * 13 + seed * 101 + (at >> 8);
  return bytes;
}

test('values lie behind each other in the file, with the sums of their pages, however it is gone on with', (t) => {
  const lengths = fc.array(fc.oneof(fc.nat(50), fc.nat(20_000), fc.constant(1_100_000)), { maxLength: 12 });
  const property = fc.property(lengths, fc.nat(12), fc.boolean(), (all, resumedAt, knowsSums) => {
    const fileSystem = new SimulatedFileSystem();
    const options = { fileSystem, path: PATH };
    const descriptor = fileSystem.createExclusive(PATH);
    let values = ValueFileAppender.create(options, descriptor, 5n);
    let expected = Buffer.alloc(0);
    for (const [index, length] of all.entries()) {
      const value = noise(length, index);
      if (values.append(value) !== expected.length) return false;
      expected = Buffer.concat([expected, value]);
      if (index !== resumedAt) continue;
      values.drain();
      const pageSums = knowsSums ? values.pageSums() : undefined;
      // What a failed attempt left above is written over.
      const { writePos } = values;
      values.append(noise(5000, 99));
      values.drain();
      values = ValueFileAppender.resume(options, descriptor, { writePos, pageSums });
    }
    values.sync();
    const stored = fileSystem.disk.fileBytes(PATH).subarray(32, 32 + expected.length);
    return (
      values.generation === 5n &&
      values.writePos === expected.length &&
      Buffer.compare(stored, expected) === 0 &&
      JSON.stringify([...values.pageSums()]) === JSON.stringify(sumsOf(expected))
    );
  });
  t.notThrows(() => fc.assert(property, { numRuns: 40 }));
});

test('a page that rotted is not summed anew: it stays known as damaged', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const options = { fileSystem, path: PATH };
  const descriptor = fileSystem.createExclusive(PATH);
  const first = ValueFileAppender.create(options, descriptor, 1n);
  const value = noise(6000, 1);
  first.append(value);
  first.drain();
  const pageSums = first.pageSums();
  fileSystem.write(descriptor, Uint8Array.of(0xee), 0, 1, 32 + 5000);
  const second = ValueFileAppender.resume(options, descriptor, { writePos: 6000, pageSums });
  second.append(noise(100, 2));
  second.drain();
  t.deepEqual([...second.pageSums()], sumsOf(Uint8Array.from([...value, ...noise(100, 2)])));
});

test('values past 4 GiB are refused before anything is written', (t) => {
  const file = path.join(tempDir(t), 'state.db');
  const sparse = openSync(file, 'w');
  writeSync(sparse, encodeStateHeader(1n));
  ftruncateSync(sparse, 32 + VALUE_REGION_BYTES_MAX);
  closeSync(sparse);
  const fileSystem = realFileSystem();
  const descriptor = fileSystem.openReadWrite(file);
  const values = ValueFileAppender.resume({ fileSystem, path: file }, descriptor, {
    writePos: VALUE_REGION_BYTES_MAX - 10,
  });
  t.throws(() => values.append(new Uint8Array(11)), { code: 'LIMIT_EXCEEDED' });
  t.is(values.writePos, VALUE_REGION_BYTES_MAX - 10);
  t.is(values.append(new Uint8Array(10)), VALUE_REGION_BYTES_MAX - 10);
  t.throws(() => values.append(new Uint8Array(1)), { code: 'LIMIT_EXCEEDED' });
  t.is(values.append(new Uint8Array(0)), VALUE_REGION_BYTES_MAX);
  values.sync();
  t.is(fileSystem.statusOf(descriptor).size, 32 + VALUE_REGION_BYTES_MAX);
  values.close();
  t.throws(() => values.append(new Uint8Array(1)), { code: 'CLOSED' });
});

test('a file shorter than its values is not gone on with', (t) => {
  const fileSystem = new SimulatedFileSystem();
  const descriptor = fileSystem.createExclusive(PATH);
  ValueFileAppender.create({ fileSystem, path: PATH }, descriptor, 1n);
  t.throws(() => ValueFileAppender.resume({ fileSystem, path: PATH }, descriptor, { writePos: 1025 }), {
    code: 'DAMAGED',
  });
});

test('after a write or a sync failed, everything is refused', (t) => {
  for (const call of ['write', 'fdatasync']) {
    // The first write is that of the header.
    const fileSystem = new SimulatedFileSystem({ plan: failEvery(call, 'EIO', call === 'write' ? 1 : 0) });
    const descriptor = fileSystem.createExclusive(PATH);
    const values = ValueFileAppender.create({ fileSystem, path: PATH }, descriptor, 1n);
    values.append(noise(10, 1));
    t.throws(() => values.sync(), { code: 'IO_FAILED' });
    t.throws(() => values.append(noise(10, 1)), { code: 'POISONED' });
    t.throws(() => values.drain(), { code: 'POISONED' });
    t.throws(() => values.sync(), { code: 'POISONED' });
  }
});

test('room is reserved ahead, and where the disk has less, only what is needed', (t) => {
  const capacities: number[] = [];
  const fileSystem = new SimulatedFileSystem({
    plan: ({ name, offset }) => {
      if (name !== 'fallocate') return undefined;
      capacities.push(offset);
      return offset > 60_000 ? { kind: 'error', errno: 'ENOSPC', when: 'before' } : undefined;
    },
  });
  const descriptor = fileSystem.createExclusive(PATH);
  const values = ValueFileAppender.create({ fileSystem, path: PATH, reserve: true }, descriptor, 1n);
  values.append(new Uint8Array(30_000));
  values.drain();
  t.is(values.fileLength, 1.5 * 30_032);
  values.append(new Uint8Array(20_000));
  values.drain();
  t.is(values.fileLength, 50_032);
  t.deepEqual(capacities, [1056, 45_048, 75_048, 50_032]);
});
