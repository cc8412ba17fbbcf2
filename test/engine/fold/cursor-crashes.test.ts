import test from 'ava';
import fc from 'fast-check';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { SimulatedDisk, exploreCrashesInPlace } from '../../simulated-disk/index.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import {
  type Change,
  type Step,
  Ledger,
  LOG,
  cursor,
  memoOf,
  runSteps,
  show,
  showStore,
  steps,
  toUpdate,
} from './cursor-workload.js';

const LATER: Change = { key: 'later', value: Uint8Array.of(1), version: Uint8Array.of(2) };

/** Opens what a power loss left, as a reader and as a writer, and goes on with it. */
function check(fileSystem: FileSystem, ledger: Ledger, next: Uint8Array, compactOnOpen: boolean): void {
  const allowed = ledger.allowed();
  const isThere = fileSystem.statusFollowing(LOG) !== undefined;
  if (isThere) expectOneOf(allowed, shownByReader(fileSystem), 'a reader');
  else expectOneOf(allowed, show(new Map(), new Uint8Array(0)), 'nobody');
  const { store } = AppendLogFold.open(LOG, Infinity, { fileSystem, compactOnOpen });
  expectOneOf(allowed, showStore(store), 'a writer');

  const after = new Ledger();
  after.cursor = store.cursor.toBytes();
  after.entries = new Map(
    store.range().map(({ key, value, version }) => [key, { value, version: version.toBytes() }]),
  );
  after.checkpoint([LATER], next, () => {
    store.apply([toUpdate(LATER)], WatchCursor.fromBytes(next));
  });
  store.close();
  expectOneOf(after.allowed(), shownByReader(fileSystem), 'after the next apply, a reader');
}

function shownByReader(fileSystem: FileSystem): string {
  const { store } = AppendLogFold.load(LOG, { fileSystem });
  const shown = showStore(store);
  store.close();
  return shown;
}

function expectOneOf(allowed: ReadonlySet<string>, found: string, who: string): void {
  if (!allowed.has(found)) throw new Error(`${who} found ${found} and not one of ${[...allowed].join('\n')}`);
}

interface Exploring {
  readonly pageBytes: number;
  readonly seed: number;
  /** Images of each moment; undefined for all. */
  readonly imagesMax?: number;
}

/** Cuts the power at each moment of the steps. */
async function explore(
  steps: readonly Step[],
  { pageBytes, seed, imagesMax }: Exploring,
  check: (fileSystem: FileSystem, ledger: Ledger) => void,
): Promise<void> {
  const disk = new SimulatedDisk({ pageBytes });
  disk.plantFile('/store/neighbour', Uint8Array.of(1));
  await exploreCrashesInPlace({
    disk,
    book: () => new Ledger(),
    run: (fileSystem, ledger) => {
      runSteps(fileSystem, ledger, steps);
    },
    check: (image, ledger) => {
      check(image.fileSystem, ledger);
    },
    options: { seed, allSubsetsUpTo: 6, samples: 6, ...(imagesMax === undefined ? {} : { imagesMax }) },
  });
}

test('a cursor that came without data is not written over, however its writer ended', async (t) => {
  const memo = memoOf(Uint8Array.of(1), true, undefined);
  const cursors = [Uint8Array.of(0), Uint8Array.of(1, 2), memo, memo];
  for (const [index, cursor] of cursors.entries()) {
    const moves = cursors.slice(0, index).map((cursor): Step => ({ kind: 'checkpoint', cursor }));
    const steps: Step[] = [
      ...moves,
      { kind: 'checkpoint', cursor },
      // It is never acknowledged, so that the writer does not say at its end that all is well.
      { kind: 'write', change: LATER },
      { kind: 'reopen', compactOnOpen: false, compactThreshold: Infinity },
      { kind: 'apply', changes: [LATER], cursor: Uint8Array.of(3) },
    ];
    await explore(steps, { pageBytes: 4096, seed: 1 }, (fileSystem, ledger) => {
      check(fileSystem, ledger, Uint8Array.of(4), false);
    });
  }
  t.pass();
});

test('no power loss at any moment loses a cursor or its memo, or leaves it ahead of its data', async (t) => {
  let images = 0;
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.record({ pageBytes: fc.constantFrom(64, 128, 4096), seed: fc.nat(), next: cursor }),
      async (steps, { pageBytes, seed, next }) => {
        await explore(steps, { pageBytes, seed, imagesMax: 3 }, (fileSystem, ledger) => {
          images += 1;
          check(fileSystem, ledger, next, images % 2 === 0);
        });
      },
    ),
    { numRuns: 60 },
  );
  t.true(images > 1000, String(images));
});
