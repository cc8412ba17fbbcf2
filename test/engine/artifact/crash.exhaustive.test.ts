import test from 'ava';
import { isStatelogError } from '../../../src/engine/errors.js';
import {
  exploreCrashesInPlace,
  failAt,
  powerLossImages,
  SimulatedFileSystem,
} from '../../simulated-disk/index.js';
import { ARTIFACT_WORKS, newArtifactDisk } from './crash-workload.js';

for (const [name, { run, check }] of Object.entries(ARTIFACT_WORKS)) {
  test(`a power loss during ${name} leaves it whole or not there, and whole once it is acknowledged`, async (t) => {
    const report = await exploreCrashesInPlace({
      disk: newArtifactDisk(),
      book: () => ({ acknowledged: false }),
      run: (fileSystem, book) => {
        run(fileSystem);
        book.acknowledged = true;
      },
      check: ({ fileSystem }, book) => {
        const there = check(fileSystem);
        if (book.acknowledged && !there) throw new Error('it is not there');
      },
      options: { samples: 32, tears: 'edges' },
    });
    t.true(report.images > 50);
  });

  test(`any call that fails during ${name} leaves nothing half-done, and is reported as one of our errors`, (t) => {
    const counting = new SimulatedFileSystem({ disk: newArtifactDisk() });
    run(counting);
    for (let index = 0; index < counting.operationCount; index++) {
      for (const when of ['before', 'after'] as const) {
        const disk = newArtifactDisk();
        const fileSystem = new SimulatedFileSystem({ disk, plan: failAt(index, 'EIO', when) });
        let acknowledged = true;
        try {
          run(fileSystem);
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
    }
  });
}
