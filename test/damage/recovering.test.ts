import { renameSync } from 'node:fs';
import test from 'ava';
import { commandLine } from '../support/command-line.js';
import { tempDir } from '../support/temp-dir.js';
import { linesOf } from '../cli/commands/fixture-lines.js';
import type { DamageCase } from './case.js';
import { DAMAGE_CASES } from './cases.js';
import { SECRET } from './good.js';

/*
 * From the first error to something whole, by doing what the hints say and nothing else: what comes out of it
 * holds each key as it was, but for those that were said to be lost.
 */

const NEXT_WRITER = 'nothing: the next writer';
const COMMAND = /'(statelog|mv) ([^']+)'/g;
const STEPS_MAX = 6;

interface Followed {
  /** What is whole at the end. */
  readonly place: string;
  /** Lines of everything that was printed. */
  readonly said: string;
}

/** The commands in a text, in their order, each once; of two ways the first. */
function commandsIn(text: string): string[][] {
  const found = [...text.replaceAll(/; or, .*/g, '').matchAll(COMMAND)].map(([, program, rest]) => [
    program!,
    ...rest!.split(' '),
  ]);
  return found.filter((one, index) => found.findIndex((other) => other.join() === one.join()) === index);
}

async function perform([program, ...argv]: readonly string[]): Promise<string> {
  if (program === 'mv') {
    renameSync(argv[0]!, argv[1]!);
    return '';
  }
  const { stdout, stderr } = await commandLine(argv);
  return `${stdout}${stderr}`;
}

/** Runs the last thing that each text hints at, until nothing more is said to be done. */
async function follow(target: string): Promise<Followed> {
  let place = target;
  let text = await perform(['statelog', 'verify', target]);
  let said = text;
  for (let step = 0; step < STEPS_MAX; step++) {
    const next = commandsIn(text);
    if (next.length === 0) break;
    text = '';
    for (const command of next) {
      const into = command.indexOf('--into');
      if (into >= 0) place = command[into + 1]!;
      if (command[0] === 'mv') place = command[2]!;
      text += await perform(command);
    }
    said += text;
  }
  if (text.includes(NEXT_WRITER))
    said += await perform(['statelog', 'put', place, 'a key', 'of the next writer']);
  return { place, said };
}

/** Keys by their values, as far as they can be read; of any round. */
async function contentOf(place: string): Promise<Map<string, string>> {
  const { stdout } = await commandLine(['scan', place, '--json']);
  return new Map(
    linesOf(stdout).flatMap(({ key, value }) =>
      typeof key === 'string' && typeof value === 'string' ? [[key, value] as const] : [],
    ),
  );
}

const AT_WORK = 'at-work';

function isMendable({ name }: DamageCase): boolean {
  const [kind] = name.split('-');
  const isOurs = kind !== 'artifact' && kind !== 'tar' && !name.includes('laminardb');
  return isOurs && !name.includes(AT_WORK) && name !== 'log-of-a-later-version';
}

for (const { name, make } of DAMAGE_CASES.filter(isMendable)) {
  test.serial(`what hints say leads from a ${name} to something whole`, async (t) => {
    const folder = tempDir(t);
    const { path: target } = await make(folder);
    const { place, said } = await follow(target);
    const { exitCode, stdout } = await commandLine(['verify', place]);
    t.is(exitCode, 0, `${said}\n${stdout}`);
    for (const [key, value] of await contentOf(place)) {
      if (!key.startsWith('key-')) continue;
      t.regex(value, new RegExp(`^${SECRET}-\\d-${Number(key.slice(4))}, `), key);
    }
  });
}
