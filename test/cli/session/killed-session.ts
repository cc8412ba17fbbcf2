import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { openReadable } from '../../../src/engine/inspect/open.js';
import { tempDir } from '../../support/temp-dir.js';

/** A session in a process of its own. */
export interface RunningSession {
  readonly child: ChildProcessWithoutNullStreams;
  readonly lines: Interface;
  /** The next line that it answers. */
  readonly next: () => Promise<string>;
}

/** Starts a session on a store, by the script that starts the program. */
export function startSession(starter: string, store: string, ...flags: string[]): RunningSession {
  const child = spawn(process.execPath, [starter, 'session', store, ...flags]);
  child.stderr.resume();
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout });
  const answers = lines[Symbol.asyncIterator]();
  return { child, lines, next: async () => String((await answers.next()).value) };
}

/** Stores in which a session is killed: what they are, their names, and cores of a state directory. */
export const KILLED_STORES = [
  ['a state directory', 'store', 1],
  ['a state directory of three cores', 'store', 3],
  ['a fold log', 'fold.snap', undefined],
] as const;

/**
 * Kills a session on the same store again and again, while groups wait, and holds what is there against what was answered. Every other
 * one is asked without ids, and answers shortly.
 */
export async function killAgainAndAgain(
  t: ExecutionContext,
  starter: string,
  [, name, cores]: (typeof KILLED_STORES)[number],
  rounds: number,
): Promise<void> {
  const store = path.join(tempDir(t), name);
  if (cores !== undefined) StateDirectory.create(store, { cores });
  let group = 0;
  for (let round = 0; round < rounds; round++) {
    const isShort = round % 2 === 1;
    const { child, lines, next } = startSession(starter, store, ...(isShort ? ['--short'] : []));
    const answered = new Set<number>();
    const first = group;
    // Answers come in order: the first is that of the count.
    let due = first - 1;
    lines.on('line', (line) => {
      const number = due++;
      if (line.startsWith('=')) return;
      const { id = number, ok } = JSON.parse(line) as { id?: number; ok?: boolean };
      if (ok === true) answered.add(id);
    });
    const killAt = 30 + ((37 * round) % 400);
    const named = (id: number) => (isShort ? {} : { id });
    child.stdin.write(`${JSON.stringify({ ...named(-1), op: 'count' })}\n`);
    await next();
    const exit = once(child, 'exit');
    for (; group < first + killAt + 200; group++) {
      const puts = ['x', 'y', 'z'].map((key) => ({ op: 'put', key: `${key}${group}`, value: `${group}` }));
      child.stdin.write(`${JSON.stringify({ ...named(group), op: 'group', operations: puts })}\n`);
      if (group === first + killAt) await new Promise((resolve) => lines.once('line', resolve));
      if (group === first + killAt) child.kill('SIGKILL');
    }
    await exit;
    checkGroups(t, store, { first, end: group, answered });
    t.true(answered.size > 0);
  }
}

function checkGroups(
  t: ExecutionContext,
  store: string,
  { first, end, answered }: { first: number; end: number; answered: ReadonlySet<number> },
): void {
  const reader = openReadable(store);
  for (let number = first; number < end; number++) {
    const there = ['x', 'y', 'z'].filter((key) => reader.get(Buffer.from(`${key}${number}`)) !== undefined);
    if (there.length !== 0 && there.length !== 3) t.fail(`of group ${number} there is ${there.join()}`);
    if (answered.has(number) && there.length === 0) t.fail(`group ${number} was answered, and is gone`);
  }
  reader.close();
}
