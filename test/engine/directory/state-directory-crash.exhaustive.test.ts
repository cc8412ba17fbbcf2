import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { exploreCrashes } from '../../simulated-disk/index.js';
import { STORE } from '../../torture/crash/directory-book.js';
import {
  DIRECTORY_WORKLOADS,
  directoryScenario,
  usedStore,
} from '../../torture/crash/directory-workloads.js';

/*
 * A few images of every moment; `npm run torture` looks at a million. After a power loss at any moment the store
 * opens, and holds what some prefix of the changes attempted would give, one that has all that was acknowledged.
 */

for (const cores of [1, 2]) {
  for (const [name, workload] of Object.entries(DIRECTORY_WORKLOADS)) {
    test(`no power loss during ${name} loses what was acknowledged, ${cores} cores`, async (t) => {
      const start = await usedStore(cores);
      const report = await exploreCrashes(
        directoryScenario(start, cores, workload, { imagesMax: 4, samples: 8 }),
      );
      t.log(`${report.images} images at ${report.moments} moments`);
      t.true(report.images > 40);
    });
  }
}

test('no power loss during the creation of a store leaves half of one', async (t) => {
  const report = await exploreCrashes({
    book: () => ({ created: false }),
    run: (fileSystem, book) => {
      fileSystem.makeDirectory('/stores');
      fileSystem.syncDirectory('/');
      StateDirectory.create(STORE, { cores: 3, fileSystem });
      book.created = true;
    },
    check: ({ fileSystem }, book) => {
      if (fileSystem.status(STORE) !== undefined) StateDirectory.openReadOnly(STORE, { fileSystem }).close();
      else if (book.created) throw new Error('it was created, and is gone');
    },
  });
  t.true(report.images > 20);
});
