import { MulticastBuffer } from '../src/engine/multicast/multicast-buffer.js';
import { SharedMulticastBuffer } from '../src/engine/multicast/shared-multicast-buffer.js';
import type { BenchTask, BenchTopic } from './frame/task.js';
import { startThread, type ThreadJob } from './frame/threads.js';
import { keep, nsEach } from './frame/timing.js';

const CAPACITY = 1024;
const CONSUMERS = 4;
/** Values published before they are consumed, as in the originals' bench. */
const PUBLISHED_AT_ONCE = 1000;
const SHARED_CAPACITY = 16_384;
/** Published without a look at the room that there is. */
const BURST = 1024;
const VALUE = new Uint8Array(100).fill(0x42);
const SHARE_OF_ENTRIES = 10;
const THREAD_ROUNDS_MAX = 5;

/** The multicast buffer: values in one thread, bytes from one thread to another. */
export const multicastTopic: BenchTopic = {
  id: 'multicast',
  title: 'the multicast buffer',
  async run(task) {
    const count = task.scale.threadEntries / SHARE_OF_ENTRIES;
    await measureValues(task, Math.max(1, Math.round(count / PUBLISHED_AT_ONCE)));
    await measureShared(task, Math.ceil(count / BURST) * BURST);
  },
};

async function measureValues(task: BenchTask, times: number): Promise<void> {
  const buffer = new MulticastBuffer<number>(CAPACITY, CONSUMERS);
  const original = { name: 'multicast publish' };
  await task.measure(
    { id: 'values', title: 'publish and 4 consumes, values, one thread', unit: 'ns', original },
    () =>
      nsEach(times * PUBLISHED_AT_ONCE, () => {
        let sum = 0;
        for (let time = 0; time < times; time++) {
          for (let value = 0; value < PUBLISHED_AT_ONCE; value++) buffer.publish(value);
          for (let consumer = 0; consumer < CONSUMERS; consumer++) {
            for (let count = 0; count < PUBLISHED_AT_ONCE; count++)
              sum = (sum + buffer.consume(consumer)!) | 0;
          }
        }
        keep(sum);
      }),
  );
}

/** Another thread publishes; this one consumes. Each counts only the time in which it is not waiting. */
async function measureShared(task: BenchTask, count: number): Promise<void> {
  const rounds = Math.min(THREAD_ROUNDS_MAX, task.scale.rounds);
  const publishing: number[] = [];
  const throughput: number[] = [];
  await task.measure(
    { id: 'shared-consume', title: 'consume 100 bytes, between two threads', unit: 'ns' },
    async () => {
      const buffer = SharedMulticastBuffer.create(SHARED_CAPACITY, 1, VALUE.length);
      const done = startThread({ name: 'publish-values', memory: buffer.sharedBuffer, count, index: 0 });
      const { consuming, inAll } = consumeAll(buffer, count);
      publishing.push(await done);
      throughput.push(count / 1000 / inAll);
      return (consuming * 1e6) / count;
    },
    rounds,
  );
  const publish = 'publish 100 bytes, visible at once, between two threads';
  task.record({ id: 'shared-publish', title: publish, unit: 'ns' }, 'statelog', publishing.slice(-rounds));
  const title = 'values of 100 bytes from one thread to another';
  task.record({ id: 'shared-throughput', title, unit: 'million/s' }, 'statelog', throughput.slice(-rounds));
}

/**
 * Milliseconds spent consuming, and from the first value to the last. It consumes in bursts that are there, since
 * with fewer values at a time reading the clock would be most of it.
 */
function consumeAll(buffer: SharedMulticastBuffer, count: number): { consuming: number; inAll: number } {
  let sum = 0;
  const visit = (bytes: Uint8Array, start: number): void => {
    sum = (sum + bytes[start]!) | 0;
  };
  while (buffer.writePosition === 0n);
  const first = performance.now();
  let consuming = 0;
  for (let consumed = 0; consumed < count;) {
    while (Number(buffer.writePosition) - consumed < BURST);
    const started = performance.now();
    consumed += buffer.consumeTo(0, BURST, visit);
    consuming += performance.now() - started;
  }
  keep(sum);
  return { consuming, inAll: performance.now() - first };
}

/** The other thread: publishes in bursts for which there is room, and returns nanoseconds a value. */
export function publishValues({ memory, count }: ThreadJob): number {
  const buffer = SharedMulticastBuffer.attach(memory);
  let spent = 0;
  for (let published = 0; published < count; published += BURST) {
    while (published - Number(buffer.readPosition(0)) > SHARED_CAPACITY - BURST);
    const started = performance.now();
    for (let index = 0; index < BURST; index++) buffer.publish(VALUE);
    spent += performance.now() - started;
  }
  return (spent * 1e6) / count;
}
