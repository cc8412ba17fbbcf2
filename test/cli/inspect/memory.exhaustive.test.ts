import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import test, { type ExecutionContext } from 'ava';
import { programFile } from '../../support/program.js';
import { tempDir } from '../../support/temp-dir.js';
import { rowsOfTable } from '../report/page.js';
import { largeLog, offsetOfRecord, keyOfRecord } from '../../engine/inspect/browse/large-log.js';
import { needing } from '../../support/needing.js';

const MIB = 1024 * 1024;
/** More than collecting garbage now or later makes of it. */
const GROWTH_BYTES_MAX = 96 * MIB;

interface Browsed {
  readonly peakBytes: number;
  /** Keys of first rows: in the middle, at the end, and of one that was looked for. */
  readonly keys: readonly (string | undefined)[];
}

/** Serves a log until all of it is indexed, goes to some places, and says what that took. */
async function browsed(t: ExecutionContext, file: string, count: number): Promise<Browsed> {
  const started = spawn(process.execPath, [await programFile(), 'inspect', file]);
  t.teardown(() => started.kill('SIGKILL'));
  const [url] = (await once(createInterface(started.stdout), 'line')) as [string];
  const page = async (place: string): Promise<string> => (await fetch(url + place)).text();
  while (rowsOfTable(await page(''), /Logs/)[0]![4] !== 'read');
  t.is(rowsOfTable(await page(''), /Logs/)[0]![3], String(count));
  const places = [
    `log/0?at=${offsetOfRecord(count / 2)}`,
    'log/0?end=1',
    `log/0?key=${keyOfRecord(count - 10)}&from=&direction=next`,
  ];
  const keys: (string | undefined)[] = [];
  for (const place of places) keys.push(rowsOfTable(await page(place), /Records from/)[0]?.[3]);
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${started.pid}/status`, 'utf8'))![1]) * 1024;
  started.kill('SIGKILL');
  return { peakBytes: peak, keys };
}

needing(
  test,
  'Linux, which tells what a process takes',
  process.platform === 'linux',
)('ten million records are browsed in the memory that a hundredth of them takes', async (t) => {
  const folder = tempDir(t);
  const peaks: number[] = [];
  for (const count of [100_000, 10_000_000]) {
    const file = path.join(folder, `${count}.snap`);
    largeLog(file, count);
    const { peakBytes, keys } = await browsed(t, file, count);
    t.deepEqual(keys, [keyOfRecord(count / 2), keyOfRecord(count - 50), keyOfRecord(count - 10)]);
    peaks.push(peakBytes);
  }
  t.log(`peaks: ${peaks.map((bytes) => `${Math.round(bytes / MIB)} MiB`).join(', ')}`);
  t.true(peaks[1]! - peaks[0]! < GROWTH_BYTES_MAX, peaks.join(', '));
});
