import {
  SimulatedDisk,
  type CrashScenario,
  type PowerLossOptions,
  type SimulatedFileSystem,
} from '../../simulated-disk/index.js';
import type { SeededRandom } from '../../simulated-disk/seeded-random.js';
import { createSynchronousStorageIo } from '../../../src/engine/storage-io/submission/create-storage-io.js';
import { recoverSegment } from '../../../src/engine/wal/recover/recovery.js';
import { CoreWalWriter } from '../../../src/engine/wal/write/writer.js';

const PATH = '/wal/wal-0.log';

/** Values appended to a segment, in order, and how many of them were acknowledged. */
interface SegmentBook {
  readonly values: string[];
  acknowledged: number;
}

interface SegmentWork {
  /** Sizes of the values of each group. */
  readonly groups: readonly (readonly number[])[];
  readonly isSubmitted: boolean;
  readonly bufferBytes: number;
}

function randomWork(random: SeededRandom): SegmentWork {
  const sizes = [0, 5, 60, 300, 900, 2500];
  const groups = Array.from({ length: 2 + random.below(4) }, () =>
    Array.from({ length: 1 + random.below(6) }, () => sizes[random.below(sizes.length)]!),
  );
  return { groups, isSubmitted: random.below(2) === 0, bufferBytes: 400 + random.below(3000) };
}

function append(fileSystem: SimulatedFileSystem, book: SegmentBook, work: SegmentWork): void {
  const writer = CoreWalWriter.create(0, PATH, { fileSystem, bufferBytes: work.bufferBytes });
  const storageIo = work.isSubmitted ? createSynchronousStorageIo(fileSystem) : undefined;
  for (const [group, sizes] of work.groups.entries()) {
    for (const size of sizes) {
      const value = `${group} ${book.values.length} `.padEnd(size, '.');
      book.values.push(value);
      if (storageIo === undefined) writer.appendPut(Buffer.from('k'), Buffer.from(value));
      else writer.appendPutViaStorageIo(Buffer.from('k'), Buffer.from(value), storageIo);
    }
    if (storageIo === undefined) {
      writer.sync();
    } else {
      writer.syncViaStorageIo(storageIo);
      writer.checkCompletions(storageIo.pollCompletions());
    }
    book.acknowledged = book.values.length;
  }
  writer.close();
}

/** What recovery finds is a prefix of what was appended, with all that was acknowledged, and can be gone on with. */
function check(
  fileSystem: SimulatedFileSystem,
  book: SegmentBook,
  { takeOver, goesOn }: { readonly takeOver: boolean; readonly goesOn: boolean },
): void {
  if (fileSystem.status(PATH) === undefined) {
    if (book.acknowledged > 0) throw new Error('R1: the segment is gone');
    return;
  }
  const found: string[] = [];
  const report = recoverSegment({
    fileSystem,
    path: PATH,
    coreId: 0,
    takeOver,
    onRecord: (view) => {
      const { bytes, valueStart, valueLength } = view;
      found.push(Buffer.from(bytes.subarray(valueStart, valueStart + valueLength)).toString());
    },
  });
  if (found.length < book.acknowledged) {
    throw new Error(`R1: ${found.length} records of ${book.acknowledged} acknowledged`);
  }
  const strange = found.findIndex((value, index) => value !== book.values[index]);
  if (strange >= 0) throw new Error(`R2: record ${strange} is ${found[strange]!.slice(0, 40)}`);
  if (!goesOn) return;
  const { nextSequence, position } = report;
  const writer = CoreWalWriter.openAt(0, PATH, position, { fileSystem, start: { nextSequence } });
  writer.appendDelete(Buffer.from('after'));
  writer.sync();
  writer.close();
  const again = recoverSegment({ fileSystem, path: PATH, coreId: 0, takeOver: false });
  if (again.records !== found.length + 1) throw new Error(`R6: ${again.records} records after one more`);
}

/** A writer of one segment, directly or through a StorageIo. */
export function segmentScenario(
  random: SeededRandom,
  options: PowerLossOptions,
): Omit<CrashScenario<SegmentBook>, 'check'> & {
  check: (image: { fileSystem: SimulatedFileSystem }, book: SegmentBook) => void;
} {
  const work = randomWork(random);
  const pageBytes = random.below(2) === 0 ? 512 : undefined;
  const disk = new SimulatedDisk(pageBytes === undefined ? {} : { pageBytes });
  disk.plantFile('/wal/neighbour', Uint8Array.of(1));
  let images = 0;
  return {
    disk,
    book: () => ({ values: [], acknowledged: 0 }),
    run: (fileSystem, book) => {
      append(fileSystem, book, work);
    },
    check: ({ fileSystem }, book) => {
      images += 1;
      check(fileSystem, book, { takeOver: images % 2 === 0, goesOn: images % 3 === 0 });
    },
    options,
  };
}
