import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { SeededRandom } from '../../simulated-disk/seeded-random.js';
import { inFolder, mustEnd, runHere } from '../process/program.js';
import type { TortureRow, TortureTask } from '../row.js';

const MOMENTS = 5;
const KEYS = 12;
const TRIALS_A_STORE = 8;

/** What a store held, moment by moment. */
interface History {
  /** Where a copy of the store as it was lies, oldest first. */
  readonly copies: readonly string[];
  /** Every value that a key ever had. */
  readonly values: ReadonlyMap<string, ReadonlySet<string>>;
  /** Keys that were deleted at some moment: a repair that finds a later log may leave them out. */
  readonly deleted: ReadonlySet<string>;
}

/**
 * Stores put together of files of different moments, as a restore that was cut short or a copy of a live store leaves
 * them: nothing is invented, nothing ends in a defect, and what is called whole reads.
 */
export const mixedMomentsRow: TortureRow = {
  id: 'mixed-moments',
  title: 'stores of files of different moments',
  figures: { part: 24, usual: 600, long: 10_000 },
  shardsMax: 2,
  run: async (task) => {
    while (task.isUnfinished) {
      await inFolder(async (folder) => {
        const history = await live(folder, task.random);
        for (let trial = 0; trial < TRIALS_A_STORE && task.isUnfinished; trial++) {
          task.count += 1;
          await tryOne(task, folder, history, trial);
        }
      });
    }
  },
};

async function tryOne(task: TortureTask, folder: string, history: History, trial: number): Promise<void> {
  const mixed = path.join(folder, `mixed-${trial}`);
  const told = mix(history.copies, mixed, task.random);
  try {
    await check(mixed, `${mixed}-repaired`, history);
  } catch (error) {
    task.report(`seed ${task.seed}, shard ${task.shard}, ${task.count}: ${told}`, error);
  }
  rmSync(mixed, { recursive: true, force: true });
}

/** A store that lives: puts, deletes and checkpoints, copied at moments when nobody writes. */
async function live(folder: string, random: SeededRandom): Promise<History> {
  const store = path.join(folder, 'store');
  const values = new Map<string, Set<string>>();
  const deleted = new Set<string>();
  const copies: string[] = [];
  const cores = String(1 + random.below(2));
  mustEnd(await runHere(['create', store, '--cores', cores]), [0], 'create');
  for (let moment = 0; moment < MOMENTS; moment++) {
    for (let change = 0; change < 6; change++) {
      const key = `key ${random.below(KEYS)}`;
      const value = `${key} at ${moment}.${change}`;
      const isDelete = random.below(5) === 0;
      const argv = isDelete ? ['delete', store, key] : ['put', store, key, value];
      mustEnd(await runHere(argv), [0, 1], argv.join(' '));
      if (isDelete) deleted.add(key);
      else values.set(key, new Set([...(values.get(key) ?? []), value]));
    }
    if (random.below(2) === 0) mustEnd(await runHere(['checkpoint', store]), [0], 'checkpoint');
    const copy = path.join(folder, `copy-${moment}`);
    cpSync(store, copy, { recursive: true });
    copies.push(copy);
  }
  return { copies, values, deleted };
}

/** Takes each file of any moment from one of the moments that have it; some are left out. Returns what was taken. */
function mix(copies: readonly string[], into: string, random: SeededRandom): string {
  const names = new Set(copies.flatMap((copy) => filesIn(copy)));
  const taken: string[] = [];
  for (const name of [...names].sort()) {
    const having = copies.filter((copy) => existsSync(path.join(copy, name)));
    if (random.below(8) === 0 && name !== 'MANIFEST.json') continue;
    const from = having[random.below(having.length)]!;
    mkdirSync(path.dirname(path.join(into, name)), { recursive: true });
    cpSync(path.join(from, name), path.join(into, name));
    taken.push(`${name} of ${path.basename(from)}`);
  }
  return taken.join(', ');
}

async function check(mixed: string, repaired: string, { values, deleted }: History): Promise<void> {
  const { code: verified } = mustEnd(await runHere(['verify', '-q', mixed]), [0, 3, 4, 7], 'verify');
  const read = mustEnd(await runHere(['scan', mixed, '--json']), [0, 3, 6, 7], 'scan');
  mustBeOfThem(read.stdout, values);
  if (verified === 0 && read.code !== 0)
    throw new Error(`verify said good, and scan ended with ${read.code}`);
  const { code } = mustEnd(await runHere(['repair', mixed, '--into', repaired]), [0, 3, 7, 8], 'repair');
  if (!existsSync(repaired)) {
    if (code === 0) throw new Error('repair said 0 and made nothing');
    return;
  }
  const entries = mustEnd(await runHere(['scan', repaired, '--json']), [0], 'scan of what was repaired');
  mustBeOfThem(entries.stdout, values);
  mustEnd(await runHere(['verify', '-q', repaired]), [0], 'verify of what was repaired');
  const kept = new Set(keysOf(entries.stdout));
  const lost = keysOf(read.code === 0 ? read.stdout : '').filter(
    (key) => !kept.has(key) && !deleted.has(key),
  );
  if (lost.length > 0) throw new Error(`R6: ${lost.join(', ')} could be read, and was lost by the repair`);
  rmSync(repaired, { recursive: true });
}

function mustBeOfThem(stdout: string, values: ReadonlyMap<string, ReadonlySet<string>>): void {
  for (const line of lines(stdout)) {
    const { key, value } = JSON.parse(line) as { readonly key: string; readonly value: string };
    if (values.get(key)?.has(value) !== true) throw new Error(`R2: ${key} = ${value} was never written`);
  }
}

function keysOf(stdout: string): string[] {
  return lines(stdout).map((line) => (JSON.parse(line) as { readonly key: string }).key);
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function filesIn(root: string): string[] {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => statSync(path.join(root, name)).isFile());
}
