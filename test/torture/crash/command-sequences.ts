import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import {
  crashAt,
  powerLossImages,
  SimulatedCrash,
  SimulatedDisk,
  SimulatedFileSystem,
} from '../../simulated-disk/index.js';
import { SeededRandom } from '../../simulated-disk/seeded-random.js';
import { applySteps, checkRecovered, LOG, makeSteps, newBook } from '../../engine/fold/crash-workload.js';
import { checkStateImage, newStateBook, newStateDisk } from '../../engine/state/crash-workload.js';
import type { TortureRow, TortureTask } from '../row.js';
import {
  checkDirectory,
  DirectoryRecorder,
  emptyStoreDisk,
  newDirectoryBook,
  type Content,
} from './directory-book.js';
import { randomWorkload } from './directory-workloads.js';
import { emptyFoldDisk } from './fold-disk.js';
import { randomStateWork } from './state-workload.js';

const ROUNDS_MAX = 4;
/** A process lives this many calls at most, or to the end of its work. */
const CALLS_MAX = 250;

/**
 * Random commands against a plain map, over several lives of the process: each ends by itself, by a kill or by a
 * power loss, and the next goes on with what it finds.
 */
export const commandSequencesRow: TortureRow = {
  id: 'command-sequences',
  title: 'command sequences',
  figures: { part: 300, usual: 20_000, long: 2_000_000 },
  shardsMax: 2,
  run: async (task) => {
    while (task.isUnfinished) {
      const variant = task.random.below(2 ** 31);
      const kind = SEQUENCES[task.count % SEQUENCES.length]!;
      await tryOne(task, variant, kind);
    }
  },
};

type Sequence = (random: SeededRandom) => void | Promise<void>;

const SEQUENCES: readonly Sequence[] = [directorySequence, foldSequence, directorySequence, stateSequence];

async function tryOne(task: TortureTask, variant: number, sequence: Sequence): Promise<void> {
  task.count += 1;
  try {
    await sequence(new SeededRandom(variant));
  } catch (error) {
    task.report(`${sequence.name}, variant ${variant}`, error);
  }
}

async function directorySequence(random: SeededRandom): Promise<void> {
  const cores = [1, 1, 2, 4][random.below(4)]!;
  let disk = emptyStoreDisk(new SimulatedDisk(random.below(3) === 0 ? { pageBytes: 512 } : {}), cores);
  let content: Content = new Map();
  let lines = 0n;
  for (let round = 1 + random.below(ROUNDS_MAX); round > 0; round--) {
    const book = { ...newDirectoryBook(cores, content), lines, attemptedLines: lines };
    const fileSystem = new SimulatedFileSystem({ disk, plan: deathOf(random) });
    const recorder = new DirectoryRecorder(fileSystem, book);
    await untilDeath(async () => {
      await recorder.open();
      await randomWorkload(random)(recorder);
      await recorder.sync();
      recorder.close();
    });
    disk = leftBy(disk, random);
    content = await checkDirectory(disk, book, true);
    // Where a commit was cut short, its lines may be there, more or fewer than before, which the map does not know.
    lines = book.lines;
    if (book.attemptedLines !== book.lines) return;
  }
}

async function foldSequence(random: SeededRandom): Promise<void> {
  let disk = emptyFoldDisk(random.below(3) === 0 ? 256 : undefined);
  const book = newBook(makeSteps(3 + random.below(4), 1 + random.below(6), 10 + random.below(300)));
  for (let round = 1 + random.below(ROUNDS_MAX); round > 0; round--) {
    const fileSystem = new SimulatedFileSystem({ disk, plan: deathOf(random) });
    await untilDeath(() => {
      applySteps(fileSystem, book, { reopenEach: random.below(2) === 0 });
      const { store } = AppendLogFold.open(LOG, random.below(200), { fileSystem });
      if (random.below(2) === 0) store.compact();
      store.close();
    });
    disk = leftBy(disk, random);
    checkRecovered(new SimulatedFileSystem({ disk }), book);
    // Of an apply that was cut short a part may be there, which the map does not know.
    if (book.attempted > book.acknowledged) return;
  }
}

async function stateSequence(random: SeededRandom): Promise<void> {
  let disk = newStateDisk(random.below(3) === 0 ? 4096 : undefined);
  const book = newStateBook();
  const fileSystem = new SimulatedFileSystem({ disk, plan: deathOf(random) });
  await untilDeath(() => {
    randomStateWork(random)(fileSystem, book);
  });
  disk = leftBy(disk, random);
  checkStateImage(new SimulatedFileSystem({ disk }), book);
}

/** The process dies at some call, or lives to the end of its work. */
function deathOf(random: SeededRandom): ReturnType<typeof crashAt> | undefined {
  return random.below(4) === 0 ? undefined : crashAt(random.below(CALLS_MAX));
}

async function untilDeath(life: () => void | Promise<void>): Promise<void> {
  try {
    await life();
  } catch (error) {
    if (!(error instanceof SimulatedCrash)) throw error;
  }
}

/** The process alone died, or the power went as well. */
function leftBy(disk: SimulatedDisk, random: SeededRandom): SimulatedDisk {
  if (random.below(2) === 0) return disk;
  const [image] = powerLossImages(disk, { seed: random.below(2 ** 31), imagesMax: 1 });
  return image!.disk;
}
