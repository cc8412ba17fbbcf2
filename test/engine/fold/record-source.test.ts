import { openSync, readFileSync, writeFileSync, writeSync, closeSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import type { StatelogError } from '../../../src/engine/errors.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { FoldRecordSource } from '../../../src/engine/fold/lookup/record-source.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { SeededRandom } from '../../simulated-disk/index.js';
import { tempDir } from '../../support/temp-dir.js';
import { logOf, putRecord } from './log-bytes.js';

const SEED = 31;
const MIB = 1024 * 1024;
/** As much of a log as is kept in memory. */
const KEPT_BYTES = 32 * MIB;

test('values of all lengths are read while the log grows to more than is kept of it', (t) => {
  const random = new SeededRandom(SEED);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const file = path.join(tempDir(t), 'long.snap');
  const { store } = AppendLogFold.open(file, Infinity);
  const model = new Map<string, Uint8Array>();
  const check = (key: string): void => {
    const expected = model.get(key)!;
    if (Buffer.compare(store.get(key)!.value, expected) !== 0) t.fail(`${key} is another, seed ${SEED}`);
  };
  const keys: string[] = [];
  for (let round = 0; store.sizeBytes < KEPT_BYTES + 4 * MIB; round++) {
    for (let index = 0; index < 20; index++) {
      const length = below([100, 5000, 17_000, 200_000][below(4)]!);
      const value = new Uint8Array(length).fill(below(256));
      const key = `${round}/${index}`;
      keys.push(key);
      model.set(key, value);
      store.write(KvUpdate.put(key, value));
    }
    if (round % 3 === 2) store.checkpoint();
    for (let index = 0; index < 30; index++) check(keys[below(keys.length)]!);
  }
  for (const key of keys) check(key);
  t.is(store.count, keys.length);
  store.close();
});

test('a record that was good is checked again when it is read again from the file', (t) => {
  const file = path.join(tempDir(t), 'rot.snap');
  const first = putRecord('a', 'first value');
  const filler = putRecord('b', new Uint8Array(KEPT_BYTES - MIB));
  const last = putRecord('c', new Uint8Array(MIB - 100).fill(1));
  const ends = Array.from({ length: 40 }, (_, index) => putRecord(`d${index}`, new Uint8Array(1000)));
  writeFileSync(file, logOf(first, filler, last, ...ends));
  const fileSystem = realFileSystem();
  const descriptor = fileSystem.openRead(file);
  const source = new FoldRecordSource({
    fileSystem,
    descriptor,
    path: file,
    size: readFileSync(file).length,
  });
  t.is(Buffer.from(source.read(6, first.length).value()).toString(), 'first value');

  const writing = openSync(file, 'r+');
  writeSync(writing, Uint8Array.of(0xff), 0, 1, 6 + first.length - 4);
  closeSync(writing);
  t.is(Buffer.from(source.read(6, first.length).value()).toString(), 'first value', 'kept in memory');

  // One of these lies as many bytes further on as are kept, so that it takes the first one's place.
  let offset = 6 + first.length + filler.length + last.length;
  for (const record of ends) {
    t.is(source.read(offset, record.length).valueLength, 1000);
    offset += record.length;
  }
  const error = t.throws<StatelogError>(() => source.read(6, first.length));
  t.is(error.code, 'DAMAGED');
  t.like(error.details, { offset: 6, class: 'checksum-mismatch' });
  fileSystem.close(descriptor);
});

test('a log whose values are read once keeps the last mebibyte of them in memory, and another up to 32', (t) => {
  const file = path.join(tempDir(t), 'once.snap');
  const records = Array.from({ length: 3 * 1024 }, (_, index) =>
    putRecord(`k${index}`, new Uint8Array(1000)),
  );
  writeFileSync(file, logOf(...records));
  const disk = realFileSystem();
  const readAgain = (readOnce: boolean): number => {
    let reads = 0;
    const fileSystem = withReplaced(disk, {
      read: (...all) => {
        reads += 1;
        return disk.read(...all);
      },
    });
    const { store } = AppendLogFold.load(file, { fileSystem, readOnce });
    for (let index = 0; index < records.length; index++) store.get(`k${index}`);
    reads = 0;
    for (const key of ['k0', 'k3071']) t.is(store.get(key)!.value.length, 1000);
    store.close();
    return reads;
  };
  t.is(readAgain(false), 0);
  t.is(readAgain(true), 1);
});
