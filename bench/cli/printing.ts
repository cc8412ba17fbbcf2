import { spawnSync } from 'node:child_process';
import { CoreWalWriter } from '../../src/engine/wal/write/writer.js';
import { fillDirectory } from '../directory/fill.js';
import { sequentialKeys, VALUE } from '../frame/data.js';
import type { BenchTask, Contender } from '../frame/task.js';
import { recordBytes } from '../wal/segment.js';
import { processorTimeOf } from './processor-time.js';

/** What commands take that print everything, to a pipe: the processor's time, since the pipe's reader is on the machine too. */
export async function measurePrinting(task: BenchTask): Promise<void> {
  if (process.platform !== 'linux') {
    task.notes.push(
      'processor time of processes is read from /proc, which only Linux has: printing was not measured',
    );
    return;
  }
  await measureReplay(task);
  await measureScan(task);
}

async function measureReplay(task: BenchTask): Promise<void> {
  const path = task.fresh('printed', 'wal-0.log');
  const bytesEach = recordBytes(14, VALUE.length);
  const count = Math.ceil((task.scale.fileMegabytes * 1e6) / bytesEach);
  const writer = CoreWalWriter.create(0, path);
  for (const key of sequentialKeys(count)) writer.appendPut(key, VALUE);
  writer.close();
  const replay = async (id: string, title: string, flags: readonly string[]): Promise<void> => {
    const run = processorMs(process.execPath, [task.program, 'wal-replay', path, ...flags], count);
    await task.measure({ id, title, unit: 'MB/s' }, () => (count * bytesEach) / 1000 / run());
  };
  await replay('replay-text', 'wal-replay to a pipe, records of 192 bytes, start included', []);
  await replay('replay-json', 'wal-replay --json to a pipe, records of 192 bytes, start included', [
    '--json',
  ]);
}

async function measureScan(task: BenchTask): Promise<void> {
  const keys = sequentialKeys(task.scale.keys);
  const root = task.fresh('scanned', 'store');
  await fillDirectory(root, keys, VALUE);
  const ours = processorMs(process.execPath, [task.program, 'scan', root], keys.length);
  const contenders: Contender[] = [{ side: 'statelog', run: ours }];
  const database = task.fresh('scanned-by-sqlite3', 'data.db');
  const fill = `create table t(key text primary key, value text) without rowid;
with recursive c(i) as (select 0 union all select i + 1 from c where i < ${keys.length - 1})
insert into t select printf('user:%09d', i), '${Buffer.from(VALUE).toString('latin1')}' from c;`;
  if (spawnSync('sqlite3', [database], { input: fill }).status === 0) {
    const theirs = processorMs('sqlite3', [database, 'select * from t'], keys.length);
    contenders.push({ side: 'sqlite3', run: theirs });
  } else {
    task.notes.push('sqlite3, the shell, is not installed: left out');
  }
  const title = `scan of ${keys.length.toLocaleString('en')} entries to a pipe, whole process`;
  await task.compare({ id: 'scan', title, unit: 'ms' }, contenders);
}

/** Runs a program that prints so many lines, and returns what processor time it took. */
function processorMs(program: string, programArguments: readonly string[], lines: number): () => number {
  return () => {
    const { spentMs, stdout } = processorTimeOf(program, programArguments);
    if (countLines(stdout) === lines) return spentMs;
    throw new Error(`${programArguments.join(' ')} did not print ${lines} lines`);
  };
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines++;
  return lines;
}
