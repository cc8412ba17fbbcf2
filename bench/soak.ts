import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { StateDirectory } from '../src/engine/directory/state-directory.js';
import { fillDirectory } from './directory/fill.js';
import { sequentialKeys, VALUE } from './frame/data.js';
import type { BenchTask, BenchTopic } from './frame/task.js';

const GROUP = 100;
/** Changed keys stand far from each other. */
const STRIDE = 7919;
const PART_OF_PEAK = 0.5;
/** Of the time: how long the peak is looked for. */
const PEAK_PART = 1 / 60;
/** The disk's own sync is timed beside so many groups: often enough for 99.9 %, and too seldom to be in the way. */
const GROUPS_A_BARE_SYNC = 20;
const BARE_BYTES = 16 * 1024;
const MEMORY_EVERY_MS = 1000;
/** The limit of the slowest groups: by itself, and in syncs of the disk. The larger one holds. */
const GROUP_MS_MAX = 50;
const BARE_SYNCS_MAX = 5;
/** Timers are no finer than this. */
const TIMER_MS = 2;
const NANOSECONDS_A_MILLISECOND = 1e6;
const MEBIBYTE = 1024 * 1024;

/**
 * Half an hour of durable groups at half the peak rate, with checkpoints beside them: what the slowest groups take, counted from
 * when each was due, and whether memory stays as it is. On a machine that others use too it says little.
 */
export const soakTopic: BenchTopic = {
  id: 'soak',
  title: 'durable groups for a long time, at half the peak rate',
  isOptional: true,
  async run(task) {
    const root = task.fresh('soak', 'store');
    const keys = sequentialKeys(task.scale.keysMany);
    await fillDirectory(root, keys, VALUE);
    const store = await StateDirectory.open(root);
    try {
      await soak(task, new Groups(store, keys));
    } finally {
      store.close();
    }
  },
};

async function soak(task: BenchTask, groups: Groups): Promise<void> {
  const durationMs = 1000 * task.scale.soakSeconds;
  const peak = await peakRate(groups, durationMs * PEAK_PART);
  const everyMs = 1000 / (peak * PART_OF_PEAK);
  const bare = new BareSyncs(task.fresh('bare', 'bytes'));
  const latencies = createHistogram();
  const memory: number[] = [];
  const started = performance.now();
  let memoryDue = 0;
  let count = 0;
  for (let due = 0; due < durationMs; due = ++count * everyMs) {
    await waitUntil(started + due);
    await groups.putOne();
    note(latencies, performance.now() - started - due);
    if (count % GROUPS_A_BARE_SYNC === 0) bare.sync();
    if (due < memoryDue) continue;
    memory.push(process.memoryUsage.rss() / MEBIBYTE);
    memoryDue += MEMORY_EVERY_MS;
  }
  bare.close();
  const title = `${GROUP} puts, durable, ${Math.round(peak * PART_OF_PEAK)} times a second for ${Math.round(durationMs / 1000)} s`;
  for (const percent of [50, 99, 99.9, 100]) {
    const id = `group-${String(percent).replace('.', '')}`;
    const definition = { id, title: `${title}: ${percent} % take at most`, unit: 'ms' as const };
    task.record(definition, 'statelog', [latencies.percentile(percent) / NANOSECONDS_A_MILLISECOND]);
    task.record(definition, 'bare disk', [bare.latencies.percentile(percent) / NANOSECONDS_A_MILLISECOND]);
  }
  const bareMs = bare.latencies.percentile(99.9) / NANOSECONDS_A_MILLISECOND;
  const allowed = `${GROUP_MS_MAX} ms, or ${BARE_SYNCS_MAX} times the disk's own 99.9 % where that is more`;
  const allowedMs = Math.max(GROUP_MS_MAX, BARE_SYNCS_MAX * bareMs);
  task.record({ id: 'group-999-allowed', title: allowed, unit: 'ms' }, 'bare disk', [allowedMs]);
  const quarter = Math.ceil(memory.length / 4);
  const grown = middleOf(memory.slice(-quarter)) - middleOf(memory.slice(quarter, 2 * quarter));
  const what = 'memory in the last quarter over that in the second';
  task.record({ id: 'memory-growth', title: what, unit: 'MiB' }, 'statelog', [grown]);
  task.record({ id: 'memory', title: 'memory at the end', unit: 'MiB' }, 'statelog', [memory.at(-1) ?? 0]);
}

/** Groups of overwrites, each durable before the next. */
class Groups {
  readonly #store: StateDirectory;
  readonly #keys: readonly Uint8Array[];
  #next = 0;

  constructor(store: StateDirectory, keys: readonly Uint8Array[]) {
    this.#store = store;
    this.#keys = keys;
  }

  async putOne(): Promise<void> {
    const keys = this.#keys;
    for (let put = 0; put < GROUP; put++)
      this.#store.put(keys[(this.#next++ * STRIDE) % keys.length]!, VALUE);
    await this.#store.sync();
  }
}

/** Writes and syncs as many bytes as a group has, of a file of their own: what the disk takes by itself. */
class BareSyncs {
  readonly latencies = createHistogram();
  readonly #descriptor: number;
  readonly #bytes = new Uint8Array(BARE_BYTES).fill(1);

  constructor(path: string) {
    this.#descriptor = openSync(path, 'w');
  }

  sync(): void {
    const started = performance.now();
    writeSync(this.#descriptor, this.#bytes, 0, BARE_BYTES);
    fdatasyncSync(this.#descriptor);
    note(this.latencies, performance.now() - started);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Groups a second, one right after the other. */
async function peakRate(groups: Groups, durationMs: number): Promise<number> {
  const started = performance.now();
  let count = 0;
  while (count === 0 || performance.now() - started < durationMs) {
    await groups.putOne();
    count += 1;
  }
  return (1000 * count) / (performance.now() - started);
}

async function waitUntil(time: number): Promise<void> {
  for (let left = time - performance.now(); left > 0; left = time - performance.now()) {
    if (left > TIMER_MS) await sleep(left - TIMER_MS);
    else await new Promise(setImmediate);
  }
}

function note(histogram: RecordableHistogram, milliseconds: number): void {
  histogram.record(Math.max(1, Math.round(milliseconds * NANOSECONDS_A_MILLISECOND)));
}

function middleOf(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[samples.length >> 1] ?? 0;
}
