import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import type { RepairSummary } from '../../../src/engine/repair/account/report.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import type { SeededRandom } from '../../simulated-disk/seeded-random.js';
import type { TortureRow, TortureTask } from '../row.js';
import { makeKnownStores, type KnownStore, type Tree } from './known-store.js';

const TRIALS_A_STORE = 50;
const [SOURCE, REPLICA, NEW] = ['/source', '/replica', '/new'];
const WOUNDED = /^(MANIFEST\.json$|wal\/|checkpoints\/)/;

/**
 * Stores damaged at random, and a replica of each: intact, damaged in other files, of an older moment, or of another store. With one of
 * the same moment the repair brings all back; with one of an older moment nothing stale stands for what the store still had.
 */
export const replicasRow: TortureRow = {
  id: 'replicas',
  title: 'damaged stores filled from replicas',
  figures: { part: 100, usual: 1_000, long: 10_000 },
  shardsMax: 2,
  run: async (task) => {
    while (task.isUnfinished) await tryStore(task);
  },
};

async function tryStore(task: TortureTask): Promise<void> {
  const { random } = task;
  const { store, other } = await makeKnownStores(random, {
    epochs: [2, 3],
    changesAnEpoch: [30, 100],
    otherStartNs: 1_790_000_000_000_000_000n,
  });
  checkSame(store, await repair(store.moments.at(-1)!, undefined));
  for (let trial = 0; trial < TRIALS_A_STORE && task.isUnfinished; trial++) {
    task.count += 1;
    const told: string[] = [];
    try {
      await tryReplica(random, store, other, told);
    } catch (error) {
      task.report(`seed ${task.seed}, shard ${task.shard}, ${task.count}: ${told.join(', ')}`, error);
    }
  }
}

async function tryReplica(
  random: SeededRandom,
  store: KnownStore,
  other: KnownStore,
  told: string[],
): Promise<void> {
  const whole = store.moments.at(-1)!;
  const names = [...whole.keys()].filter((name) => WOUNDED.test(name));
  const wounded = shuffled(random, names).slice(0, 1 + random.below(3));
  const source = woundedTree(random, whole, wounded, told);
  switch (random.below(4)) {
    case 0:
      told.push('intact replica');
      checkSame(store, await repair(source, whole));
      return;
    case 1: {
      const rest = shuffled(
        random,
        names.filter((name) => !wounded.includes(name)),
      ).slice(0, 2);
      told.push('replica damaged elsewhere');
      checkSame(store, await repair(source, woundedTree(random, whole, rest, told)));
      return;
    }
    case 2: {
      told.push('older replica');
      const older = store.moments[random.below(store.moments.length - 1)]!;
      checkNotStale(store, await repair(source, undefined), await repair(source, older));
      return;
    }
    default: {
      told.push('replica of another store');
      checkEqual(await repair(source, undefined), await repair(source, other.moments.at(-1)));
    }
  }
}

/** The files of a store after something happened to some of them. */
function woundedTree(
  random: SeededRandom,
  whole: Tree,
  names: readonly string[],
  told: string[],
): Map<string, Uint8Array> {
  const tree = new Map(whole);
  for (const name of names) {
    const bytes = wound(random, whole.get(name)!, told);
    told.push(name);
    if (bytes === undefined) tree.delete(name);
    else tree.set(name, bytes);
  }
  return tree;
}

/** What is left of a file; undefined if it is gone. */
function wound(random: SeededRandom, whole: Uint8Array, told: string[]): Uint8Array | undefined {
  const bytes = whole.slice();
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random.below(700));
  switch (random.below(6)) {
    case 0:
      told.push(`a bit at ${at} of`);
      if (at < bytes.length) bytes[at]! ^= 1 << random.below(8);
      return bytes;
    case 1:
      told.push(`zeros at ${at} to ${end} of`);
      return bytes.fill(0, at, end);
    case 2:
      told.push(`noise at ${at} to ${end} of`);
      random.fill(bytes.subarray(at, end));
      return bytes;
    case 3:
      told.push(`cut at ${at}`);
      return bytes.slice(0, at);
    case 4:
      told.push(`without ${at} to ${end}`);
      return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(end));
    default:
      told.push('removed');
      return undefined;
  }
}

function shuffled(random: SeededRandom, names: readonly string[]): string[] {
  return names
    .map((name) => [random.next(), name] as const)
    .sort(([one], [two]) => one - two)
    .map(([, name]) => name);
}

interface Outcome {
  readonly summary: RepairSummary;
  readonly values: ReadonlyMap<string, string>;
}

async function repair(source: Tree, replica: Tree | undefined): Promise<Outcome> {
  const disk = new SimulatedDisk();
  for (const [path, bytes] of source) disk.lendFile(`${SOURCE}/${path}`, bytes);
  for (const [path, bytes] of replica ?? []) disk.lendFile(`${REPLICA}/${path}`, bytes);
  const fileSystem = new SimulatedFileSystem({ disk });
  const fromReplica = replica === undefined ? undefined : REPLICA;
  const steps = repairPath({ fileSystem, path: SOURCE, into: NEW, fromReplica });
  let step = await steps.next();
  while (step.done !== true) step = await steps.next();
  const read = StateDirectory.openReadOnly(NEW, { fileSystem });
  const values = new Map<string, string>();
  read.forEachEntry((key, value) => values.set(text(key), text(value)));
  read.close();
  return { summary: step.value, values };
}

function checkSame({ last }: KnownStore, { values, summary }: Outcome): void {
  for (const [key, { version, isDelete }] of last) {
    const found = versionOf(values.get(key));
    if (found === (isDelete ? 0 : version)) continue;
    throw new Error(`R6: ${key} has version ${found} for ${isDelete ? 'deletion' : 'value'} ${version}`);
  }
  if (summary.lost.records > 0 || summary.lost.keys > 0)
    throw new Error('R9: a loss was counted that is none');
}

function checkNotStale({ last }: KnownStore, without: Outcome, filled: Outcome): void {
  for (const [key, { version, isDelete }] of last) {
    const [before, after] = [versionOf(without.values.get(key)), versionOf(filled.values.get(key))];
    if (after > version) throw new Error(`R2: ${key} has version ${after}, and ${version} was its last`);
    const isRight = after === (isDelete ? 0 : version);
    const wasRight = before === (isDelete ? 0 : version);
    if (isRight || !wasRight) continue;
    throw new Error(`R2: ${key} has version ${after} from an older replica, and ${before} without it`);
  }
}

function checkEqual(without: Outcome, filled: Outcome): void {
  const [before, after] = [without, filled].map(({ values }) => JSON.stringify([...values].sort()));
  if (before !== after) throw new Error('R2: something was taken from another store');
}

function versionOf(value: string | undefined): number {
  return Number(value?.split(' ')[1] ?? 0);
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
