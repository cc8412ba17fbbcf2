import test from 'ava';
import { startWorker } from '../../support/typescript-worker.js';
import { resetPosition } from '../../../src/engine/bytes/shared/shared-position.js';
import { HEAD, tailOf } from '../../../src/engine/multicast/shared-layout.js';
import { SharedMulticastBuffer } from '../../../src/engine/multicast/shared-multicast-buffer.js';
import type { ConsumerReport, ThreadTask } from './threads/task.js';
import { VALUE_BYTES_MAX } from './threads/task.js';

const producerModule = 'test/engine/multicast/threads/producer.ts';
const consumerModule = 'test/engine/multicast/threads/consumer.ts';

/** [batched or not, capacity, consumers, values] */
const runs: [boolean, number, number, number][] = [
  [true, 1, 2, 5_000],
  [true, 64, 3, 300_000],
  [true, 1_024, 1, 1_000_000],
  [true, 16_384, 3, 500_000],
  [false, 2, 2, 5_000],
  [false, 1_024, 3, 300_000],
];

for (const [isBatched, capacity, consumers, count] of runs) {
  const how = isBatched ? 'batched' : 'single';
  test.serial(
    `${consumers} threads each get ${count} ${how} values through ${capacity} slots, in order`,
    async (t) => {
      const buffer = SharedMulticastBuffer.create(capacity, consumers, VALUE_BYTES_MAX);
      // positions pass 2^32 half way
      const start = 2 ** 32 - count / 2;
      const words = new Int32Array(buffer.sharedBuffer);
      const indexes = Array.from({ length: consumers }, (_, index) => index);
      for (const word of [HEAD, ...indexes.map(tailOf)]) resetPosition(words, word, start);
      const seed = Date.now() | 0;
      const task: ThreadTask = {
        sharedBuffer: buffer.sharedBuffer,
        count,
        seed,
        consumerIndex: -1,
        isBatched,
      };
      const workers = await Promise.all(
        indexes.map((consumerIndex) =>
          startWorker<ConsumerReport>(t, consumerModule, {
            ...task,
            consumerIndex,
            seed: seed + consumerIndex,
          }),
        ),
      );
      const producer = await startWorker<number>(t, producerModule, task);
      await Promise.all([producer.report, ...workers.map(({ report }) => report)]);
      for (const { report } of workers)
        t.deepEqual(await report, { received: count, firstWrong: -1 }, `seed ${seed}`);
      const end = BigInt(start + count);
      t.is(buffer.writePosition, end);
      t.deepEqual(
        indexes.map((index) => buffer.readPosition(index)),
        indexes.map(() => end),
      );
    },
  );
}
