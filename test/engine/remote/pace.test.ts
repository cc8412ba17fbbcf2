import test from 'ava';
import fc from 'fast-check';
import { paced } from '../../../src/engine/remote/blob/pace.js';

test('no more bytes go than the rate allows since the first, and none wait for longer than that', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 10_000 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 50_000 }), fc.integer({ min: 0, max: 3_000 })), {
        minLength: 1,
      }),
      async (rate, pieces) => {
        let nowMs = 0;
        const pause = (ms: number): Promise<void> => {
          nowMs += ms;
          return Promise.resolve();
        };
        const wait = paced(rate, { nowMs: () => nowMs, pause });
        let gone = 0;
        for (const [bytes, idleMs] of pieces) {
          const beforeMs = nowMs;
          await wait(bytes);
          // All that went before has had its time; what comes after an idle time does not wait.
          if (gone > (nowMs / 1000) * rate + 1e-6 * rate) return false;
          if (nowMs - beforeMs > (gone / rate) * 1000 + 1e-3) return false;
          gone += bytes;
          nowMs += idleMs;
        }
        return true;
      },
    ),
  );
  t.pass();
});
