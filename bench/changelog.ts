import { StateChangelogBuffer } from '../src/engine/changelog/buffer.js';
import { StateChangelogEntry, StateOp } from '../src/engine/changelog/entry.js';
import { KeyHash } from '../src/engine/changelog/key-hash.js';
import type { BenchTask, BenchTopic } from './frame/task.js';
import { startThread, type ThreadJob } from './frame/threads.js';
import { keep, nsEach } from './frame/timing.js';

/** Entries pushed before they are popped, as in the originals' bench. */
const PUSHED_AT_ONCE = 8000;
const KEY = new Uint8Array(Buffer.from('user:000012345..'));
const THREAD_ROUNDS_MAX = 5;

/** The changelog buffer: in one thread, and from one to another. */
export const changelogTopic: BenchTopic = {
  id: 'changelog',
  title: 'the changelog buffer',
  async run(task) {
    const times = Math.max(1, Math.round(task.scale.threadEntries / PUSHED_AT_ONCE / 10));
    await measureOneThread(task, times);
    await measureTwoThreads(task);
  },
};

async function measureOneThread(task: BenchTask, times: number): Promise<void> {
  const ring = new StateChangelogBuffer();
  const visit = (_epochLow: number, _epochHigh: number, keyHashLow: number): void => {
    keep(keyHashLow);
  };
  await task.measure(
    { id: 'push-pop', title: 'push and pop', unit: 'ns', original: { name: 'changelog push+pop' } },
    () =>
      nsEach(times * PUSHED_AT_ONCE, () => {
        for (let time = 0; time < times; time++) {
          for (let count = 0; count < PUSHED_AT_ONCE; count++) {
            ring.pushRecord(StateOp.put, 12_345, count, 4096, 100);
          }
          ring.drainTo(Infinity, visit);
        }
      }),
  );
  const hash = new KeyHash();
  const original = { name: 'changelog push_put(16 B key)+pop' };
  await task.measure(
    { id: 'hash-push-pop', title: 'hash a key of 16 bytes, push and pop', unit: 'ns', original },
    () =>
      nsEach(times * PUSHED_AT_ONCE, () => {
        for (let time = 0; time < times; time++) {
          for (let count = 0; count < PUSHED_AT_ONCE; count++) {
            hash.hash(KEY);
            ring.pushRecord(StateOp.put, hash.low, hash.high, 4096, 100);
          }
          ring.drainTo(Infinity, visit);
        }
      }),
  );
  const entry = StateChangelogEntry.put(1n, 12_345n, 0n, 100);
  await task.measure({ id: 'objects', title: 'push and pop of entries as objects', unit: 'ns' }, () =>
    nsEach(PUSHED_AT_ONCE * Math.ceil(times / 10), () => {
      for (let time = 0; time < Math.ceil(times / 10); time++) {
        for (let count = 0; count < PUSHED_AT_ONCE; count++) ring.push(entry);
        for (let count = 0; count < PUSHED_AT_ONCE; count++) keep(ring.pop()!.valueLength);
      }
    }),
  );
}

/** Another thread pushes; this one drains, and counts how many come in a second. */
async function measureTwoThreads(task: BenchTask): Promise<void> {
  const { threadEntries, rounds } = task.scale;
  await task.measure(
    { id: 'two-threads', title: 'from one thread to another', unit: 'million/s' },
    async () => {
      const ring = new StateChangelogBuffer();
      const done = startThread({
        name: 'push-changes',
        memory: ring.sharedBuffer,
        count: threadEntries,
        index: 0,
      });
      let sum = 0;
      const visit = (_epochLow: number, _epochHigh: number, keyHashLow: number): void => {
        sum = (sum + keyHashLow) | 0;
      };
      while (ring.isEmpty);
      const started = performance.now();
      for (let drained = 0; drained < threadEntries;) drained += ring.drainTo(Infinity, visit);
      const spent = performance.now() - started;
      keep(sum);
      await done;
      return threadEntries / 1000 / spent;
    },
    Math.min(THREAD_ROUNDS_MAX, rounds),
  );
}

/** The other thread. */
export function pushChanges({ memory, count }: ThreadJob): number {
  const ring = StateChangelogBuffer.attach(memory);
  for (let pushed = 0; pushed < count;) {
    // Spins while there is no room: what is measured is the buffer, not how fast a thread wakes.
    if (ring.pushRecord(StateOp.put, pushed, 0, 4096, 100)) pushed++;
  }
  ring.flush();
  return count;
}
