import { symlinkSync } from 'node:fs';
import path from 'node:path';
import type { TortureRow, TortureTask } from '../row.js';
import { inFolder, mustEnd, runHere, RunningProgram, type Ended } from './program.js';

const LINES = 300;

/** Two writers at once, by one path or by two: exactly one of them writes, the other is told who does. */
export const racesRow: TortureRow = {
  id: 'races',
  title: 'races of two writers, one wins',
  figures: { part: 4, usual: 200, long: 10_000 },
  shardsMax: 1,
  run: async (task) => {
    const kinds = [race, creationRace, waitingRace, deathOfTheHolder];
    while (task.isUnfinished) {
      const kind = kinds[task.count % kinds.length]!;
      task.count += 1;
      try {
        await inFolder((folder) => kind(task, folder));
      } catch (error) {
        task.report(`race ${task.count}, ${kind.name}`, error);
      }
    }
  },
};

function linesOf(writer: string): string {
  return Array.from({ length: LINES }, (_, line) => `{"key":"${writer} ${line}","value":"${writer}"}\n`).join(
    '',
  );
}

/** A store and a second path to it. */
async function twoPaths(task: TortureTask, folder: string): Promise<readonly [string, string]> {
  const store = path.join(folder, task.random.below(2) === 0 ? 'store' : 'store.snap');
  mustEnd(await runHere(['create', store]), [0], 'create');
  if (task.random.below(2) === 0) return [store, store];
  const link = path.join(folder, path.extname(store) === '' ? 'link' : 'link.snap');
  symlinkSync(store, link);
  return [store, link];
}

async function keysOf(store: string, writer: string): Promise<number> {
  return Number(
    mustEnd(await runHere(['scan', store, '--count', '--prefix', `${writer} `]), [0], 'scan').stdout,
  );
}

/** A batch whose input does not end holds the lock until it is let go. */
class Holder {
  readonly program: RunningProgram;

  constructor(store: string) {
    this.program = new RunningProgram(['put', store, '--batch', '-', '--ack'], undefined, true);
  }

  /** Resolves once it has the lock: it has acknowledged a line. */
  async hold(): Promise<void> {
    this.program.child.stdin!.write('{"key":"holder","value":"x"}\n');
    while (!this.program.stdout.includes('acknowledged')) {
      await new Promise((resolve) => this.program.child.stdout!.once('data', resolve));
    }
  }
}

async function race(task: TortureTask, folder: string): Promise<void> {
  const paths = await twoPaths(task, folder);
  const writers = ['one', 'two'].map(
    (name, index) => new RunningProgram(['put', paths[index]!, '--batch', '-'], linesOf(name)),
  );
  const ended = await Promise.all(writers.map(({ ended: end }) => end));
  await checkWinners(paths[0], ended);
}

/** Either one was refused, or they came one after the other: whoever ended with 0 has all its lines there. */
async function checkWinners(store: string, ended: readonly Ended[]): Promise<void> {
  const codes = ended.map((each) => mustEnd(each, [0, 5], 'a writer').code);
  if (!codes.includes(0)) throw new Error(`nobody won: ${codes.join(', ')}`);
  for (const [index, writer] of ['one', 'two'].entries()) {
    const keys = await keysOf(store, writer);
    if (keys !== (codes[index] === 0 ? LINES : 0)) {
      throw new Error(`${writer} ended with ${codes[index]} and has ${keys} lines there`);
    }
    if (codes[index] === 5 && !/process \d+|pid \d+|locked/.test(ended[index]!.stderr)) {
      throw new Error(`R5: the loser was not told who holds the lock: ${ended[index]!.stderr}`);
    }
  }
  mustEnd(await runHere(['verify', '-q', store]), [0], 'verify');
}

async function creationRace(_task: TortureTask, folder: string): Promise<void> {
  const store = path.join(folder, 'new');
  const makers = [1, 2].map(() => new RunningProgram(['create', store]));
  const codes = (await Promise.all(makers.map(({ ended }) => ended))).map(({ code }) => code);
  if (codes.toSorted().join(' ') !== '0 8') throw new Error(`the makers ended with ${codes.join(', ')}`);
  mustEnd(await runHere(['verify', '-q', store]), [0], 'verify');
}

async function waitingRace(task: TortureTask, folder: string): Promise<void> {
  const [store, other] = await twoPaths(task, folder);
  const holder = new Holder(store);
  await holder.hold();
  mustEnd(await runHere(['put', other, 'late', 'x']), [5], 'a writer that does not wait');
  const waiter = new RunningProgram(['put', other, 'patient', 'x', '--wait', '60']);
  holder.program.child.stdin!.end();
  mustEnd(await holder.program.ended, [0], 'the holder');
  mustEnd(await waiter.ended, [0], 'a writer that waits');
  mustEnd(await runHere(['get', store, 'patient']), [0], 'get');
}

async function deathOfTheHolder(task: TortureTask, folder: string): Promise<void> {
  const [store, other] = await twoPaths(task, folder);
  const holder = new Holder(store);
  await holder.hold();
  mustEnd(await runHere(['put', other, 'late', 'x']), [5], 'a writer beside the holder');
  holder.program.child.kill('SIGKILL');
  await holder.program.ended;
  mustEnd(await runHere(['put', other, 'next', 'x']), [0], 'a writer after the holder died');
  mustEnd(await runHere(['get', store, 'holder']), [0], 'get of what the holder had acknowledged');
}
