import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import {
  exploreCrashes,
  exploreCrashesInPlace,
  type CrashReport,
  type PowerLossOptions,
} from '../../simulated-disk/index.js';
import { SeededRandom } from '../../simulated-disk/seeded-random.js';
import { ARTIFACT_WORKS, newArtifactDisk } from '../../engine/artifact/crash-workload.js';
import { applySteps, checkRecovered, makeSteps, newBook } from '../../engine/fold/crash-workload.js';
import { checkStateImage, newStateBook, newStateDisk } from '../../engine/state/crash-workload.js';
import type { TortureRow, TortureTask } from '../row.js';
import { STORE } from './directory-book.js';
import { emptyFoldDisk } from './fold-disk.js';
import { DIRECTORY_WORKLOADS, directoryScenario, usedStore } from './directory-workloads.js';
import { recoveryScenario } from './recovery-workload.js';
import { repairWorks, type RepairWork } from './repair-works.js';
import { segmentScenario } from './segment-workload.js';
import { randomStateWork } from './state-workload.js';

const RECOVERIES = { part: 1, usual: 12, long: 400 } as const;

/** Everything that writes, cut short at every call that changes the disk; a few images of each. */
export const crashPointsRow: TortureRow = {
  id: 'crash-points',
  title: 'operations with a crash point',
  figures: { part: 'all', usual: 'all', long: 'all' },
  shardsMax: 2,
  run: async (task) => {
    const repairs = await repairWorks();
    for (const [index, [name, explore]] of [...worksOf(task, repairs)].entries()) {
      if (!task.isMine(index)) continue;
      try {
        task.count += (await explore()).moments;
      } catch (error) {
        task.report(name, error);
      }
    }
  },
};

type Work = readonly [name: string, explore: () => Promise<CrashReport>];

function* worksOf(task: TortureTask, repairs: Readonly<Record<string, RepairWork>>): Generator<Work> {
  const options: PowerLossOptions = {
    seed: task.seed,
    imagesMax: task.scale === 'part' ? 2 : 12,
    samples: 8,
  };
  for (const cores of [1, 3]) {
    for (const [name, workload] of Object.entries(DIRECTORY_WORKLOADS)) {
      yield [
        `${name}, ${cores} cores`,
        async () => exploreCrashes(directoryScenario(await usedStore(cores), cores, workload, options)),
      ];
    }
  }
  yield ['creation of a directory', () => creation(options)];
  for (const reopenEach of [false, true]) {
    yield [`applies to a fold log, reopened: ${reopenEach}`, () => applies(options, reopenEach)];
  }
  for (const [name, { run, check }] of Object.entries(ARTIFACT_WORKS)) {
    yield [
      name,
      () =>
        exploreCrashesInPlace({
          disk: newArtifactDisk(),
          book: () => ({ acknowledged: false }),
          run: (fileSystem, book) => {
            run(fileSystem);
            book.acknowledged = true;
          },
          check: ({ fileSystem }, book) => {
            if (!check(fileSystem) && book.acknowledged) throw new Error('R1: it is not there');
          },
          options,
        }),
    ];
  }
  for (const [name, { disk, run, check }] of Object.entries(repairs)) {
    yield [
      name,
      () =>
        exploreCrashesInPlace({
          disk: disk(),
          book: () => ({ done: false }),
          run: async (fileSystem, book) => {
            await run(fileSystem);
            book.done = true;
          },
          check: (image, book) => {
            check(image.disk, book.done);
          },
          options,
        }),
    ];
  }
  for (let variant = 1; variant <= RECOVERIES[task.scale]; variant++) {
    const random = new SeededRandom(task.seed + variant);
    yield [
      `recovery, variant ${variant}`,
      async () => exploreCrashes(await recoveryScenario(random, 1 + (variant % 3), options)),
    ];
    yield [
      `a state file, variant ${variant}`,
      () =>
        exploreCrashesInPlace({
          disk: newStateDisk(),
          book: newStateBook,
          run: randomStateWork(random),
          check: ({ fileSystem }, book) => {
            checkStateImage(fileSystem, book);
          },
          options,
        }),
    ];
    yield [`a segment, variant ${variant}`, () => exploreCrashesInPlace(segmentScenario(random, options))];
  }
}

function applies(options: PowerLossOptions, reopenEach: boolean): Promise<CrashReport> {
  return exploreCrashesInPlace({
    disk: emptyFoldDisk(256),
    book: () => newBook(makeSteps(4, 5, 90)),
    run: (fileSystem, book) => {
      applySteps(fileSystem, book, { reopenEach });
    },
    check: ({ fileSystem }, book) => {
      checkRecovered(fileSystem, book);
    },
    options,
  });
}

function creation(options: PowerLossOptions): Promise<CrashReport> {
  return exploreCrashesInPlace({
    book: () => ({ created: false }),
    run: (fileSystem, book) => {
      fileSystem.makeDirectory('/stores');
      fileSystem.syncDirectory('/');
      StateDirectory.create(STORE, { cores: 3, fileSystem });
      book.created = true;
    },
    check: ({ fileSystem }, book) => {
      if (fileSystem.status(STORE) !== undefined) StateDirectory.openReadOnly(STORE, { fileSystem }).close();
      else if (book.created) throw new Error('R1: it was created, and is gone');
    },
    options,
  });
}
