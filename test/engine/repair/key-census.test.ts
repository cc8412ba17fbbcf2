import test from 'ava';
import fc from 'fast-check';
import { KeyCensus } from '../../../src/engine/repair/account/key-census.js';

const keyOf = (number: number): Uint8Array => Buffer.from(`key ${number}`);

test('live keys are counted as a set of them would be, whatever is put and deleted', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.boolean()), { maxLength: 6000 }),
      (steps) => {
        const census = new KeyCensus();
        const live = new Set<number>();
        for (const [number, isLive] of steps) {
          const key = keyOf(number);
          census.see(key, 0, key.length, isLive);
          if (isLive) live.add(number);
          else live.delete(number);
        }
        return census.count === live.size && !census.isEstimate;
      },
    ),
    { numRuns: 30 },
  );
  t.pass();
});

test('more keys than there is room for are estimated, within a few in a hundred', (t) => {
  const census = new KeyCensus(4096);
  const keys = 200_000;
  for (let number = 0; number < keys; number++) {
    const key = keyOf(number);
    census.see(key, 0, key.length, true);
  }
  t.true(census.isEstimate);
  t.true(Math.abs(census.count - keys) < keys * 0.1, String(census.count));
  for (let number = 0; number < keys; number++) {
    const key = keyOf(number);
    census.see(key, 0, key.length, false);
  }
  t.is(census.count, 0);
});
