import { rmSync } from 'node:fs';
import path from 'node:path';
import { EXIT_CODES } from '../../../src/cli/errors/exit-codes.js';
import { commandLine, type CommandLineResult } from '../command-line.js';
import { interruptedBefore } from './interrupted-calls.js';
import type { Deed, Operation } from './operations.js';
import type { OtherHands } from './other-hands-thread.js';
import type { OtherHandsAnswer } from './other-hands-worker.js';
import { lookRound, setScene, type Places, type Scene } from './scene.js';

/** What came of a command and of other hands: how both ended, and all that lies there afterwards. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Undefined for a deed that is no command. */
  readonly deedCode: number | undefined;
  readonly there: string;
}

/** A case whose outcome neither order of the two explains. */
export interface Fault {
  /** The number of the call before which the deed was done, and the call. */
  readonly before: number;
  readonly call: string;
  readonly outcome: Outcome;
  readonly expected: readonly Outcome[];
}

/** The cases of a command and a deed. */
export interface Explored {
  readonly cases: number;
  readonly faults: readonly Fault[];
}

/** A command, a deed, and where both come together. */
export interface Meeting {
  /** A folder for the cases. */
  readonly folder: string;
  readonly scene: Scene;
  readonly operation: Operation;
  readonly deed: Deed;
  readonly hands: OtherHands;
}

/** Codes with which a command may end that was crossed: what it says then is that something is not as it was. */
const CROSSED: readonly number[] = [EXIT_CODES.locked, EXIT_CODES.inputOutput];

/** No system renames a file over another only while that is the one it was: here nothing lies between the check and the rename. */
const UNCHECKED = /^rename .*\/\.orders\.snap\.tmp-/;

/**
 * Runs a command, with other hands doing something just before one of its file-system calls, for every call in turn. What comes
 * of it must be what one after the other gives, or one of the two has failed with a code for that and has changed nothing.
 * @param step how many calls to go on each time
 * @param first the number of the first one
 */
export async function explore(meeting: Meeting, step = 1, first = 0): Promise<Explored> {
  const { folder, deed, hands } = meeting;
  const orders: Outcome[] = [];
  for (const order of ['operation first', 'deed first', 'operation alone', 'deed alone'] as const)
    orders.push(await inOrder(meeting, order));
  const faults: Fault[] = [];
  for (let before = first; ; before += step) {
    const calls: string[] = [];
    const outcome = await inScene(meeting, async (places) => {
      let answer: OtherHandsAnswer | undefined;
      const act = (): void => {
        answer = deed.act(places, hands);
      };
      const result = await interruptedBefore(before, act, () => run(meeting, places), calls);
      deed.end?.(hands);
      return outcomeOf(places, result, answer);
    });
    if (calls.length <= before) return { cases: orders.length + (before - first) / step, faults };
    const call = calls[before]!.replaceAll(folder, '');
    if (!UNCHECKED.test(call) && !isExplained(meeting, outcome, orders)) {
      faults.push({ before, call, outcome, expected: orders.slice(0, 2) });
    }
  }
}

/** Says a fault in some lines. */
export function faultText({ before, call, outcome, expected }: Fault): string {
  const say = ({ exitCode, deedCode = 0, there, stdout, stderr }: Outcome): string =>
    `${exitCode} and ${deedCode}: ${there} ${JSON.stringify(stdout)} ${JSON.stringify(stderr)}`;
  return [`before call ${before}, ${call}`, ...expected.map(say), `but ${say(outcome)}`].join('\n  ');
}

async function inOrder(
  meeting: Meeting,
  order: 'operation first' | 'deed first' | 'operation alone' | 'deed alone',
): Promise<Outcome> {
  const { deed, hands } = meeting;
  return inScene(meeting, async (places) => {
    const doIt = (): OtherHandsAnswer | undefined => deed.act(places, hands);
    const before = order.startsWith('deed') ? doIt() : undefined;
    const result = order === 'deed alone' ? undefined : await run(meeting, places);
    const answer = order === 'operation first' ? doIt() : before;
    deed.end?.(hands);
    return outcomeOf(places, result, answer);
  });
}

async function inScene(
  { folder, scene, deed, hands }: Meeting,
  work: (places: Places) => Promise<Outcome>,
): Promise<Outcome> {
  const places = setScene(path.join(folder, 'case'), scene);
  try {
    return await work(places);
  } finally {
    deed.end?.(hands);
    rmSync(places.folder, { recursive: true, force: true });
  }
}

function run({ operation: { argv, input } }: Meeting, places: Places): Promise<CommandLineResult> {
  return commandLine(argv(places), input === undefined ? {} : { input });
}

function isExplained(
  { operation, deed }: Meeting,
  outcome: Outcome,
  [first, last, alone, deedAlone]: readonly Outcome[],
): boolean {
  const orders = [first, last, alone, deedAlone];
  const made = operation.looksAgain === true ? contentsIn(orders) : NOTHING;
  const isLike = (one: Outcome | undefined): boolean =>
    one?.exitCode === outcome.exitCode &&
    withoutResult(one.there, made) === withoutResult(outcome.there, made) &&
    (operation.isReading !== true || one.stdout === outcome.stdout);
  const inOrderOnes = [first, last].filter((one) => one?.deedCode === outcome.deedCode);
  if (inOrderOnes.some(isLike)) return true;
  // Other hands were refused.
  if (outcome.deedCode !== undefined && CROSSED.includes(outcome.deedCode) && isLike(alone)) return true;
  const isForeign = deed.codes?.includes(outcome.exitCode) === true;
  const isCrossed =
    CROSSED.includes(outcome.exitCode) || operation.codes?.includes(outcome.exitCode) === true;
  const hasFailed = operation.answersErrors === true && outcome.stdout.includes('"error"');
  const mayFail = isForeign || isCrossed || hasFailed;
  const there = asBegun(outcome.there, isForeign);
  const isThere = (one: Outcome | undefined): boolean =>
    one !== undefined && asBegun(one.there, isForeign) === there;
  return mayFail && [deedAlone, first, last].some(isThere);
}

const NOTHING: ReadonlySet<string> = new Set();

type Lying = Readonly<Record<string, string>>;

/** All that lies anywhere in any of the orders. */
function contentsIn(orders: readonly (Outcome | undefined)[]): ReadonlySet<string> {
  return new Set(orders.flatMap((one) => Object.values(JSON.parse(one?.there ?? '{}') as Lying)));
}

/** What lies there, but for a result that is one of the contents. */
function withoutResult(there: string, contents: ReadonlySet<string>): string {
  const lying = Object.entries(JSON.parse(there) as Lying);
  return JSON.stringify(lying.filter(([name, what]) => !name.startsWith('result') || !contents.has(what)));
}

/**
 * What lies there, but for what a command that failed may have begun with: leftovers, as of a crash, in a store that is gone elsewhere;
 * an unfinished last write that was cut, and lies beside it; and what was made of a foreign file that was taken for a damaged one.
 */
function asBegun(there: string, isForeign: boolean): string {
  const isBegun = (name: string): boolean =>
    name.includes('.broken-') || (isForeign && name.startsWith('result'));
  const lying = Object.entries(JSON.parse(there) as Lying).filter(([name]) => !isBegun(name));
  return JSON.stringify(lying).replaceAll('notice leftover', '').replaceAll('torn torn-tail', '');
}

function outcomeOf(
  places: Places,
  result: CommandLineResult | undefined,
  deed: OtherHandsAnswer | undefined,
): Outcome {
  const withoutFolder = (text = ''): string => text.replaceAll(places.folder, '');
  return {
    exitCode: result?.exitCode ?? 0,
    stdout: withoutFolder(result?.stdout),
    stderr: withoutFolder(result?.stderr),
    deedCode: deed?.exitCode,
    there: withoutFolder(JSON.stringify(lookRound(places.folder))),
  };
}
