import test from 'ava';
import { isStatelogError } from '../../../src/engine/errors.js';
import {
  exploreCrashesInPlace,
  failAt,
  powerLossImages,
  SimulatedFileSystem,
} from '../../simulated-disk/index.js';
import { TRANSFER_WORKS, transferDisk } from './transfer-works.js';

for (const [name, { run, check }] of Object.entries(TRANSFER_WORKS)) {
  test(`a power loss during ${name} leaves it whole or not there, and whole once it is acknowledged`, async (t) => {
    const report = await exploreCrashesInPlace({
      disk: await transferDisk(),
      book: () => ({ acknowledged: false }),
      run: async (fileSystem, book) => {
        await run(fileSystem);
        book.acknowledged = true;
      },
      check: ({ fileSystem }, book) => {
        const there = check(fileSystem);
        if (book.acknowledged && !there) throw new Error('it is not there');
      },
      options: { samples: 8, tears: 'none' },
    });
    t.true(report.images > 20);
  });

  test(`any call that fails during ${name} leaves nothing half-done, and is reported as one of our errors`, async (t) => {
    const before = await transferDisk();
    const counting = new SimulatedFileSystem({ disk: before.clone() });
    await run(counting);
    for (let index = 0; index < counting.operationCount; index++) {
      // Either half of the calls fails in another way: both for each call would take twice as long.
      const when = index % 2 === 0 ? 'before' : 'after';
      const disk = before.clone();
      const fileSystem = new SimulatedFileSystem({ disk, plan: failAt(index, 'EIO', when) });
      let acknowledged = true;
      try {
        await run(fileSystem);
      } catch (error) {
        if (!isStatelogError(error)) throw error;
        acknowledged = false;
      }
      t.deepEqual(fileSystem.openPaths, [], `call ${index}: a file stays open`);
      const there = check(new SimulatedFileSystem({ disk }));
      t.true(there || !acknowledged, `call ${index}: acknowledged and not there`);
      if (!acknowledged) continue;
      for (const image of powerLossImages(disk, { tears: 'none' })) t.true(check(image.fileSystem));
    }
  });
}
