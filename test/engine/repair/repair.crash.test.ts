import test from 'ava';
import { exploreCrashesInPlace } from '../../simulated-disk/index.js';
import { REPAIR_WORKS, repairWorks } from '../../torture/crash/repair-works.js';

const works = repairWorks();

for (const name of REPAIR_WORKS) {
  test(`a power loss during ${name} leaves it whole or not there, and the source as it was`, async (t) => {
    const { disk, run, check } = (await works)[name];
    const report = await exploreCrashesInPlace({
      disk: disk(),
      book: () => ({ done: false }),
      run: async (fileSystem, book) => {
        await run(fileSystem);
        book.done = true;
      },
      check: (image, book) => {
        check(image.disk, book.done);
      },
      options: { imagesMax: 4, samples: 4 },
    });
    t.true(report.moments > 5);
  });
}
