import test from 'ava';
import fc from 'fast-check';
import { TimeDigits } from '../../src/cli/terminal/shown/time-digits.js';
import { highHalf, lowHalf } from '../../src/engine/bytes/halves.js';
import { formatTime } from '../../src/engine/bytes/text/time-text.js';

const SECOND_NS = 1_000_000_000n;
const EDGES = [0n, 1n, -1n, SECOND_NS - 1n, SECOND_NS, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 32n, 2n ** 53n];

test('a time is written as its text, whatever time was written before it', (t) => {
  const digits = new TimeDigits();
  const isSame = (timeNs: bigint): void => {
    const written = Buffer.from(digits.of(lowHalf(timeNs), highHalf(timeNs))).toString();
    t.is(written, formatTime(timeNs));
  };
  for (const timeNs of EDGES) isSame(timeNs);
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.bigInt({ min: -2n * SECOND_NS, max: 2n * SECOND_NS }),
      (timeNs, after) => {
        isSame(timeNs);
        isSame(BigInt.asIntN(64, timeNs + after));
      },
    ),
  );
});
