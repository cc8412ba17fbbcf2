import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { commandLine } from '../support/command-line.js';
import { programFile } from '../support/program.js';
import { tempDir } from '../support/temp-dir.js';

/** A fold and a state directory. */
export const STORE_NAMES = ['log.snap', 'orders'];
const WRITERS = 8;

/** Lets eight processes put at once, each its own key, where nothing is yet: all of them have put in the end. */
export async function allPut(t: ExecutionContext, name: string): Promise<void> {
  const home = tempDir(t);
  const store = path.join(home, name);
  const outcomes = await allAtOnce((number) => ['put', store, `k${number}`, 'v', '--wait', '60']);
  t.deepEqual(outcomes, Array(WRITERS).fill([0, '']));
  t.is((await commandLine(['scan', store, '--count'])).stdout, `${WRITERS}\n`);
  t.deepEqual(readdirSync(home), [name]);
}

/** Lets eight processes create one store at once: one does, and the others are told that it is there. */
export async function oneCreates(t: ExecutionContext, name: string): Promise<void> {
  const home = tempDir(t);
  const store = path.join(home, name);
  const outcomes = await allAtOnce(() => ['create', store]);
  const codes = outcomes.map(([exitCode]) => exitCode).sort();
  t.deepEqual(codes, [0, ...Array<number>(WRITERS - 1).fill(8)], outcomes.join('\n'));
  t.deepEqual(readdirSync(home), [name]);
}

/** Exit codes, and what each said, of commands that run at the same time. */
async function allAtOnce(command: (number: number) => readonly string[]): Promise<[number, string][]> {
  const program = await programFile();
  return Promise.all(
    Array.from({ length: WRITERS }, async (_, number): Promise<[number, string]> => {
      const child = spawn(process.execPath, [program, ...command(number)], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      const [exitCode] = (await once(child, 'close')) as [number];
      return [exitCode, said];
    }),
  );
}
