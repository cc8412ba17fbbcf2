import test from 'ava';
import { TortureTask } from '../../torture/row.js';
import { mixUpsRow } from '../../torture/mix-ups/mix-up-row.js';

test('a store whose files were mixed up in 50 ways keeps all that is newest', async (t) => {
  const row = { ...mixUpsRow, figures: { part: 50, usual: 50, long: 50 } };
  const task = new TortureTask(row, 'part', 1, 0, 1);
  await mixUpsRow.run(task);
  t.is(task.count, 50);
  t.deepEqual(task.violations, []);
});
