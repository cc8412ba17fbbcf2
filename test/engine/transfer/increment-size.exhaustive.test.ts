import path from 'node:path';
import test from 'ava';
import { tempDir } from '../../support/temp-dir.js';
import { exported, HISTORIES, type Step } from './increment-works.js';

/* How large increments are, beside whole exports of 100,000 keys. */

for (const [kind, { create, write }] of Object.entries(HISTORIES)) {
  test(`an increment of 1,000 of 100,000 keys of a ${kind} has under 2 % of the bytes of a whole export`, async (t) => {
    const source = path.join(tempDir(t), kind === 'log' ? 'source.snap' : 'source');
    const all = Array.from({ length: 100_000 }, (_, index): Step => [
      `key ${index}`,
      `value ${index} `.repeat(3),
    ]);
    create(source);
    await write(source, all, 1);
    await write(
      source,
      all
        .filter((_, index) => index % 100 === 7)
        .map(([name], index) => [name, index % 5 === 0 ? undefined : 'another value, of some length']),
      2,
    );
    const share = exported(source, { since: '1' }).length / exported(source).length;
    t.true(share < 0.02, `${share}`);
  });
}
