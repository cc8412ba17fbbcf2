import {
  SimulatedDisk,
  SimulatedFileSystem,
  type CrashScenario,
  type PowerLossOptions,
} from '../../simulated-disk/index.js';
import type { CheckpointPace } from '../../../src/engine/directory/write/writer-environment.js';
import type { SeededRandom } from '../../simulated-disk/seeded-random.js';
import {
  checkDirectory,
  DirectoryRecorder,
  emptyStoreDisk,
  newDirectoryBook,
  type Content,
  type DirectoryBook,
} from './directory-book.js';

/** A checkpoint is due at once, and each group of changes does one step of it. */
export const STEP_BY_STEP: CheckpointPace = {
  logBytesMax: 0,
  tailBytesMax: 2 ** 40,
  sliceSteps: 1,
  groupStepsMin: 1,
};

/** What is done to a store that is open. */
export type DirectoryWorkload = (recorder: DirectoryRecorder) => Promise<void>;

/** So many keys that the index of a checkpoint after three changes is patched, and not written anew. */
const KEYS_TO_PATCH = 64;
const keyToPatch = (number: number): string => `key ${String(number).padStart(3, '0')}`;

function fillForPatches(recorder: DirectoryRecorder): void {
  for (let number = 0; number < KEYS_TO_PATCH; number++) recorder.put(keyToPatch(number), `value ${number}`);
}

/** One of each thing that writes. */
export const DIRECTORY_WORKLOADS: Readonly<Record<string, DirectoryWorkload>> = {
  'single puts and deletes': async (recorder) => {
    recorder.put('a', 'first');
    await recorder.sync();
    recorder.delete('b');
    await recorder.sync();
    recorder.put('e', 'x'.repeat(9000));
    await recorder.sync();
  },
  'a group of changes': async (recorder) => {
    for (let index = 0; index < 12; index++) recorder.put(`key${index % 5}`, `value ${index}`);
    await recorder.sync();
    recorder.delete('key1');
    recorder.put('a', 'again');
    await recorder.commit(14n);
  },
  'atomic groups': async (recorder) => {
    recorder.put('a', 'before them');
    recorder.group({ one: '1', two: '1', three: '1', four: '1', five: '1' });
    recorder.put('b', 'between them');
    recorder.group({ six: '2', seven: 'x'.repeat(5000), eight: '2', nine: '2' }, 7n);
    recorder.group({ ten: '3', eleven: '3' });
    await recorder.sync();
    recorder.group({ twelve: '4', thirteen: '4', fourteen: '4' });
    recorder.put('d', 'behind them');
    await recorder.sync();
    recorder.group({ fifteen: '5', sixteen: '5' });
    await recorder.checkpoint();
  },
  'atomic groups over reopenings': async (recorder) => {
    for (let round = 0; round < 2; round++) {
      recorder.group({ [`x${round}`]: 'v', [`y${round}`]: 'v', [`z${round}`]: 'v'.repeat(600) });
      await recorder.sync();
      recorder.close();
      await recorder.open();
    }
  },
  'a checkpoint': async (recorder) => {
    recorder.put('f', 'new');
    await recorder.checkpoint();
    recorder.put('g', 'after it');
    await recorder.sync();
  },
  'checkpoints of which one is kept': async (recorder) => {
    recorder.put('f', 'new');
    await recorder.checkpoint(1);
    recorder.delete('f');
    await recorder.checkpoint();
  },
  'a compaction': async (recorder) => {
    recorder.put('a', 'overwritten');
    await recorder.compact();
    recorder.put('a', 'after it');
    await recorder.sync();
  },
  'a checkpoint that compacts by itself': async (recorder) => {
    for (let round = 0; round < 3; round++) {
      for (const key of ['a', 'b', 'd']) recorder.put(key, `${key} ${round} `.repeat(40));
      await recorder.checkpoint();
    }
  },
  'changes beside a checkpoint': async (recorder) => {
    recorder.close();
    await recorder.open(STEP_BY_STEP);
    for (let round = 0; round < 18; round++) {
      recorder.put(`key${round % 4}`, `value ${round}`);
      if (round % 5 === 1) recorder.delete(`key${(round + 1) % 4}`);
      if (round % 6 === 3) await recorder.commit(BigInt(round));
      else await recorder.sync();
    }
  },
  'puts into a log that is taken in late': async (recorder) => {
    recorder.close();
    await recorder.open(undefined, true);
    recorder.put('a', 'alone');
    await recorder.sync();
    for (let index = 0; index < 3; index++) recorder.put(`key${index}`, 'x'.repeat(3000));
    await recorder.sync();
    recorder.put('b', 'not synced when the log is taken in');
    recorder.delete('a');
    await recorder.sync();
    recorder.close();
    await recorder.open(STEP_BY_STEP, true);
    for (let round = 0; round < 6; round++) {
      recorder.put(`key${round % 2}`, `value ${round}`);
      await recorder.sync();
    }
  },
  'checkpoints whose index is patched': async (recorder) => {
    fillForPatches(recorder);
    await recorder.checkpoint();
    for (let round = 0; round < 3; round++) {
      recorder.put(keyToPatch(7 * round), `round ${round}`);
      recorder.put(`${keyToPatch(11 * round)} new`, 'it came');
      recorder.delete(keyToPatch(5 + 13 * round));
      await recorder.checkpoint(1 + (round % 2));
    }
    recorder.put(keyToPatch(3), 'after them');
    await recorder.sync();
  },
  'changes beside a checkpoint whose index is patched': async (recorder) => {
    fillForPatches(recorder);
    await recorder.checkpoint();
    recorder.close();
    await recorder.open(STEP_BY_STEP);
    for (let round = 0; round < 24; round++) {
      recorder.put(keyToPatch(round % 3), `round ${round}`);
      if (round % 9 === 4) recorder.put(`${keyToPatch(20)} ${round}`, 'it came');
      if (round % 9 === 6) recorder.delete(`${keyToPatch(20)} ${round - 2}`);
      await recorder.sync();
    }
  },
  'closing while a checkpoint is made': async (recorder) => {
    for (const rounds of [2, 5, 9]) {
      recorder.close();
      await recorder.open(STEP_BY_STEP);
      for (let round = 0; round < rounds; round++) {
        recorder.put(`key${round % 3}`, `${rounds}, ${round}`);
        await recorder.sync();
      }
    }
  },
  'reopening again and again': async (recorder) => {
    for (let round = 0; round < 3; round++) {
      recorder.put(`round ${round}`, 'x');
      await recorder.sync();
      recorder.close();
      await recorder.open();
    }
    await recorder.checkpoint();
    recorder.close();
    await recorder.open();
    recorder.put('last', 'y');
    await recorder.sync();
  },
  'closing with an older record of a close': async (recorder) => {
    recorder.put('a', 'behind what the record says');
    await recorder.sync();
    recorder.closeKeepingRecord();
    await recorder.open();
    recorder.put('b', 'and this');
    recorder.put('c', 'in one group');
    await recorder.sync();
    recorder.closeKeepingRecord();
    await recorder.open();
    await recorder.checkpoint();
    recorder.closeKeepingRecord();
    await recorder.open();
    recorder.put('d', 'in another epoch than the record');
    await recorder.sync();
  },
};

/** Some steps that were never written down by anybody. */
export function randomWorkload(random: SeededRandom): DirectoryWorkload {
  const steps: DirectoryWorkload[] = [];
  const keys = 2 + random.below(6);
  const sizes = [0, 8, 30, 200, 700, 4200];
  let lines = 0n;
  for (let step = 2 + random.below(5); step > 0; step--) {
    const group = Array.from({ length: 1 + random.below(5) }, () => ({
      key: `k${random.below(keys)}`,
      value: `${random.below(1000)}`.padEnd(sizes[random.below(sizes.length)]!, '.'),
      isDelete: random.below(4) === 0,
    }));
    lines += BigInt(group.length);
    const atLines = lines;
    const end = random.below(8);
    const keep = 1 + random.below(3);
    steps.push(async (recorder) => {
      for (const { key, value, isDelete } of group) {
        if (isDelete) recorder.delete(key);
        else recorder.put(key, value);
      }
      if (end === 0) await recorder.checkpoint(keep);
      else if (end === 1) await recorder.compact();
      else if (end === 2) await recorder.commit(atLines);
      else await recorder.sync();
      if (end !== 3) return;
      recorder.close();
      await recorder.open();
    });
  }
  return async (recorder) => {
    for (const step of steps) await step(recorder);
  };
}

/** A disk with a store that has a checkpoint or two, and a log, and what it holds. */
export async function usedStore(
  cores: number,
  pageBytes?: number,
): Promise<{ disk: SimulatedDisk; content: Content }> {
  const disk = emptyStoreDisk(new SimulatedDisk(pageBytes === undefined ? {} : { pageBytes }), cores);
  const book = newDirectoryBook(cores);
  const recorder = new DirectoryRecorder(new SimulatedFileSystem({ disk }), book);
  await recorder.open();
  for (const key of ['a', 'b', 'c', 'd']) recorder.put(key, `old ${key}`);
  await recorder.checkpoint();
  recorder.put('b', 'newer');
  await recorder.checkpoint();
  recorder.delete('c');
  await recorder.sync();
  recorder.close();
  return { disk, content: book.states.at(-1)! };
}

/** Opens a store, does the work, and is cut short at every moment of it. */
export function directoryScenario(
  start: { readonly disk: SimulatedDisk; readonly content: Content },
  cores: number,
  workload: DirectoryWorkload,
  options: PowerLossOptions,
): CrashScenario<DirectoryBook> {
  let images = 0;
  return {
    disk: start.disk,
    book: () => newDirectoryBook(cores, start.content),
    run: async (fileSystem, book) => {
      const recorder = new DirectoryRecorder(fileSystem, book);
      await recorder.open();
      await workload(recorder);
      recorder.close();
    },
    check: async ({ disk }, book) => {
      images += 1;
      await checkDirectory(disk, book, images % 3 === 0);
    },
    options,
  };
}
