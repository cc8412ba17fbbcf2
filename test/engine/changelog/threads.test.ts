import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { startWorker } from '../../support/typescript-worker.js';
import { resetPosition } from '../../../src/engine/bytes/shared/shared-position.js';
import { StateChangelogBuffer } from '../../../src/engine/changelog/buffer.js';
import { HEAD, TAIL } from '../../../src/engine/changelog/layout.js';
import type { ConsumerReport, Mode, ProducerReport, ThreadTask } from './threads/expected.js';

const producerModule = 'test/engine/changelog/threads/producer.ts';
const consumerModule = 'test/engine/changelog/threads/consumer.ts';
const POSITION_RANGE = 2 ** 32;

/** [mode, capacity, entries]: the smallest rings are always full or empty, the largest seldom. */
const runs: [Mode, number, number][] = [
  ['records', 1, 20_000],
  ['records', 2, 50_000],
  ['records', 64, 500_000],
  ['records', 1_024, 2_000_000],
  ['records', 16_384, 4_000_000],
  ['entries', 16, 100_000],
  ['entries', 4_096, 300_000],
  ['keys', 16, 100_000],
  ['keys', 4_096, 300_000],
];

/** A buffer whose positions pass 2^32 half way through `count` entries, and where they start. */
function bufferNearWrap(capacity: number, count: number): { buffer: StateChangelogBuffer; start: number } {
  const buffer = StateChangelogBuffer.withCapacity(capacity);
  const start = POSITION_RANGE - count / 2;
  const words = new Int32Array(buffer.sharedBuffer);
  resetPosition(words, HEAD, start);
  resetPosition(words, TAIL, start);
  return { buffer, start };
}

for (const [mode, capacity, count] of runs) {
  test.serial(
    `two threads pass ${count} ${mode} through ${capacity} slots, none lost, doubled or torn`,
    async (t) => {
      const { buffer, start } = bufferNearWrap(capacity, count);
      const seed = Date.now() | 0;
      const task: ThreadTask = { sharedBuffer: buffer.sharedBuffer, mode, count, seed };
      const consumer = await startWorker<ConsumerReport>(t, consumerModule, task);
      const producer = await startWorker<ProducerReport>(t, producerModule, task);
      const [{ refused }, report] = await Promise.all([producer.report, consumer.report]);
      t.deepEqual(report, { received: count, firstWrong: -1 }, `seed ${seed}`);
      t.is(buffer.overflowCount, refused);
      t.is(buffer.totalPushed, start + count + refused);
      t.is(buffer.totalDrained, start + count);
      t.is(buffer.length, 0);
    },
  );
}

test.serial('a third thread sees lengths that can be, and totals that never go back', async (t) => {
  const count = 500_000;
  const { buffer, start } = bufferNearWrap(256, count);
  const task: ThreadTask = { sharedBuffer: buffer.sharedBuffer, mode: 'records', count, seed: 1 };
  const consumer = await startWorker<ConsumerReport>(t, consumerModule, task);
  const producer = await startWorker<ProducerReport>(t, producerModule, task);
  const seen = { pushed: start, drained: start };
  while (buffer.totalDrained < start + count) {
    const { length, totalDrained, totalPushed } = buffer;
    if (length < 0 || length > buffer.capacity) t.fail(`length ${length}`);
    if (totalDrained < seen.drained || totalPushed < seen.pushed) t.fail('a total went back');
    seen.drained = totalDrained;
    seen.pushed = totalPushed;
    // lets a failure of a worker be heard
    await Promise.race([consumer.report, setImmediate()]);
  }
  t.is((await consumer.report).firstWrong, -1);
  await producer.report;
});
