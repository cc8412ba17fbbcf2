import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { TortureRow, TortureTask } from '../row.js';
import { inFolder, mustEnd, PROGRAM, runHere, RunningProgram, runProgram, type Ended } from './program.js';

const LINES = 4000;
/** On the full disk. */
const DELETES = 3;
const INJECTIONS = { part: 2, usual: 24, long: 400 } as const;

/** What only a kernel does: limits and full disks, calls that it fails, readers beside a writer. */
export const realFaultsRow: TortureRow = {
  id: 'real-faults',
  title: 'faults of a real system',
  figures: { part: 'all', usual: 'all', long: 'all' },
  shardsMax: 1,
  run: async (task) => {
    for (const kind of [fileSizeLimit, fullDisk, failedCalls, readersBesideWriters]) {
      task.count += 1;
      try {
        await inFolder((folder) => kind(task, folder));
      } catch (error) {
        task.report(kind.name, error);
      }
    }
  },
};

function batch(name: string, valueBytes: number): string {
  const value = 'v'.repeat(valueBytes);
  return Array.from(
    { length: LINES },
    (_, line) => `{"key":"${name} ${String(line).padStart(5, '0')}","value":"${value}"}\n`,
  ).join('');
}

function acknowledgedBy(stdout: string): number {
  return Number([...stdout.matchAll(/"acknowledged":(\d+)/g)].at(-1)?.[1] ?? 0);
}

async function keysOf(store: string, prefix: string): Promise<number> {
  return Number(mustEnd(await runHere(['scan', store, '--count', '--prefix', prefix]), [0], 'scan').stdout);
}

/** What was acknowledged is there, the store is sound, and takes more. */
async function checkStore(store: string, prefix: string, acknowledged: number): Promise<void> {
  const found = await keysOf(store, prefix);
  if (found < acknowledged) throw new Error(`R1: ${found} of ${acknowledged} acknowledged lines`);
  mustEnd(await runHere(['verify', '-q', store]), [0, 4], 'verify');
  mustEnd(await runHere(['put', store, 'after', 'it']), [0], 'put once there is room');
  mustEnd(await runHere(['verify', '-q', store]), [0], 'verify after the next writer');
}

function inShell(script: string, argv: readonly string[], input: string): Ended {
  const line = `${script}; exec "$@"`;
  const { status, signal, stdout, stderr } = spawnSync(
    'bash',
    ['-c', line, 'bash', process.execPath, PROGRAM, ...argv],
    { input, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  return { code: status, signal, stdout, stderr };
}

async function fileSizeLimit(_task: TortureTask, folder: string): Promise<void> {
  for (const name of ['store', 'store.snap']) {
    const store = path.join(folder, name);
    mustEnd(await runHere(['put', store, 'first', 'x']), [0], 'put');
    const ended = inShell('ulimit -f 300', ['put', store, '--batch', '-', '--ack'], batch('limited', 200));
    mustEnd(ended, [6], 'a batch past the limit of a file');
    if (!ended.stderr.includes('EFBIG') && !/too large|full|limit/i.test(ended.stderr)) {
      throw new Error(`R5: ${ended.stderr}`);
    }
    await checkStore(store, 'limited', acknowledgedBy(ended.stdout));
  }
}

async function fullDisk(task: TortureTask, folder: string): Promise<void> {
  const disk = path.join(folder, 'disk');
  mkdirSync(disk);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2300k', 'tmpfs', disk]);
  if (mounted.status !== 0) {
    task.notes.push('no small disk could be mounted: not tried');
    return;
  }
  try {
    for (const name of ['store', 'store.snap']) {
      const store = path.join(disk, name);
      spawnSync('mount', ['-o', 'remount,size=2300k', disk]);
      mustEnd(await runHere(['put', store, 'first', 'x']), [0], 'put');
      const ended = runProgram(['put', store, '--batch', '-', '--ack'], batch('filled', 600));
      mustEnd(ended, [6], 'a batch on a full disk');
      if (!/full|space/i.test(ended.stderr)) throw new Error(`R5: ${ended.stderr}`);
      if ((await keysOf(store, 'filled')) < acknowledgedBy(ended.stdout)) {
        throw new Error('R1: an acknowledged line is gone while the disk is full');
      }
      mustEnd(await runHere(['verify', '-q', store]), [0], 'verify of what a full disk left');
      await makeRoom(store, disk);
      spawnSync('mount', ['-o', 'remount,size=8m', disk]);
      await checkStore(store, 'filled', acknowledgedBy(ended.stdout) - DELETES);
      mustEnd(await runHere(['compact', store]), [0], 'compact');
      rmSync(store, { recursive: true });
    }
  } finally {
    spawnSync('umount', [disk]);
  }
}

/** Whatever else fills the disk: deletes go on, and what fails leaves nothing behind. */
async function makeRoom(store: string, disk: string): Promise<void> {
  const filler = path.join(disk, 'filler');
  const keysBefore = await keysOf(store, '');
  for (let round = 0; round < DELETES; round++) {
    spawnSync('bash', ['-c', `cat /dev/zero > ${filler}`]);
    const key = `filled ${String(round).padStart(5, '0')}`;
    mustEnd(runProgram(['delete', store, key]), [0], 'delete on a full disk');
    const filesBefore = filesOf(disk);
    mustEnd(runProgram(['compact', store]), [6], 'compact on a full disk');
    mustEnd(
      runProgram(['checkpoint', store]),
      store.endsWith('.snap') ? [0] : [6],
      'checkpoint on a full disk',
    );
    const more = filesOf(disk).filter((name) => !filesBefore.includes(name));
    if (more.length > 0) throw new Error(`a failed command left ${more.join(', ')}`);
  }
  if ((await keysOf(store, '')) !== keysBefore - DELETES) throw new Error('a delete on a full disk is gone');
  rmSync(filler);
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map(String);
}

/** Calls on the store's own files that the kernel fails, one at a time. */
async function failedCalls(task: TortureTask, folder: string): Promise<void> {
  const probe = spawnSync('strace', ['-o', path.join(folder, 'probe'), 'true']);
  if (probe.status !== 0) {
    task.notes.push('strace is not there, or may not trace: not tried');
    return;
  }
  const commands = [
    ['put', 'STORE', 'new', 'value'],
    ['checkpoint', 'STORE'],
    ['compact', 'STORE'],
  ];
  let tried = 0;
  let failed = 0;
  for (let call = 1; tried < INJECTIONS[task.scale]; call++) {
    for (const calls of ['fsync,fdatasync', 'pwrite64', 'rename,renameat2', 'mkdir,link,ftruncate']) {
      for (const command of commands) {
        if (tried >= INJECTIONS[task.scale]) break;
        tried += 1;
        if (await inject(path.join(folder, `store-${tried}`), command, calls, call)) failed += 1;
      }
    }
  }
  task.count += tried;
  task.notes.push(`${failed} of ${tried} injections made the command fail`);
}

async function inject(
  store: string,
  command: readonly string[],
  calls: string,
  call: number,
): Promise<boolean> {
  mustEnd(await runHere(['put', store, 'first', 'x']), [0], 'put');
  mustEnd(await runHere(['checkpoint', store]), [0], 'checkpoint');
  mustEnd(await runHere(['put', store, 'second', 'x']), [0], 'put');
  const own = [
    'MANIFEST.json',
    'LOCK',
    'CLOSED',
    'wal',
    'checkpoints',
    ...[1, 2, 3].flatMap((epoch) => [`wal/${epoch}`, `wal/${epoch}/wal-0.log`, `checkpoints/${epoch}`]),
    ...[1, 2, 3].flatMap((epoch) => [`checkpoints/${epoch}/state-0.db`, `checkpoints/${epoch}/state-0.idx`]),
  ];
  const paths = [store, ...own.map((name) => path.join(store, name))].flatMap((each) => ['-P', each]);
  const { status, stderr } = spawnSync(
    'strace',
    [
      ...['-f', '-qq', '-o', '/dev/null', ...paths, '-e', `inject=${calls}:error=EIO:when=${call}`],
      ...[process.execPath, PROGRAM, ...command.map((word) => (word === 'STORE' ? store : word))],
    ],
    { encoding: 'utf8', env: { ...process.env, UV_THREADPOOL_SIZE: '1' } },
  );
  if (status !== 0 && status !== 6) {
    throw new Error(
      `${command.join(' ')} with ${calls} number ${call} failing ended with ${status}: ${stderr}`,
    );
  }
  for (const key of ['first', 'second', ...(status === 0 && command[0] === 'put' ? ['new'] : [])]) {
    mustEnd(
      await runHere(['get', store, key]),
      [0],
      `get of ${key} after ${calls} number ${call} had failed`,
    );
  }
  await checkStore(store, '', 2);
  return status === 6;
}

/** Readers see everything that was acknowledged before they began, whatever a writer does meanwhile. */
async function readersBesideWriters(task: TortureTask, folder: string): Promise<void> {
  const rounds = task.scale === 'part' ? 1 : 6;
  for (const name of ['store', 'store.snap']) {
    const store = path.join(folder, name);
    mustEnd(await runHere(['create', store]), [0], 'create');
    const writer = new RunningProgram(['put', store, '--batch', '-', '--ack'], batch('line', 300));
    let over = false;
    const ended = writer.ended.then((end) => {
      over = true;
      return end;
    });
    do {
      const acknowledged = acknowledgedBy(writer.stdout);
      const count = new RunningProgram(['scan', store, '--count', '--prefix', 'line']);
      const found = Number(mustEnd(await count.ended, [0], 'scan beside a writer').stdout);
      if (found < acknowledged) throw new Error(`R1: a reader saw ${found} of ${acknowledged} lines`);
      mustEnd(await new RunningProgram(['verify', '-q', store]).ended, [0], 'verify beside a writer');
      task.count += 1;
    } while (!over);
    mustEnd(await ended, [0], 'the writer');
    for (let round = 0; round < rounds; round++) {
      for (const command of ['compact', 'checkpoint']) {
        mustEnd(await runHere(['put', store, `round ${round}`, command]), [0], 'put');
        const changing = new RunningProgram([command, store]);
        const readers = [
          new RunningProgram(['scan', store, '--count', '--prefix', 'line']),
          new RunningProgram(['stat', store, '--digest']),
          new RunningProgram(['export', store, path.join(folder, `${name}-${round}-${command}.tar`)]),
        ];
        const [count, ...others] = await Promise.all(readers.map((reader) => reader.ended));
        mustEnd(await changing.ended, [0], command);
        if (Number(mustEnd(count!, [0], 'scan').stdout) !== LINES)
          throw new Error('R1: a reader missed lines');
        for (const other of others) mustEnd(other, [0], `a reader beside ${command}`);
        task.count += 1;
      }
    }
    if (!existsSync(store)) throw new Error('the store is gone');
  }
}
