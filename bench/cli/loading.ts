import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sequentialKeys, VALUE } from '../frame/data.js';
import type { BenchTask, Contender } from '../frame/task.js';
import { processorTimeOf } from './processor-time.js';

/**
 * What loading many lines takes, beside the shell of sqlite3 with a write-ahead log that is synced: the processor's time, since
 * both wait for the same disk.
 */
export async function measureLoading(task: BenchTask): Promise<void> {
  // Printing says why not.
  if (process.platform !== 'linux') return;
  const count = task.scale.keys;
  const lines = task.fresh('loaded', 'lines.tsv');
  const value = Buffer.from(VALUE).toString('latin1');
  writeFileSync(
    lines,
    sequentialKeys(count)
      .map((key) => `${Buffer.from(key).toString('latin1')}\t${value}\n`)
      .join(''),
  );
  const folder = path.dirname(lines);
  const store = path.join(folder, 'store');
  const database = path.join(folder, 'data.db');
  const ours = (): number => {
    rmSync(store, { recursive: true, force: true });
    return processorTimeOf(process.execPath, [task.program, 'put', store, '--batch', lines, '--tsv']).spentMs;
  };
  const script = `pragma journal_mode = wal; pragma synchronous = full;
create table t(key text primary key, value text) without rowid;
.mode tabs
.import ${JSON.stringify(lines)} t
`;
  const theirs = (): number => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(database + suffix, { force: true });
    return processorTimeOf('sqlite3', [database], script).spentMs;
  };
  const contenders: Contender[] = [{ side: 'statelog', run: ours }];
  try {
    theirs();
    contenders.push({ side: 'sqlite3', run: theirs });
  } catch {
    // Printing says that it is not installed.
  }
  const title = `put --batch of ${count.toLocaleString('en')} lines, whole process`;
  await task.compare({ id: 'load', title, unit: 'ms' }, contenders);
}
