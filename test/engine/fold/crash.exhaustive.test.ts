import test from 'ava';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import {
  SimulatedDisk,
  type PowerLossImage,
  type PowerLossOptions,
  exploreCrashesInPlace,
} from '../../simulated-disk/index.js';
import {
  type FoldBook,
  type Step,
  LOG,
  applyStep,
  applySteps,
  checkRecovered,
  makeSteps,
  newBook,
} from './crash-workload.js';

const options: PowerLossOptions = { seed: 7, samples: 12, tears: 'edges' };

function emptyDisk(pageBytes?: number): SimulatedDisk {
  const disk = new SimulatedDisk(pageBytes === undefined ? {} : { pageBytes });
  disk.plantFile('/store/neighbour', Uint8Array.of(1));
  return disk;
}

/** What has to hold after each power loss: all that was acknowledged, and a log that takes more. */
function check(image: PowerLossImage, book: FoldBook): void {
  const { fileSystem } = image;
  checkRecovered(fileSystem, book);
  const { store } = AppendLogFold.open(LOG, Infinity, { fileSystem, compactOnOpen: false });
  if (book.acknowledged < book.steps.length) {
    const later = { ...book };
    applyStep(store, later);
    store.close();
    checkRecovered(fileSystem, { ...later, attempted: later.acknowledged });
  }
}

const workloads: readonly {
  name: string;
  steps: readonly Step[];
  pageBytes?: number;
  reopenEach?: boolean;
}[] = [
  { name: 'small applies', steps: makeSteps(4, 3, 20) },
  { name: 'small applies with a reopening after each', steps: makeSteps(4, 2, 20), reopenEach: true },
  { name: 'applies of several pages', steps: makeSteps(3, 8, 120), pageBytes: 256 },
  {
    name: 'applies of several pages with reopenings',
    steps: makeSteps(3, 6, 150),
    pageBytes: 256,
    reopenEach: true,
  },
];

for (const { name, steps, pageBytes, reopenEach = false } of workloads) {
  test(`no power loss during ${name} loses what was acknowledged`, async (t) => {
    const report = await exploreCrashesInPlace({
      disk: emptyDisk(pageBytes),
      book: () => newBook(steps),
      run: (fileSystem, book) => {
        applySteps(fileSystem, book, { reopenEach });
      },
      check,
      options,
    });
    t.true(report.images > 100);
  });
}

test('no power loss during a first apply with ascending keys, or without a cursor, loses the log', async (t) => {
  const steps = makeSteps(3, 6, 100).map((step) => ({
    batch: step.batch
      .toSorted((a, b) => (String(a.key) < String(b.key) ? -1 : 1))
      .filter(({ op }) => op === 'put'),
    cursor: undefined,
  }));
  const report = await exploreCrashesInPlace({
    disk: emptyDisk(256),
    book: () => newBook(steps),
    run: (fileSystem, book) => {
      applySteps(fileSystem, book);
    },
    check,
    options,
  });
  t.true(report.images > 100);
});

test('no power loss during compaction, or between it and the next apply, loses anything', async (t) => {
  const report = await exploreCrashesInPlace({
    disk: emptyDisk(256),
    book: () => newBook(makeSteps(4, 5, 60)),
    run: (fileSystem, book) => {
      const { store } = AppendLogFold.open(LOG, Infinity, { fileSystem });
      applyStep(store, book);
      applyStep(store, book);
      store.compact();
      applyStep(store, book);
      store.close();
      const again = AppendLogFold.open(LOG, 10, { fileSystem }).store;
      applyStep(again, book);
      again.close();
    },
    check,
    options,
  });
  t.true(report.images > 100);
});

test('a crash in the recovery from a crash loses nothing either', async (t) => {
  const steps = makeSteps(3, 6, 150);
  const seen = { images: 0 };
  const inner: { disk: SimulatedDisk; book: FoldBook }[] = [];
  await exploreCrashesInPlace({
    disk: emptyDisk(256),
    book: () => newBook(steps),
    run: (fileSystem, book) => {
      applySteps(fileSystem, book);
    },
    check: (image, book) => {
      seen.images += 1;
      if (seen.images % 12 === 0) inner.push({ disk: image.disk.clone(), book: { ...book } });
    },
    options,
  });
  t.true(inner.length > 20);
  for (const { disk, book } of inner) {
    await exploreCrashesInPlace({
      disk,
      book: () => ({ ...book, attempted: book.attempted }),
      run: (fileSystem, own) => {
        if (own.acknowledged < own.steps.length) applySteps(fileSystem, own);
      },
      check,
      options: { ...options, samples: 8, imagesMax: 20 },
    });
  }
});
