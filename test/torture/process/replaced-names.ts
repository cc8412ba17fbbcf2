import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { LOG_WAYS, STORE_WAYS, treeOf, type Scene } from '../../support/other-hands.js';
import type { TortureRow, TortureTask } from '../row.js';
import { inFolder, mustEnd, PROGRAM, runHere, type Ended } from './program.js';

/** Where a command is stopped, so that other hands can have their way: in front of what makes its work count. */
const CALLS = ['fsync', 'fdatasync', 'rename', 'renameat2'];
/** More of these calls than any of the commands makes. */
const CALLS_MAX = 40;

/** What is run on the store, and the keys that its work is about. */
const COMMANDS: readonly (readonly string[])[] = [
  ['put', 'STORE', 'new', 'x'],
  ['put', 'STORE', '--batch', 'LINES'],
  ['delete', 'STORE', 'a'],
  ['checkpoint', 'STORE'],
  ['compact', 'STORE'],
  ['repair', 'STORE'],
  ['wal-replay', 'SEGMENTS', '--into', 'STORE', '--onto-existing'],
];

interface Trial {
  readonly isLog: boolean;
  readonly way: string;
  readonly command: readonly string[];
  /** What it is stopped at: the n-th call of this name, from 1. */
  readonly name: string;
  readonly call: number;
}

/**
 * Each command that writes is stopped at each of the calls that make its work count; then the store is moved, replaced,
 * cut, or what else other hands do, and it goes on.
 */
export const replacedNamesRow: TortureRow = {
  id: 'replaced-names',
  title: 'names replaced under writers',
  figures: { part: 40, usual: 500, long: 'all' },
  shardsMax: 2,
  run: async (task) => {
    if (spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0) {
      task.notes.push('strace is not there, or may not trace: not tried');
      return;
    }
    const kinds = [
      ...Object.keys(STORE_WAYS).map((way) => ({ isLog: false, way })),
      ...Object.keys(LOG_WAYS).map((way) => ({ isLog: true, way })),
    ];
    const works = kinds.flatMap((kind) =>
      COMMANDS.flatMap((command) => CALLS.map((name) => ({ ...kind, command, name }))),
    );
    const mine = works.filter((_, index) => task.isMine(index));
    // In another order each time, so that a part of them is not always the same.
    for (let call = 1; call <= CALLS_MAX && mine.length > 0; call++) {
      for (let left = mine.length; left > 0; left--) {
        if (!task.isUnfinished) return;
        const index = task.figure === Infinity ? left - 1 : task.random.below(mine.length);
        if (!(await tryOne(task, { ...mine[index]!, call }))) mine.splice(index, 1);
      }
    }
  },
};

/** @returns whether the command makes so many such calls */
async function tryOne(task: TortureTask, trial: Trial): Promise<boolean> {
  const { isLog, way, command, name, call } = trial;
  const outcome = { wasStopped: true };
  try {
    await inFolder(async (folder) => {
      outcome.wasStopped = await interfere(folder, trial);
    });
  } catch (error) {
    task.report(`${isLog ? 'log' : 'store'}: ${command.join(' ')}, at ${name} number ${call}, ${way}`, error);
  }
  if (outcome.wasStopped) task.count += 1;
  return outcome.wasStopped;
}

async function interfere(folder: string, { isLog, way, command, name, call }: Trial): Promise<boolean> {
  const root = path.join(folder, isLog ? 'store.snap' : 'store');
  const older = path.join(folder, 'older');
  const place = { folder, root, older, segment: path.join(root, 'wal', '1', 'wal-0.log') };
  await prepare(place);
  const words = command.map(
    (word) => ({ STORE: root, LINES: `${folder}/lines`, SEGMENTS: `${folder}/logs` })[word] ?? word,
  );
  const stopped = new StoppedProgram(words, name, call);
  if (!(await stopped.isStopped)) {
    await stopped.ended;
    return false;
  }
  if (isLog) LOG_WAYS[way]!(root);
  else STORE_WAYS[way]!(place);
  const before = treeOf(isLog ? folder : root);
  stopped.goOn();
  const { code, stderr, signal } = await stopped.ended;
  if (code === null || ![0, 3, 6, 8].includes(code))
    throw new Error(`it ended with ${signal ?? code}: ${stderr.slice(0, 300)}`);
  if (code !== 0 && stderr === '') throw new Error('R5: it failed without a word');
  // What lies there in whole is another store now: nothing of it is touched.
  if (/moved|removed|replaced|restored/.test(way) && !/segment|LOCK|manifest|restored over/.test(way)) {
    mustBeSame(before, treeOf(isLog ? folder : root));
  }
  return true;
}

/** A store with a checkpoint, changes since, and what it was before those. */
async function prepare({ folder, root, older }: Scene): Promise<void> {
  const here = async (...argv: string[]): Promise<void> => {
    mustEnd(await runHere(argv), [0], argv.join(' '));
  };
  await here('create', root);
  cpSync(root, older, { recursive: true });
  await here('put', root, 'a', '1');
  await here('put', path.join(folder, 'other'), 'b', '2');
  cpSync(path.join(folder, 'other', 'wal', '1'), path.join(folder, 'logs'), { recursive: true });
  const lines = Array.from({ length: 5 }, (_, index) => `{"key":"line ${index}","value":"x"}\n`).join('');
  spawnSync('cp', ['/dev/stdin', path.join(folder, 'lines')], { input: lines });
}

function mustBeSame(before: Record<string, string>, after: Record<string, string>): void {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    // What the command itself had begun beside the log.
    if (name.includes('.tmp-')) continue;
    if (before[name] !== after[name]) throw new Error(`${name} was touched, though it is another store's`);
  }
}

/** The program under strace, which stops it behind one of its calls. */
class StoppedProgram {
  /** True once it stands still; false where it ended before. */
  readonly isStopped: Promise<boolean>;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #mayGoOn = false;

  constructor(argv: readonly string[], name: string, call: number) {
    const inject = `inject=${name}:signal=SIGSTOP:when=${call}`;
    // With -D the program is the child, and strace its tracer on the side.
    const strace = ['-D', '-f', '-o', '|cat >&3', '-e', `trace=${name}`, '-e', inject];
    this.#child = spawn('strace', [...strace, process.execPath, PROGRAM, ...argv], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    });
    const trace = this.#child.stdio[3] as Readable;
    this.isStopped = new Promise((resolve) => {
      let text = '';
      trace.setEncoding('utf8').on('data', (more: string) => {
        text += more;
        if (!text.includes('stopped by SIGSTOP')) return;
        // Each thread counts its calls by itself, and may stop it once more.
        if (this.#mayGoOn) this.#child.kill('SIGCONT');
        else resolve(true);
      });
      trace.on('close', () => {
        resolve(false);
      });
    });
    let stdout = '';
    let stderr = '';
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        resolve({ code, signal, stdout, stderr });
      });
    });
  }

  goOn(): void {
    this.#mayGoOn = true;
    this.#child.kill('SIGCONT');
  }
}
