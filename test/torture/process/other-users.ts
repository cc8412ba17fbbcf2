import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  renameSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { treeOf } from '../../support/other-hands.js';
import type { TortureRow, TortureTask } from '../row.js';
import { inFolder, mustEnd, runHere, type Ended } from './program.js';

/** What writes to a store that is there. */
const COMMANDS: readonly (readonly string[])[] = [
  ['put', 'STORE', 'new', 'x'],
  ['delete', 'STORE', 'a'],
  ['checkpoint', 'STORE'],
  ['compact', 'STORE'],
  ['repair', 'STORE'],
  ['wal-replay', 'SEGMENTS', '--into', 'STORE', '--onto-existing'],
];
const USER = 61_234;
const GROUP = 61_235;
const MODES = [0o700, 0o750, 0o2770] as const;

/** Names of a state directory, each of which may be a link that leads elsewhere. */
const NAMES = [
  'LOCK',
  'wal',
  'wal/2',
  'wal/2/wal-0.log',
  'checkpoints',
  'checkpoints/1',
  'checkpoints/1/state-0.db',
  'checkpoints/1/state-0.idx',
  'broken',
];
const LINKS = ['symbolic', 'hard', 'dangling'] as const;

interface Trial {
  readonly name: string;
  readonly act: (folder: string) => Promise<void>;
}

/** Root works on what is a user's: it stays the user's, and no link leads anywhere. */
export const otherUsersRow: TortureRow = {
  id: 'other-users',
  title: "owners kept, links refused, others' files untouched",
  figures: { part: 'all', usual: 'all', long: 'all' },
  shardsMax: 2,
  run: async (task) => {
    const trials = [...linkTrials(), ...(process.geteuid?.() === 0 ? ownerTrials() : [])];
    if (process.geteuid?.() !== 0) task.notes.push('not run by root: no store was given to another user');
    for (const [index, { name, act }] of trials.entries()) {
      if (!task.isMine(index)) continue;
      await tryOne(task, name, act);
    }
  },
};

async function tryOne(task: TortureTask, name: string, act: Trial['act']): Promise<void> {
  task.count += 1;
  try {
    await inFolder(act);
  } catch (error) {
    task.report(name, error);
  }
}

function* ownerTrials(): Generator<Trial, void> {
  for (const kind of ['store', 'store.snap']) {
    for (const mode of MODES) {
      for (const command of COMMANDS) {
        const name = `${command.join(' ')}, ${kind} of mode ${mode.toString(8)}`;
        yield { name, act: (folder) => keepsOwner(folder, kind, mode, command) };
      }
    }
  }
}

async function keepsOwner(
  folder: string,
  kind: string,
  mode: number,
  command: readonly string[],
): Promise<void> {
  const home = path.join(folder, 'home');
  cpSync(await sample(folder, kind), path.join(home, kind), { recursive: true });
  const store = path.join(home, kind);
  for (const one of [home, ...everythingIn(home)]) {
    chownSync(one, USER, GROUP);
    if (lstatSync(one).isDirectory()) chmodSync(one, mode);
  }
  await run(folder, store, command);
  for (const one of everythingIn(home)) {
    const { uid, gid } = lstatSync(one);
    if (uid !== USER || gid !== GROUP)
      throw new Error(`${path.relative(home, one)} belongs to ${uid}:${gid}`);
    const isFolder = lstatSync(one).isDirectory();
    if (isFolder && (lstatSync(one).mode & 0o7777) !== mode)
      throw new Error(`${path.relative(home, one)} has mode ${lstatSync(one).mode.toString(8)}`);
  }
}

function* linkTrials(): Generator<Trial, void> {
  for (const link of LINKS) {
    for (const name of NAMES) {
      for (const command of COMMANDS) {
        yield {
          name: `${command.join(' ')}, ${name} is a ${link} link`,
          act: (folder) => leadsNowhere(folder, name, link, command),
        };
      }
    }
  }
}

/** What the link leads to is what another user would have a command write over: it stays as it is. */
async function leadsNowhere(
  folder: string,
  name: string,
  link: (typeof LINKS)[number],
  command: readonly string[],
): Promise<void> {
  const store = await sample(folder, 'store');
  const place = path.join(store, name);
  const elsewhere = path.join(folder, 'elsewhere');
  if (existsSync(place)) renameSync(place, elsewhere);
  else if (name === 'broken') cpSync(path.join(store, 'checkpoints'), elsewhere, { recursive: true });
  else return;
  if (link === 'hard') {
    if (lstatSync(elsewhere).isDirectory()) return;
    linkSync(elsewhere, place);
  } else if (link === 'symbolic') symlinkSync(elsewhere, place);
  else {
    symlinkSync(path.join(folder, 'nowhere'), place);
  }
  const before = treeOf(folder);
  const { code, stderr } = await run(folder, store, command, [0, 3, 6, 7, 8]);
  if (code !== 0 && stderr === '') throw new Error('R5: it failed without a word');
  const after = treeOf(folder);
  const outside = Object.keys(after).filter((one) => !one.startsWith('store/'));
  for (const one of new Set([
    ...outside,
    ...Object.keys(before).filter((each) => !each.startsWith('store/')),
  ])) {
    if (before[one] !== after[one]) throw new Error(`${one} was touched through the link`);
  }
}

/** A store with a checkpoint, changes since, and records to apply to it. */
async function sample(folder: string, kind: string): Promise<string> {
  const store = path.join(folder, kind);
  const here = async (...argv: string[]): Promise<void> => {
    mustEnd(await runHere(argv), [0], argv.join(' '));
  };
  await here('put', store, 'a', '1');
  await here('checkpoint', store);
  await here('put', store, 'b', '2');
  await here('put', path.join(folder, 'other'), 'c', '3');
  cpSync(path.join(folder, 'other', 'wal', '1'), path.join(folder, 'logs'), { recursive: true });
  return store;
}

async function run(
  folder: string,
  store: string,
  command: readonly string[],
  codes: readonly number[] = [0],
): Promise<Ended> {
  const words = command.map((word) => ({ STORE: store, SEGMENTS: path.join(folder, 'logs') })[word] ?? word);
  return mustEnd(await runHere(words), codes, words.join(' '));
}

function everythingIn(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => path.join(root, name));
}
