import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import type { TortureRow, TortureTask } from '../row.js';
import { inFolder, mustEnd, PROGRAM, runHere, type Ended } from './program.js';

/** Calls that are made to fail, one at a time, on the store's own files. */
const CALLS = ['fsync,fdatasync', 'pwrite64', 'rename,renameat2', 'ftruncate'];
const LINES = 3;
/** A command that is still there after so long, and has said nothing, waits for what will not come. */
const PATIENCE_MS = 30_000;
/** More calls of one kind than any of these commands makes. */
const CALLS_MAX = 60;

/** What is run: a batch whose producer waits for each acknowledgement, or a command without input. */
interface Command {
  readonly words: readonly string[];
  /** The lines of the batch; none where there is no input. */
  readonly line?: (number: number) => string;
}

const COMMANDS: readonly Command[] = [
  {
    words: ['put', 'STORE', '--batch', '-', '--ack'],
    line: (number) => `{"key":"new ${number}","value":"${'v'.repeat(2000)}"}\n`,
  },
  { words: ['delete', 'STORE', '--batch', '-', '--ack'], line: (number) => `{"key":"old ${number}"}\n` },
  { words: ['checkpoint', 'STORE'] },
  { words: ['compact', 'STORE'] },
];

/** Each sync, write, rename and cut of the real program fails once while its producer holds the pipe open and waits. */
export const openPipesRow: TortureRow = {
  id: 'open-pipes',
  title: 'each failing call while the producer waits',
  figures: { part: 'all', usual: 'all', long: 'all' },
  shardsMax: 2,
  run: async (task) => {
    if (spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0) {
      task.notes.push('strace is not there, or may not trace: not tried');
      return;
    }
    const works = ['store', 'store.snap'].flatMap((name) => COMMANDS.map((command) => ({ name, command })));
    for (const [index, { name, command }] of works.entries()) {
      if (index % task.shards !== task.shard) continue;
      for (const calls of task.scale === 'part' ? CALLS.slice(0, 1) : CALLS) {
        await failEach(task, name, command, calls);
      }
    }
  },
};

/** Fails the first such call, then the second, and so on, until there are no more. */
async function failEach(task: TortureTask, name: string, command: Command, calls: string): Promise<void> {
  for (let call = 1; call <= CALLS_MAX; call++) {
    const outcome = { wasHit: false };
    task.count += 1;
    try {
      await inFolder(async (folder) => {
        outcome.wasHit = await failOne(path.join(folder, name), command, calls, call);
      });
    } catch (error) {
      task.report(`${name}: ${command.words.join(' ')}, ${calls} number ${call}`, error);
      return;
    }
    if (!outcome.wasHit) return;
  }
}

/** @returns whether the command made so many such calls */
async function failOne(store: string, command: Command, calls: string, call: number): Promise<boolean> {
  mustEnd(await runHere(['put', store, 'old 1', 'x']), [0], 'put');
  mustEnd(await runHere(['checkpoint', store]), [0], 'checkpoint');
  for (const number of [2, 3]) mustEnd(await runHere(['put', store, `old ${number}`, 'x']), [0], 'put');
  const log = `${store}.strace`;
  const { acknowledged, ended } = await runWaiting(store, command, [
    ...['-f', '-qq', '-o', log, '-e', `trace=${calls}`, '-e', `inject=${calls}:error=EIO:when=${call}`],
    ...pathsOf(store).flatMap((each) => ['-P', each]),
  ]);
  const wasHit = spawnSync('grep', ['-q', 'INJECTED', log]).status === 0;
  // What a command can do without, such as emptying LOCK at the end, may fail without a word.
  mustEnd(ended, wasHit ? [0, 6] : [0], 'the command');
  if (ended.code === 6 && ended.stderr === '') throw new Error('R5: it failed without a word');
  await checkAcknowledged(store, command, acknowledged);
  mustEnd(await runHere(['put', store, 'after', 'it']), [0], 'the next writer');
  mustEnd(await runHere(['verify', '-q', store]), [0], 'verify after the next writer');
  return wasHit;
}

/** Runs a command under strace, and writes each line only once the one before is acknowledged. The input stays open. */
async function runWaiting(
  store: string,
  { words, line }: Command,
  strace: readonly string[],
): Promise<{ acknowledged: number; ended: Ended }> {
  const argv = words.map((word) => (word === 'STORE' ? store : word));
  const child = spawn('strace', [...strace, process.execPath, PROGRAM, ...argv], {
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
  });
  let stdout = '';
  let stderr = '';
  let acknowledged = 0;
  const next = (): void => {
    if (line === undefined) return;
    if (acknowledged < LINES) child.stdin.write(line(acknowledged + 1));
    else child.stdin.end();
  };
  child.stdin.on('error', () => undefined);
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    const last = Number([...stdout.matchAll(/"acknowledged":(\d+)/g)].at(-1)?.[1] ?? 0);
    if (last === acknowledged) return;
    acknowledged = last;
    next();
  });
  next();
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const ended = await new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr });
    });
  });
  clearTimeout(timer);
  child.stdin.destroy();
  if (ended.signal === 'SIGKILL')
    throw new Error(`R11: it waits for ever after ${acknowledged} lines: ${stderr}`);
  return { acknowledged, ended };
}

async function checkAcknowledged(
  store: string,
  { words, line }: Command,
  acknowledged: number,
): Promise<void> {
  if (line === undefined || words[0] === 'put') {
    for (const number of [1, 2, 3]) await mustHold(store, `old ${number}`, 0);
  }
  for (let number = 1; line !== undefined && number <= acknowledged; number++) {
    if (words[0] === 'put') await mustHold(store, `new ${number}`, 0);
    else await mustHold(store, `old ${number}`, 1);
  }
}

async function mustHold(store: string, key: string, code: number): Promise<void> {
  mustEnd(await runHere(['get', store, key]), [code], `R1: get of ${key}`);
}

function pathsOf(store: string): string[] {
  const epochs = [1, 2, 3, 4];
  const own = [
    ...['MANIFEST.json', 'LOCK', 'CLOSED', 'wal', 'checkpoints'],
    ...epochs.flatMap((epoch) => [`wal/${epoch}`, `wal/${epoch}/wal-0.log`, `checkpoints/${epoch}`]),
    ...epochs.flatMap((epoch) => [`checkpoints/${epoch}/state-0.db`, `checkpoints/${epoch}/state-0.idx`]),
  ];
  return [store, path.dirname(store), ...own.map((name) => path.join(store, name))];
}
