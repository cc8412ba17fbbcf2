import test from 'ava';
import { TortureTask } from '../../torture/row.js';
import { mixUpsRow } from '../../torture/mix-ups/mix-up-row.js';

for (const seed of [1, 2, 3]) {
  test(`a store whose files were mixed up in 50 ways keeps all that is newest: seed ${seed}`, async (t) => {
    const task = new TortureTask(
      { ...mixUpsRow, figures: { part: 50, usual: 50, long: 50 } },
      'part',
      seed,
      0,
      1,
    );
    await mixUpsRow.run(task);
    t.is(task.count, 50);
    t.deepEqual(task.violations, []);
  });
}
