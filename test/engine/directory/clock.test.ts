import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { verifyPath } from '../../../src/engine/inspect/verify/verify-path.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { STORE, emptyStoreDisk } from '../../torture/crash/directory-book.js';
import { manualClock } from '../wal/manual-clock.js';

const SECOND_NS = 1_000_000_000n;
const NOW_NS = 1_790_000_000n * SECOND_NS;
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

/** What a clock may do between one change and the next. */
const CLOCKS: Readonly<Record<string, readonly bigint[]>> = {
  'goes back by a second': [NOW_NS, NOW_NS - SECOND_NS, NOW_NS - 2n * SECOND_NS, NOW_NS],
  'goes back by a year': [
    NOW_NS,
    NOW_NS - 365n * 86_400n * SECOND_NS,
    NOW_NS - 365n * 86_400n * SECOND_NS + 1n,
  ],
  'stands still': [NOW_NS, NOW_NS, NOW_NS, NOW_NS],
  'says 1970': [0n, 0n, 1n, 0n],
  'says 1970 after it was right': [NOW_NS, 0n, 1n],
  'was set before 1970': [NOW_NS, -SECOND_NS, -1n],
};

for (const [what, times] of Object.entries(CLOCKS)) {
  test(`nothing is lost, and nothing called damaged, where the clock ${what}`, async (t) => {
    const disk = emptyStoreDisk(new SimulatedDisk(), 2);
    const expected = new Map<string, string>();
    const clock = manualClock(NOW_NS);
    for (const [round, ns] of times.entries()) {
      clock.ns = ns;
      const store = await StateDirectory.open(STORE, {
        fileSystem: new SimulatedFileSystem({ disk }),
        clock,
      });
      for (let key = 0; key < 6; key++) {
        // Of every key there is an older value, written with a clock that may have been ahead.
        expected.set(`key ${key}`, `round ${round}`);
        store.put(bytes(`key ${key}`), bytes(`round ${round}`));
      }
      await store.sync();
      clock.ns = ns - 1n;
      store.put(bytes('late'), bytes(`round ${round}`));
      expected.set('late', `round ${round}`);
      await store.sync();
      if (round === 1) await store.checkpoint();
      store.close();
    }
    const fileSystem = new SimulatedFileSystem({ disk });
    const reader = StateDirectory.openReadOnly(STORE, { fileSystem });
    t.deepEqual(
      new Map(
        [...reader.scan()].map(({ key, value }) => [
          Buffer.from(key).toString(),
          Buffer.from(value).toString(),
        ]),
      ),
      new Map([...expected].sort(([a], [b]) => (a < b ? -1 : 1))),
    );
    reader.close();
    const severities = [...verifyPath(fileSystem, STORE, { quick: false })].map(({ severity }) => severity);
    t.deepEqual(severities, []);
  });
}
