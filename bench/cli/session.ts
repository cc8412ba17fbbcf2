import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { Side } from '../frame/figure.js';
import type { BenchTask, BenchTopic } from '../frame/task.js';

const NANOSECONDS_A_MICROSECOND = 1000;
/** The kernel counts processor time in hundredths of a second. */
const NANOSECONDS_A_TICK = 1e7;
/** One durable change at a time waits for the disk each time: so many fewer. */
const ONE_AT_A_TIME = 10;
const WINDOW = 64;
const ROUNDS = 3;

interface Asker {
  readonly side: Side;
  /** Where its store is: a folder, or a file with others beside it. */
  readonly store: string;
  readonly command: readonly string[];
}

interface Work {
  /** As the script knows it. */
  readonly kind: string;
  /** Requests that wait for their answers at once. */
  readonly window: number;
  readonly count: number;
}

/** What a bash script waits for one process that it asks again and again, beside the shell of sqlite3 on the same work. */
export const sessionTopic: BenchTopic = {
  id: 'session',
  title: 'a session that a bash script asks',
  run(task) {
    if (process.platform === 'linux') measureSessions(task);
    else task.notes.push('processor time is read from /proc, which only Linux has: not measured');
    return Promise.resolve();
  },
};

function measureSessions(task: BenchTask): void {
  const store = task.fresh('asked', 'store');
  const database = path.join(path.dirname(store), 'data.db');
  const askers: Asker[] = [
    { side: 'statelog', store, command: [process.execPath, task.program, 'session', store, '--short'] },
  ];
  if (spawnSync('sqlite3', ['-version']).status === 0)
    askers.push({ side: 'sqlite3', store: database, command: ['sqlite3', database] });
  else task.notes.push('sqlite3, the shell, is not installed: left out');
  const many = Math.ceil(task.scale.keys / WINDOW) * WINDOW;
  const few = Math.ceil(many / ONE_AT_A_TIME);
  for (const kind of ['reads', 'puts', 'mixed'])
    measureAsking(task, askers, { kind, window: WINDOW, count: many });
  for (const kind of ['reads', 'puts']) measureAsking(task, askers, { kind, window: 1, count: few });
}

function measureAsking(task: BenchTask, askers: readonly Asker[], work: Work): void {
  const { kind, window, count } = work;
  const waits = new Map<Side, number[]>(askers.map(({ side }) => [side, []]));
  const spent = new Map<Side, number[]>(askers.map(({ side }) => [side, []]));
  for (let round = 0; round < Math.min(ROUNDS, task.scale.rounds); round++) {
    for (const asker of askers) {
      const [microseconds, ticks] = ask(task, asker, work);
      waits.get(asker.side)!.push((microseconds * NANOSECONDS_A_MICROSECOND) / count);
      spent.get(asker.side)!.push((ticks * NANOSECONDS_A_TICK) / count);
    }
  }
  const id = `session-${kind}-${window}`;
  const inFlight = window === 1 ? 'one at a time' : `${window} in flight`;
  const title = `bash asks one process: ${kind}, ${inFlight}`;
  for (const { side } of askers) {
    task.record({ id, title, unit: 'ns' }, side, waits.get(side)!);
    const processor = {
      id: `${id}-processor`,
      title: `${title}, processor time of both`,
      unit: 'ns' as const,
    };
    task.record(processor, side, spent.get(side)!);
  }
}

/** Runs the script on an empty store. */
function ask(
  task: BenchTask,
  { side, store, command }: Asker,
  { kind, window, count }: Work,
): [microseconds: number, ticks: number] {
  for (const suffix of ['', '-wal', '-shm']) rmSync(store + suffix, { recursive: true, force: true });
  const script = path.resolve(task.program, '..', '..', 'bench', 'cli', 'session.sh');
  const scriptArguments = [script, String(window), String(count), kind, side, ...command];
  const { status, stdout, stderr } = spawnSync('bash', scriptArguments, { encoding: 'utf8' });
  const [microseconds, ticks] = stdout.trim().split(' ').map(Number);
  if (status === 0 && microseconds! > 0) return [microseconds!, ticks!];
  throw new Error(`bash ${scriptArguments.join(' ')} ended with ${status}: ${stderr}`);
}
