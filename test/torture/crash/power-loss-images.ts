import {
  exploreCrashes,
  exploreCrashesInPlace,
  type CrashReport,
  type PowerLossOptions,
} from '../../simulated-disk/index.js';
import { SeededRandom } from '../../simulated-disk/seeded-random.js';
import {
  applySteps,
  checkRecovered,
  makeSteps,
  newBook as newFoldBook,
} from '../../engine/fold/crash-workload.js';
import { checkStateImage, newStateBook, newStateDisk } from '../../engine/state/crash-workload.js';
import type { TortureRow, TortureTask } from '../row.js';
import { DIRECTORY_WORKLOADS, directoryScenario, randomWorkload, usedStore } from './directory-workloads.js';
import { emptyFoldDisk } from './fold-disk.js';
import { recoveryScenario } from './recovery-workload.js';
import { segmentScenario } from './segment-workload.js';
import { randomStateWork } from './state-workload.js';

/** Each round is another workload; of its images at a moment, as many are chosen by the seed. */
const IMAGES_A_MOMENT = 40;
/** A directory has many more moments in a round than a file, and each image of one costs more. */
const DIRECTORY_IMAGES_A_MOMENT = 20;

/** Of each hundred images, how many are of each kind; directories are where all the rest comes together. */
const KINDS: readonly (readonly [kind: string, share: number, round: Round])[] = [
  ['directory', 8, directoryRound],
  ['fold', 20, foldRound],
  ['segment', 64, segmentRound],
  ['recovery', 2, recoveryRound],
  ['state', 6, stateRound],
];

export const powerLossImagesRow: TortureRow = {
  id: 'power-loss-images',
  title: 'power-loss images',
  figures: { part: 20_000, usual: 1_000_000, long: 50_000_000 },
  shardsMax: 2,
  run: async (task) => {
    const kinds = KINDS.map(([name, share, round]) => ({ name, share, round, images: 0, ms: 0 }));
    while (task.isUnfinished) {
      // A round of whichever kind is the furthest behind its share.
      const kind = kinds.reduce((a, b) => (b.images / b.share < a.images / a.share ? b : a));
      const started = performance.now();
      const before = task.count;
      const variant = task.random.below(2 ** 31);
      await kind.round(task, variant, new SeededRandom(variant));
      kind.images += task.count - before;
      kind.ms += performance.now() - started;
    }
    const shares = kinds.map(({ name, images, ms }) => {
      return `${name} ${images} (${((1000 * ms) / images).toFixed(0)} us each)`;
    });
    task.notes.push(shares.join(', '));
  },
};

type Round = (task: TortureTask, variant: number, random: SeededRandom) => Promise<void>;

function optionsOf(variant: number, imagesMax = IMAGES_A_MOMENT): PowerLossOptions {
  return { seed: variant, imagesMax, samples: 24 };
}

async function directoryRound(...[task, variant, random]: Parameters<Round>): Promise<void> {
  const cores = 1 + random.below(3);
  const start = await usedStore(cores, random.below(3) === 0 ? 512 : undefined);
  const names = Object.keys(DIRECTORY_WORKLOADS);
  const name = names[random.below(2 * names.length)];
  const workload = name === undefined ? randomWorkload(random) : DIRECTORY_WORKLOADS[name]!;
  const options = optionsOf(variant, DIRECTORY_IMAGES_A_MOMENT);
  await explore(task, `${name ?? 'random changes'} of a directory, ${cores} cores, variant ${variant}`, () =>
    exploreCrashes(directoryScenario(start, cores, workload, options)),
  );
}

async function recoveryRound(...[task, variant, random]: Parameters<Round>): Promise<void> {
  const cores = 1 + random.below(2);
  const scenario = await recoveryScenario(random, cores, optionsOf(variant, DIRECTORY_IMAGES_A_MOMENT));
  await explore(task, `recovery of a directory, ${cores} cores, variant ${variant}`, () =>
    exploreCrashes(scenario),
  );
}

async function foldRound(...[task, variant, random]: Parameters<Round>): Promise<void> {
  const steps = makeSteps(2 + random.below(3), 2 + random.below(6), 10 + random.below(200));
  const reopenEach = random.below(2) === 0;
  const disk = emptyFoldDisk(random.below(2) === 0 ? 256 : undefined);
  await explore(task, `applies to a fold log, variant ${variant}`, () =>
    exploreCrashesInPlace({
      disk,
      book: () => newFoldBook(steps),
      run: (fileSystem, book) => {
        applySteps(fileSystem, book, { reopenEach });
      },
      check: ({ fileSystem }, book) => {
        checkRecovered(fileSystem, book);
      },
      options: optionsOf(variant),
    }),
  );
}

async function stateRound(...[task, variant, random]: Parameters<Round>): Promise<void> {
  const disk = newStateDisk(random.below(2) === 0 ? 4096 : undefined);
  const run = randomStateWork(random);
  await explore(task, `saves of a state file, variant ${variant}`, () =>
    exploreCrashesInPlace({
      disk,
      book: newStateBook,
      run,
      check: ({ fileSystem }, book) => {
        checkStateImage(fileSystem, book);
      },
      options: optionsOf(variant),
    }),
  );
}

async function segmentRound(...[task, variant, random]: Parameters<Round>): Promise<void> {
  await explore(task, `appends to a segment, variant ${variant}`, () =>
    exploreCrashesInPlace(segmentScenario(random, optionsOf(variant))),
  );
}

async function explore(task: TortureTask, where: string, run: () => Promise<CrashReport>): Promise<void> {
  try {
    task.count += (await run()).images;
  } catch (error) {
    task.report(where, error);
    task.count += 1;
  }
}
