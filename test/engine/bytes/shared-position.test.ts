import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import { startWorker } from '../../support/typescript-worker.js';
import {
  POSITION_WORDS,
  loadPosition,
  loadPositionLow,
  resetPosition,
  storePosition,
} from '../../../src/engine/bytes/shared/shared-position.js';
import type { PositionTask } from './threads/position-task.js';
import { STEP } from './threads/position-task.js';

const AT = 2;
const writerModule = 'test/engine/bytes/threads/position-writer.ts';

function freshWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * (AT + POSITION_WORDS + 1)));
}

test('a position counts on past 2^31, 2^32 and 2^40, step by step', (t) => {
  const starts = fc.constantFrom(0, 2 ** 31 - 5, 2 ** 32 - 5, 2 ** 40 - 5, 2 ** 52);
  const steps = fc.array(fc.oneof(fc.nat(9), fc.nat(2 ** 31)), { maxLength: 20 });
  fc.assert(
    fc.property(starts, steps, (start, lengths) => {
      const words = freshWords();
      resetPosition(words, AT, start);
      let position = start;
      for (const length of lengths) {
        storePosition(words, AT, position | 0, (position + length) | 0);
        position += length;
        t.is(loadPosition(words, AT), position);
        t.is(loadPositionLow(words, AT), position | 0);
      }
      t.deepEqual([words[0], words[1], words[AT + POSITION_WORDS]], [0, 0, 0]);
    }),
  );
});

test('a thread that reads a position never sees it go back, however often it passes 2^32', async (t) => {
  const words = freshWords();
  const task: PositionTask = { sharedBuffer: words.buffer as SharedArrayBuffer, at: AT, steps: 3_000_000 };
  const end = task.steps * STEP;
  const writer = await startWorker<null>(t, writerModule, task);
  let seen = 0;
  while (seen < end) {
    // many looks between two turns of the event loop, which hears of a writer that failed
    for (let look = 0; look < 10_000; look += 1) {
      const position = loadPosition(words, AT);
      if (position < seen || position % STEP !== 0) return t.fail(`${position} after ${seen}`);
      seen = position;
    }
    await Promise.race([writer.report, setImmediate()]);
  }
  t.is(await writer.report, null);
});
