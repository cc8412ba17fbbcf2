import { gunzipSync } from 'node:zlib';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import type { RepairEvent, RepairSummary } from '../../../src/engine/repair/account/report.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import type { TortureRow, TortureTask } from '../row.js';
import { makeKnownStores, type Change, type KnownStore, type Tree } from '../damage/known-store.js';
import { isCompressed, type MixUp } from './mix-up-files.js';
import { mixUp } from './mix-ups.js';

const TRIALS_A_STORE = 50;
const [SOURCE, NEW] = ['/source', '/new'];

/**
 * Files of a store renamed, exchanged, joined, doubled, of other moments, stores and runs, cut at any place, one thing or two at a time: a repair
 * brings every record that is there and newest for its key, nothing stale stands for something newer, and what is called
 * whole is whole.
 */
export const mixUpsRow: TortureRow = {
  id: 'mix-ups',
  title: 'stores whose files were mixed up',
  figures: { part: 150, usual: 2_000, long: 20_000 },
  shardsMax: 2,
  run: async (task) => {
    while (task.isUnfinished) await tryStore(task);
  },
};

async function tryStore(task: TortureTask): Promise<void> {
  const { random } = task;
  const { store, other } = await makeKnownStores(random, {
    epochs: [3, 3],
    changesAnEpoch: [40, 120],
    otherStartNs: 1_780_000_000_000_000_000n,
  });
  for (let trial = 0; trial < TRIALS_A_STORE && task.isUnfinished; trial++) {
    task.count += 1;
    const mixed = mixUp({ random, store, other });
    try {
      await checkRepair(store, other, mixed);
    } catch (error) {
      task.report(
        `seed ${task.seed}, shard ${task.shard}, ${task.count}: ${mixed.told.join(' and ')}`,
        error,
      );
    }
  }
}

/** What a repair came to. */
interface Outcome {
  readonly summary: RepairSummary;
  readonly lostKeys: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
}

async function checkRepair(
  store: KnownStore,
  other: KnownStore,
  { tree, mayEndSooner, isForged }: MixUp,
): Promise<void> {
  const disk = new SimulatedDisk();
  for (const [path, bytes] of tree) disk.lendFile(`${SOURCE}/${path}`, bytes);
  // With as many checkpoints of another store nothing says which is meant.
  if (countOf(tree, store) <= countOf(tree, other)) return;
  const known = evidenceIn(store, tree);
  let outcome: Outcome;
  try {
    outcome = await repair(new SimulatedFileSystem({ disk }));
  } catch (error) {
    // Where nothing says that it ever was a store, nothing can be done.
    const isNoStore = isStatelogError(error, 'UNKNOWN_FORMAT') || isStatelogError(error, 'NOT_FOUND');
    if ((isNoStore || isStatelogError(error, 'DAMAGED')) && known.size === 0) return;
    throw error;
  }
  if (!isForged) checkOutcome(store, known, outcome, mayEndSooner);
  checkCounts(outcome);
}

async function repair(fileSystem: SimulatedFileSystem): Promise<Outcome> {
  const steps = repairPath({ fileSystem, path: SOURCE, into: NEW });
  const lostKeys = new Set<string>();
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) takeLost(step.value, lostKeys);
  const read = StateDirectory.openReadOnly(NEW, { fileSystem });
  const values = new Map<string, string>();
  read.forEachEntry((key, value) => values.set(text(key), text(value)));
  read.close();
  return { summary: step.value, lostKeys, values };
}

function takeLost(event: RepairEvent, lostKeys: Set<string>): void {
  if ('lostKey' in event) lostKeys.add(text(event.lostKey.key));
}

/** How many of a store's own indexes lie in a checkpoint's place. */
function countOf(tree: Tree, { pairs }: KnownStore): number {
  const indexes = [...tree].filter(([path]) => path.endsWith('.idx'));
  return indexes.filter(([, bytes]) => pairs.some(({ index }) => Buffer.from(index).equals(bytes))).length;
}

/** The last change to each key that any intact record or pair in these files tells of. */
function evidenceIn(store: KnownStore, tree: Tree): Map<string, Change> {
  const files = [...tree]
    .filter(([path]) => !path.startsWith('broken/'))
    .flatMap(([path, bytes]) => [Buffer.from(bytes), ...unpacked(tree, path)]);
  const isThere = (bytes: Uint8Array): boolean => files.some((file) => file.includes(Buffer.from(bytes)));
  const newest = new Map<string, Change>();
  const take = (key: string, change: Change): void => {
    if ((newest.get(key)?.version ?? 0) < change.version) newest.set(key, change);
  };
  for (const record of store.records) if (isThere(record.bytes)) take(record.key, record);
  for (const { values, index, state } of store.pairs) {
    if (!files.some((file) => file.equals(index)) || !files.some((file) => file.equals(values))) continue;
    for (const [key, change] of state) take(key, change);
  }
  return newest;
}

/** What a compressed file holds, where it is whole. */
function unpacked(tree: Tree, path: string): Buffer[] {
  if (!isCompressed(tree, path)) return [];
  try {
    return [gunzipSync(tree.get(path)!)];
  } catch {
    return [];
  }
}

function checkOutcome(
  store: KnownStore,
  known: ReadonlyMap<string, Change>,
  { summary, lostKeys, values }: Outcome,
  mayEndSooner: boolean,
): void {
  const isCalledWhole = summary.gaps === 0 && summary.lost.keys === 0;
  for (const [key, value] of values) {
    if (!value.startsWith('ours ')) throw new Error(`R2: ${key} has a value of another store`);
    const due = known.get(key);
    const version = Number(value.split(' ')[1]);
    if (due === undefined || version >= due.version || lostKeys.has(key)) continue;
    const newer = due.isDelete ? 'deletion' : 'value';
    throw new Error(`R6: value ${version} of ${key} stands for ${newer} ${due.version}, which is there`);
  }
  for (const [key, { version, isDelete }] of known) {
    if (isDelete || values.has(key) || lostKeys.has(key)) continue;
    // A deletion that came later may have been put together again.
    if (store.last.get(key)?.isDelete === true && store.last.get(key)!.version > version) continue;
    throw new Error(`R6: value ${version} of ${key} is there, and neither kept nor told of`);
  }
  if (!isCalledWhole || mayEndSooner) return;
  for (const [key, { version, isDelete }] of store.last) {
    const found = Number(values.get(key)?.split(' ')[1] ?? 0);
    if (isDelete ? found !== 0 : found !== version)
      throw new Error(`R5: called whole, and ${key} has value ${found} for ${version}`);
  }
}

function checkCounts({ summary, values }: Outcome): void {
  if (summary.kept.keys !== values.size && !summary.keysEstimated)
    throw new Error(`R9: ${summary.kept.keys} keys were counted, and ${values.size} are there`);
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
