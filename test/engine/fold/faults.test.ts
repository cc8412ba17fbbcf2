import test from 'ava';
import { isStatelogError, type StatelogError } from '../../../src/engine/errors.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import {
  SimulatedDisk,
  SimulatedFileSystem,
  failAt,
  failEvery,
  powerLossImages,
  shortWriteAt,
  type FaultPlan,
} from '../../simulated-disk/index.js';
import {
  type FoldBook,
  LOG,
  applyStep,
  applySteps,
  checkRecovered,
  makeSteps,
  newBook,
} from './crash-workload.js';

function newDisk(): SimulatedDisk {
  const disk = new SimulatedDisk();
  disk.plantFile('/store/neighbour', Uint8Array.of(1));
  return disk;
}

const workloads: Record<string, (fileSystem: SimulatedFileSystem, book: FoldBook) => void> = {
  'applies with reopenings': (fileSystem, book) => {
    applySteps(fileSystem, book, { reopenEach: true });
  },
  'applies, compaction and more applies': (fileSystem, book) => {
    const { store } = AppendLogFold.open(LOG, Infinity, { fileSystem });
    try {
      applyStep(store, book);
      store.compact();
      applyStep(store, book);
      applyStep(store, book);
    } finally {
      store.close();
    }
  },
};

/** Runs a workload with a fault; what it throws must be one of ours. */
function runWith(disk: SimulatedDisk, plan: FaultPlan | undefined, book: FoldBook, name: string): number {
  const fileSystem = new SimulatedFileSystem({ disk, plan, log: true });
  try {
    workloads[name]!(fileSystem, book);
  } catch (error) {
    if (!isStatelogError(error)) throw error;
  }
  fileSystem.kill();
  return fileSystem.log.length;
}

for (const name of Object.keys(workloads)) {
  test(`no single failed call during ${name} loses what was acknowledged, with or without a power loss after it`, (t) => {
    const steps = makeSteps(3, 4, 60);
    const calls = runWith(newDisk(), undefined, newBook(steps), name);
    t.true(calls > 30);
    for (let index = 0; index < calls; index++) {
      for (const plan of [failAt(index, 'EIO'), failAt(index, 'ENOSPC', 'after'), shortWriteAt(index, 5)]) {
        const disk = newDisk();
        const book = newBook(steps);
        runWith(disk, plan, book, name);
        for (const image of powerLossImages(disk, { allSubsetsUpTo: 6, samples: 8, tears: 'none' })) {
          checkRecovered(image.fileSystem, book);
        }
        // The next writer takes over what the kernel still shows, goes on, and then the power goes.
        const later = { ...book };
        const next = new SimulatedFileSystem({ disk });
        checkRecovered(next, later);
        if (later.acknowledged === steps.length) continue;
        const { store } = AppendLogFold.open(LOG, Infinity, { fileSystem: next, compactOnOpen: false });
        applyStep(store, later);
        for (const image of powerLossImages(disk, { allSubsetsUpTo: 6, samples: 8, tears: 'none' })) {
          checkRecovered(image.fileSystem, { ...later, attempted: later.acknowledged });
        }
      }
    }
  });
}

for (const call of ['write', 'fdatasync']) {
  test(`after a failed ${call} everything is refused, and nothing is written or synced again`, (t) => {
    const disk = newDisk();
    let failing = false;
    const fails = failEvery(call, 'EIO');
    const plan: FaultPlan = (operation) => (failing ? fails(operation) : undefined);
    const fileSystem = new SimulatedFileSystem({ disk, plan, log: true });
    const { store } = AppendLogFold.open(LOG, Infinity, { fileSystem });
    const put = (key: string): void => {
      store.apply([KvUpdate.put(key, new Uint8Array(3))], WatchCursor.none());
    };
    put('a');
    failing = true;
    const first = t.throws<StatelogError>(() => {
      put('b');
    });
    t.is(first.code, 'IO_FAILED');
    const after = fileSystem.log.length;
    failing = false;
    for (const work of [
      () => {
        put('c');
      },
      () => store.get('a'),
      () => store.range(),
      () => {
        store.compact();
      },
      () => {
        store.checkpoint();
      },
    ]) {
      const error = t.throws<StatelogError>(work);
      t.is(error.code, 'POISONED');
      t.is(error.cause, first);
    }
    store.close();
    const names = fileSystem.log.slice(after).map(({ name }) => name);
    t.deepEqual(
      names.filter((name) => name !== 'close'),
      [],
    );
  });
}

test('a rewrite that fails before its rename is a warning, and the apply that set it off stands', (t) => {
  const disk = newDisk();
  const warnings: StatelogError[] = [];
  const plan = failEvery('rename', 'ENOSPC', 1);
  const fileSystem = new SimulatedFileSystem({ disk, plan });
  const { store } = AppendLogFold.open(LOG, 50, {
    fileSystem,
    onWarning: (warning) => warnings.push(warning),
  });
  for (let value = 1; value <= 9; value++) {
    store.apply([KvUpdate.put('key', Uint8Array.of(value))], WatchCursor.fromU64(BigInt(value)));
  }
  t.true(warnings.length > 0);
  t.true(warnings.every(({ code }) => code === 'DISK_FULL'));
  t.deepEqual(store.get('key')?.value, Uint8Array.of(9));
  store.close();
  const again = AppendLogFold.load(LOG, { fileSystem: new SimulatedFileSystem({ disk }) });
  t.is(again.cursor.asU64(), 9n);
  t.deepEqual(new SimulatedFileSystem({ disk }).readDirectory('/store'), ['fold.snap', 'neighbour']);
});

test('a rewrite whose folder sync fails after the rename refuses everything from then on', (t) => {
  const disk = newDisk();
  let failing = false;
  const fails = failEvery('fsyncFolder', 'EIO');
  const plan: FaultPlan = (operation) => (failing ? fails(operation) : undefined);
  const { store } = AppendLogFold.open(LOG, Infinity, {
    fileSystem: new SimulatedFileSystem({ disk, plan }),
  });
  store.apply([KvUpdate.put('b', Uint8Array.of(1)), KvUpdate.put('a', Uint8Array.of(1))], WatchCursor.none());
  failing = true;
  const failure = t.throws<StatelogError>(() => {
    store.compact();
  });
  t.is(failure.code, 'IO_FAILED');
  const refusal = t.throws<StatelogError>(() => {
    store.checkpoint();
  });
  t.is(refusal.code, 'POISONED');
  store.close();
});
