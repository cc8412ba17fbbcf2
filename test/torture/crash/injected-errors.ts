import { isStatelogError } from '../../../src/engine/errors.js';
import {
  failAt,
  powerLossImages,
  shortWriteAt,
  SimulatedFileSystem,
  type FaultPlan,
  type SimulatedDisk,
  type SimulatedOperation,
} from '../../simulated-disk/index.js';
import { ARTIFACT_WORKS, newArtifactDisk } from '../../engine/artifact/crash-workload.js';
import { applySteps, checkRecovered, makeSteps, newBook } from '../../engine/fold/crash-workload.js';
import { emptyFoldDisk } from './fold-disk.js';
import type { TortureRow, TortureTask } from '../row.js';
import { checkDirectory, DirectoryRecorder, newDirectoryBook } from './directory-book.js';
import { DIRECTORY_WORKLOADS, usedStore } from './directory-workloads.js';
import { repairWorks } from './repair-works.js';

/** In `npm test`, every so many calls. */
const PART_STEP = 41;

/** Each call of everything that writes fails once with each error, or takes a part of its bytes. */
export const injectedErrorsRow: TortureRow = {
  id: 'injected-errors',
  title: 'calls that fail, each error',
  figures: { part: 'all', usual: 'all', long: 'all' },
  shardsMax: 2,
  run: async (task) => {
    for (const [name, work] of [...(await worksOf())]) {
      const calls = await callsOf(work);
      for (const [index, call] of calls.entries()) {
        if (!task.isMine(index) || (task.scale === 'part' && index % PART_STEP > 1)) continue;
        for (const [what, plan] of faultsOf(call)) await tryFault(task, name, work, call, what, plan);
      }
    }
  },
};

interface Work {
  readonly disk: () => SimulatedDisk;
  /** Does the work, and throws what it throws. What it returns checks what is left. */
  readonly run: (fileSystem: SimulatedFileSystem) => Promise<void>;
  readonly check: (disk: SimulatedDisk) => Promise<void>;
}

/** A work is made anew for each fault: it notes down what was acknowledged. */
type MakeWork = () => Work;

async function worksOf(): Promise<Map<string, MakeWork>> {
  const works = new Map<string, MakeWork>();
  for (const cores of [1, 2]) {
    const start = await usedStore(cores);
    for (const [name, workload] of Object.entries(DIRECTORY_WORKLOADS)) {
      works.set(`${name}, ${cores} cores`, () => {
        const book = newDirectoryBook(cores, start.content);
        return {
          disk: () => start.disk.clone(),
          run: async (fileSystem) => {
            const recorder = new DirectoryRecorder(fileSystem, book);
            try {
              await recorder.open();
              await workload(recorder);
            } finally {
              recorder.close();
            }
          },
          check: async (disk) => {
            await checkDirectory(disk, book, true);
          },
        };
      });
    }
  }
  works.set('applies to a fold log', () => {
    const book = newBook(makeSteps(3, 5, 90));
    return {
      disk: emptyFoldDisk,
      run: (fileSystem) => {
        applySteps(fileSystem, book, { reopenEach: true });
        return Promise.resolve();
      },
      check: (disk) => {
        checkRecovered(new SimulatedFileSystem({ disk }), book);
        return Promise.resolve();
      },
    };
  });
  for (const [name, { run, check }] of Object.entries(ARTIFACT_WORKS)) {
    works.set(name, () => {
      let isAcknowledged = false;
      return {
        disk: newArtifactDisk,
        run: (fileSystem) => {
          run(fileSystem);
          isAcknowledged = true;
          return Promise.resolve();
        },
        check: (disk) => {
          if (!check(new SimulatedFileSystem({ disk })) && isAcknowledged)
            throw new Error('R1: it is not there');
          return Promise.resolve();
        },
      };
    });
  }
  for (const [name, { disk, run, check }] of Object.entries(await repairWorks())) {
    works.set(name, () => {
      let isDone = false;
      return {
        disk,
        run: async (fileSystem) => {
          await run(fileSystem);
          isDone = true;
        },
        check: (image) => {
          check(image, isDone);
          return Promise.resolve();
        },
      };
    });
  }
  return works;
}

async function callsOf(make: MakeWork): Promise<readonly SimulatedOperation[]> {
  const work = make();
  const fileSystem = new SimulatedFileSystem({ disk: work.disk(), log: true });
  await work.run(fileSystem);
  return fileSystem.log;
}

function* faultsOf({
  index,
  name,
  bytes,
  mutating,
}: SimulatedOperation): Generator<readonly [string, FaultPlan]> {
  yield ['EIO', failAt(index, 'EIO')];
  if (!mutating) return;
  yield ['EIO after it took effect', failAt(index, 'EIO', 'after')];
  yield ['ENOSPC', failAt(index, 'ENOSPC')];
  if (name === 'open' || name === 'mkdir') yield ['EACCES', failAt(index, 'EACCES')];
  if (name !== 'write') return;
  for (const taken of new Set([1, bytes >>> 1, bytes - 1])) {
    if (taken > 0 && taken < bytes) yield [`${taken} of ${bytes} bytes`, shortWriteAt(index, taken)];
  }
}

async function tryFault(
  task: TortureTask,
  name: string,
  make: MakeWork,
  call: SimulatedOperation,
  what: string,
  plan: FaultPlan,
): Promise<void> {
  task.count += 1;
  const where = `${name}, call ${call.index}, ${call.name} ${call.path}: ${what}`;
  try {
    const work = make();
    const disk = work.disk();
    const fileSystem = new SimulatedFileSystem({ disk, plan, log: true });
    await runToItsError(work, fileSystem);
    if (fileSystem.openPaths.length > 0) throw new Error(`left open: ${fileSystem.openPaths.join(', ')}`);
    checkNoSecondSync(fileSystem.log, call, what);
    const [image] = powerLossImages(disk, { seed: task.seed + call.index, imagesMax: 1 });
    await work.check(image!.disk);
    await work.check(disk);
  } catch (error) {
    task.report(where, error);
  }
}

async function runToItsError(work: Work, fileSystem: SimulatedFileSystem): Promise<void> {
  try {
    await work.run(fileSystem);
  } catch (error) {
    if (!isStatelogError(error) || error.code === 'INTERNAL') throw error;
    if (error.message === '') throw new Error('R5: an error without a word', { cause: error });
  }
}

/** R8: after a sync of a log failed, the writer that it failed for never syncs it again. */
function checkNoSecondSync(log: readonly SimulatedOperation[], call: SimulatedOperation, what: string): void {
  const isSync = call.name === 'fdatasync' && what.startsWith('E');
  if (!isSync || !/(wal-\d+\.log|\.snap)$/.test(call.path)) return;
  const after = log.slice(call.index + 1).filter(({ path }) => path === call.path);
  // Whoever opens it after that, or puts another file in its place, is another writer.
  const again = after.find(({ name }) => ['fdatasync', 'rename', 'open'].includes(name));
  if (again?.name === 'fdatasync') throw new Error('R8: it was synced again after a sync had failed');
}
