import test from 'ava';
import {
  CrashViolation,
  exploreCrashes,
  exploreCrashesInPlace,
  SimulatedDisk,
  skipSyncs,
} from '../../simulated-disk/index.js';
import { applySteps, checkRecovered, makeSteps, newBook } from '../../engine/fold/crash-workload.js';
import { DIRECTORY_WORKLOADS, directoryScenario, usedStore } from './directory-workloads.js';

/*
 * The torture's own honesty: with a sync of the engine left out, exploring finds what is lost, and says in which
 * call, and which image, so that it can be seen again.
 */

const LEFT_OUT: readonly (readonly [what: string, calls: RegExp, paths: RegExp, workload: string])[] = [
  ['the sync of a segment', /^fdatasync$/, /wal-0\.log$/, 'single puts and deletes'],
  ['the sync of a group', /^fdatasync$/, /wal-0\.log$/, 'a group of changes'],
  ['the sync of the manifest', /^fsync$/, /MANIFEST\.json/, 'a checkpoint'],
  ['the sync of the store after the manifest is renamed', /^fsyncFolder$/, /orders$/, 'a checkpoint'],
  ['the sync of a checkpoint’s values', /^f(data)?sync$/, /state-0\.db/, 'a compaction'],
  ['the sync of a checkpoint’s index', /^fsync$/, /state-0\.idx/, 'a checkpoint'],
  ['the sync of a checkpoint’s folder', /^fsyncFolder$/, /checkpoints\/\d+$/, 'a checkpoint'],
  ['the sync of the folder of checkpoints', /^fsyncFolder$/, /checkpoints$/, 'a checkpoint'],
  ['the sync of a log’s folder', /^fsyncFolder$/, /wal\/\d+$/, 'a checkpoint'],
  ['the sync of the folder of logs', /^fsyncFolder$/, /wal$/, 'a checkpoint'],
];

for (const [what, calls, paths, workload] of LEFT_OUT) {
  test(`without ${what}, ${workload} is found to lose something`, async (t) => {
    const options = { seed: 5, imagesMax: 60 };
    const scenario = directoryScenario(await usedStore(1), 1, DIRECTORY_WORKLOADS[workload]!, options);
    await t.notThrowsAsync(exploreCrashes({ ...scenario, options: { ...options, imagesMax: 2 } }));
    const violation = await t.throwsAsync(exploreCrashes({ ...scenario, faults: skipSyncs(calls, paths) }), {
      instanceOf: CrashViolation,
    });
    t.regex(violation.message, /^power loss (before call \d+, \w+ \/stores\/orders|at the end)/);
    t.regex(violation.message, /\n(kept|lost): /);
  });
}

test('without the sync of a fold log, an apply is found to be lost', async (t) => {
  const disk = new SimulatedDisk();
  disk.plantFile('/store/neighbour', Uint8Array.of(1));
  const violation = await t.throwsAsync(
    exploreCrashesInPlace({
      disk,
      book: () => newBook(makeSteps(3, 3, 30)),
      run: (fileSystem, book) => {
        applySteps(fileSystem, book);
      },
      check: ({ fileSystem }, book) => {
        checkRecovered(fileSystem, book);
      },
      faults: skipSyncs(/^fdatasync$/, /fold\.snap/),
    }),
    { instanceOf: CrashViolation },
  );
  t.regex(violation.message, /^power loss before call \d+/);
});
