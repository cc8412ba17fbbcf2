import test, { type ExecutionContext } from 'ava';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { exploreCrashesInPlace, powerLossImages, SimulatedFileSystem } from '../../simulated-disk/index.js';
import {
  BookedStore,
  checkStateImage,
  newStateBook,
  newStateDisk,
  patternBytes,
  STATE_PATH,
  type StateBook,
} from './crash-workload.js';

/** Checks every image of every moment of a workload; at least so many, or the workload does too little. */
async function survives(
  t: ExecutionContext,
  run: (fileSystem: SimulatedFileSystem, book: StateBook) => void,
  { disk = newStateDisk(), imagesMin = 200, options = {} } = {},
): Promise<void> {
  const { images } = await exploreCrashesInPlace({
    disk,
    book: newStateBook,
    run,
    check: ({ fileSystem }, book) => {
      checkStateImage(fileSystem, book);
    },
    options,
  });
  t.log(`${images} images`);
  t.true(images >= imagesMin, `only ${images} images`);
}

test('a power loss while a store is created leaves none, or an empty one', async (t) => {
  await survives(t, (fileSystem, book) => {
    new BookedStore(fileSystem, book).store.close();
  });
});

test('a power loss leaves what was saved last, or what is being saved', async (t) => {
  await survives(t, (fileSystem, book) => {
    const booked = new BookedStore(fileSystem, book);
    booked.put('a', patternBytes(10, 1));
    booked.put('b', patternBytes(5000, 2));
    booked.save('flush');
    booked.put('a', patternBytes(20, 3));
    booked.delete('b');
    booked.put('', patternBytes(0, 0));
    booked.save('saveIndex');
    booked.store.close();
    const again = new BookedStore(fileSystem, book);
    again.put('c', patternBytes(300, 4));
    again.save('flush');
  });
});

test('a power loss while compacting loses nothing', async (t) => {
  await survives(t, (fileSystem, book) => {
    const booked = new BookedStore(fileSystem, book);
    for (let key = 0; key < 12; key += 1) booked.put(`key ${key}`, patternBytes(90 * key, key));
    booked.save('flush');
    for (let key = 0; key < 12; key += 2) booked.delete(`key ${key}`);
    booked.put('unsaved', patternBytes(9, 9));
    booked.save('compact');
    booked.put('later', patternBytes(1000, 5));
    booked.save('compact');
    booked.store.close();
  });
});

test('until it is flushed, a store that was cleared, restored or compacted by itself can be fallen back from', async (t) => {
  await survives(t, (fileSystem, book) => {
    const booked = new BookedStore(fileSystem, book);
    booked.put('old', patternBytes(100, 1));
    booked.save('flush');
    booked.clear();
    booked.put('new', patternBytes(100, 2));
    booked.clear();
    booked.put('newer', patternBytes(200, 3));
    booked.save('flush');
    booked.restore([
      ['r1', patternBytes(10, 4)],
      ['r2', patternBytes(4096, 5)],
    ]);
    booked.put('r3', patternBytes(10, 6));
    booked.save('flush');
    for (let key = 0; key < 102; key += 1) booked.put(`many ${key}`, patternBytes(40, key));
    booked.save('flush');
    for (let key = 0; key < 102; key += 1) booked.put(`many ${key}`, patternBytes(50, key));
    for (let key = 0; key < 102; key += 1) booked.put(`many ${key}`, patternBytes(60, key));
    booked.save('flush');
    booked.store.close();
  });
});

test('pages that the disk writes in any order are told from those that it never wrote', async (t) => {
  await survives(
    t,
    (fileSystem, book) => {
      const booked = new BookedStore(fileSystem, book);
      booked.put('a', patternBytes(9000, 1));
      for (let key = 0; key < 150; key += 1)
        booked.put(`key ${key} ${'k'.repeat(40)}`, patternBytes(20, key));
      booked.save('flush');
      booked.put('b', patternBytes(9000, 2));
      booked.save('compact');
      booked.store.close();
    },
    { disk: newStateDisk(4096), options: { samples: 24, allSubsetsUpTo: 6 } },
  );
});

test('a power loss while a crash is being recovered from is as safe as any other', async (t) => {
  let images = 0;
  await exploreCrashesInPlace({
    disk: newStateDisk(),
    book: newStateBook,
    run: (fileSystem, book) => {
      const booked = new BookedStore(fileSystem, book);
      booked.put('a', patternBytes(50, 1));
      booked.save('flush');
      booked.put('b', patternBytes(50, 2));
      booked.save('compact');
      booked.store.close();
    },
    check: ({ disk }, book) => {
      const recovering = disk.clone();
      const lookEach = (): undefined => {
        for (const image of powerLossImages(recovering, { tears: 'none', imagesMax: 6 })) {
          images += 1;
          checkStateImage(image.fileSystem, book);
        }
      };
      const fileSystem = new SimulatedFileSystem({
        disk: recovering,
        plan: ({ mutating }) => (mutating ? lookEach() : undefined),
      });
      MmapStateStore.persistent(STATE_PATH, 0, { fileSystem }).close();
    },
    options: { tears: 'edges', imagesMax: 24 },
  });
  t.log(`${images} images`);
  t.true(images > 1000);
});
