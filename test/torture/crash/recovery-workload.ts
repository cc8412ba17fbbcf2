import {
  crashAt,
  powerLossImages,
  SimulatedCrash,
  SimulatedFileSystem,
  type CrashScenario,
  type PowerLossOptions,
  type SimulatedDisk,
} from '../../simulated-disk/index.js';
import type { SeededRandom } from '../../simulated-disk/seeded-random.js';
import {
  checkDirectory,
  copyOfBook,
  DirectoryRecorder,
  newDirectoryBook,
  type DirectoryBook,
} from './directory-book.js';
import { randomWorkload, usedStore } from './directory-workloads.js';

/**
 * A crash in the recovery from a crash: the workload is to open what a power loss, or the death of the process,
 * has left, and to close it again.
 */
export async function recoveryScenario(
  random: SeededRandom,
  cores: number,
  options: PowerLossOptions,
): Promise<CrashScenario<DirectoryBook>> {
  const { disk, book } = await crashedStore(random, cores);
  let images = 0;
  return {
    disk,
    book: () => copyOfBook(book),
    run: async (fileSystem, own) => {
      const recorder = new DirectoryRecorder(fileSystem, own);
      await recorder.open();
      recorder.close();
    },
    check: async (image, own) => {
      images += 1;
      await checkDirectory(image.disk, own, images % 3 === 0);
    },
    options,
  };
}

/** A store as a crash in the middle of something has left it, and what is known of its content. */
async function crashedStore(
  random: SeededRandom,
  cores: number,
): Promise<{ disk: SimulatedDisk; book: DirectoryBook }> {
  const start = await usedStore(cores);
  const workload = randomWorkload(random);
  const run = async (disk: SimulatedDisk, plan?: ReturnType<typeof crashAt>) => {
    const fileSystem = new SimulatedFileSystem({ disk, plan });
    const book = newDirectoryBook(cores, start.content);
    const recorder = new DirectoryRecorder(fileSystem, book);
    try {
      await recorder.open();
      await workload(recorder);
      recorder.close();
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
    }
    return { fileSystem, book };
  };
  const whole = await run(start.disk.clone());
  const { fileSystem, book } = await run(
    start.disk.clone(),
    crashAt(random.below(whole.fileSystem.operationCount)),
  );
  // The process alone died, or the power went as well.
  if (random.below(3) === 0) return { disk: fileSystem.disk, book };
  const [image] = powerLossImages(fileSystem.disk, { seed: random.below(2 ** 31), imagesMax: 1 });
  return { disk: image!.disk, book };
}
